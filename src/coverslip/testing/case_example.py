"""A made-up case for tests: two specimens, three blocks, four expected slides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from coverslip.cases.accession import register_case
from coverslip.cases.detail import CaseDetail
from coverslip.cases.registration import NewBlock, NewCase, NewPatient, NewSlide, NewSpecimen
from coverslip.cases.status import slide_became_ready
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Reading, Review, Slide
from coverslip.records.transaction import Transaction
from coverslip.vocabulary.markers import ControlStatus, Marker
from coverslip.vocabulary.stains import Stain

RECEIVED = datetime(2026, 5, 16, 1, 20, tzinfo=UTC)


def new_case(number: int = 1, **changes: Any) -> NewCase:
    """A case to be registered; `number` makes its identifiers its own, `changes` replaces fields of `NewCase`."""
    accession = f"2026-{number:06d}"
    patient = NewPatient(
        patient_number=f"P{number:08d}", name="李秀英", sex="female", name_en="Li Xiuying", birth_date=date(1968, 3, 9)
    )
    tumour = NewSpecimen(
        label="A",
        site_code="80248007",
        procedure="core_biopsy",
        fixation_hours=12,
        cold_ischaemia_minutes=20,
        gross_description="灰白色穿刺组织 4 条",
        blocks=(
            NewBlock(
                "1",
                (
                    NewSlide("1", Stain.HE, barcode=f"{accession}-A1-1"),
                    NewSlide(
                        "2",
                        Stain.IHC_DAB,
                        barcode=f"{accession}-A1-2",
                        marker=Marker.KI67,
                        clone="MIB-1",
                        control_status=ControlStatus.PASSED,
                    ),
                ),
            ),
            NewBlock("2", (NewSlide("1", Stain.HE, barcode=f"{accession}-A2-1"),)),
        ),
    )
    node = NewSpecimen(
        label="B",
        site_code="68171009",
        procedure="excision",
        blocks=(NewBlock("1", (NewSlide("1", Stain.HE, barcode=f"{accession}-B1-1"),)),),
    )
    case = NewCase(
        accession_number=accession,
        patient=patient,
        specimens=(tumour, node),
        department="乳腺外科",
        submitted_by="陈建国",
        clinical_history="发现左乳肿块 2 月余",
        clinical_diagnosis="左乳肿块",
        received_at=RECEIVED + timedelta(minutes=number),
    )
    return replace(case, **changes)


def registered(database: Database, actor: Actor, number: int = 1, **changes: Any) -> CaseDetail:
    """The same, registered by the actor."""
    with database.transaction(actor) as tx:
        return register_case(tx, new_case(number, **changes))


def slide_id(case: CaseDetail, barcode_ends: str) -> UUID:
    """The slide whose barcode ends like that (`A1-2`)."""
    return next(
        slide.id
        for specimen in case.specimens
        for block in specimen.blocks
        for slide in block.slides
        if slide.barcode is not None and slide.barcode.endswith(barcode_ends)
    )


def make_ready(
    tx: Transaction, wanted: UUID, *, width: int = 4000, height: int = 3000, um: float | None = 0.5
) -> Slide:
    """Let a slide be ready as if its file had come in; `um`: spacing, None for a file that gives none."""
    slide = tx.session.get(Slide, wanted)
    assert slide is not None
    slide.status = "ready"
    slide.received_at = RECEIVED
    slide.properties = {
        "format": "svs",
        "width": 4000,
        "height": 3000,
        "spacing": None if um is None else {"x_um": um, "y_um": um},
        "objective_power": 20.0,
    }
    tx.flush()
    if slide.case_id is not None:
        slide_became_ready(tx, slide.case_id)
    return slide


RESULT: dict[str, Any] = {
    "status": "EVALUABLE_WITH_WARNING", "score": 28.3464, "unit": "%", "category": "intermediate",
    "category_text": {"zh-CN": "中间", "en": "intermediate"}, "interval": [26.1, 30.7], "n": 1524, "positive": 432,
    "negative": 1092, "flags": ["BORDERLINE"], "reasons": [], "rules": ["K3"], "extra": {},
    "profile": "ki67-ikwg-2021", "profile_version": "1.0.0", "method": "region", "area_mm2": 2.3456, "spacing_um": 0.5,
}  # fmt: skip
"""A finished Ki-67 result as a reading's row holds it."""


def finished_reading(
    tx: Transaction, case_id: UUID, slide: UUID, requested_by: UUID, *, decision: str = "pending", **changes: Any
) -> Reading:
    """A finished reading; one that is decided on has its review by the same person."""
    reading = tx.add(
        Reading(
            organization_id=tx.organization_id,
            case_id=case_id,
            slide_id=slide,
            marker="ki67",
            algorithm="ki67-classical",
            algorithm_version="1.0.0",
            profile="ki67-ikwg-2021",
            profile_version="1.0.0",
            requested_by=requested_by,
            status="finished",
            result=RESULT,
            decision=decision,
            **changes,
        )
    )
    actions = {"accepted": "accept", "edited": "edit", "rejected": "reject"}
    if decision in actions:
        review = Review(
            organization_id=tx.organization_id,
            reading_id=reading.id,
            person_id=requested_by,
            action=actions[decision],
            reason="排除淋巴细胞密集区" if decision != "accepted" else None,
            result=reading.edited_result or RESULT,
        )
        tx.add(review)
    return reading
