from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from coverslip.access.errors import PermissionDenied
from coverslip.cases.accession import register_case
from coverslip.cases.errors import AccessionExists, BarcodeTaken, DuplicateLabel, PatientMismatch
from coverslip.cases.registration import NewBlock, NewCase, NewSlide, NewSpecimen, validate
from coverslip.errors import CoverslipError, InvalidInput
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Slide
from coverslip.records.queries.audit import AuditFilter, list_events
from coverslip.testing.case_example import RECEIVED, new_case, registered
from coverslip.vocabulary.markers import Marker
from coverslip.vocabulary.roles import Role
from coverslip.vocabulary.stains import Stain

ActorOf = Callable[[Role], Actor]
CASE = new_case()
PATIENT = CASE.patient
SPECIMEN = CASE.specimens[0]
SLIDE = NewSlide("9", Stain.HE)


def with_specimen(**changes: Any) -> NewCase:
    return replace(CASE, specimens=(replace(SPECIMEN, **changes),))


def with_slides(*slides: NewSlide) -> NewCase:
    return with_specimen(blocks=(NewBlock("1", slides),))


def test_a_registered_case_has_its_specimens_blocks_and_expected_slides(database: Database, actor_of: ActorOf) -> None:
    case = registered(database, actor_of(Role.TECHNICIAN))
    assert (case.accession_number, case.status, case.slides_ready, case.slides_total) == (
        "2026-000001", "awaiting_slides", 0, 4,
    )  # fmt: skip
    assert [s.label for s in case.specimens] == ["A", "B"]
    assert [b.label for b in case.specimens[0].blocks] == ["1", "2"]
    slide = case.specimens[0].blocks[0].slides[1]
    assert (slide.marker, slide.clone, slide.control_status, slide.status) == ("ki67", "MIB-1", "passed", "expected")
    assert slide.spacing_um is None
    assert (case.site_zh, case.site_en) == ("左乳腺、腋窝淋巴结", "Left breast, Axillary lymph node")
    assert case.markers == ("ki67",)
    assert (case.patient.age_years, case.received_at) == (58, RECEIVED + timedelta(minutes=1))


def test_a_case_without_expected_slides_stays_registered(database: Database, actor_of: ActorOf) -> None:
    case = registered(database, actor_of(Role.TECHNICIAN), specimens=(replace(SPECIMEN, blocks=()),))
    assert case.status == "registered"


def test_registering_is_audited_without_the_patients_name(database: Database, actor_of: ActorOf) -> None:
    case = registered(database, actor_of(Role.TECHNICIAN))
    with database.transaction(actor_of(Role.HEAD)) as tx:
        events = [listed.event for listed in list_events(tx, AuditFilter(case_id=case.id))]
    assert [event.action for event in events] == ["case.status", "case.register"]
    assert events[1].detail == {"specimens": 2, "slides_expected": 4, "priority": "routine"}
    assert not any(PATIENT.name in str(event.detail) for event in events)


def test_who_may_not_register_writes_nothing(database: Database, actor_of: ActorOf) -> None:
    with pytest.raises(PermissionDenied):
        registered(database, actor_of(Role.PATHOLOGIST))
    assert registered(database, actor_of(Role.TECHNICIAN)).accession_number == "2026-000001"


def test_an_accession_number_is_given_once(database: Database, actor_of: ActorOf) -> None:
    technician = actor_of(Role.TECHNICIAN)
    registered(database, technician)
    with pytest.raises(AccessionExists) as refused:
        registered(database, technician, 2, accession_number="2026-000001")
    assert refused.value.field == "accession_number"


def test_large_and_small_letters_name_the_same_case_and_the_same_patient(database: Database, actor_of: ActorOf) -> None:
    technician = actor_of(Role.TECHNICIAN)
    first = registered(database, technician, accession_number="S26-a1", patient=replace(PATIENT, patient_number="P-x"))
    with pytest.raises(AccessionExists):
        registered(database, technician, 2, accession_number="s26-A1")
    again = registered(database, technician, 3, patient=replace(PATIENT, patient_number="p-X"))
    assert again.patient.id == first.patient.id


def test_a_scan_that_came_before_its_case_does_not_hinder_the_registration(
    database: Database, actor_of: ActorOf
) -> None:
    technician = actor_of(Role.TECHNICIAN)
    with database.transaction(technician) as tx:
        early = {"barcode": "2026-000001-A1-1", "label": "scan", "stain": "other", "status": "unmatched"}
        tx.add(Slide(organization_id=tx.organization_id, **early))
    assert registered(database, technician).accession_number == "2026-000001"


def test_two_at_the_same_moment_register_one_case(database: Database, actor_of: ActorOf) -> None:
    technician, together = actor_of(Role.TECHNICIAN), Barrier(4)

    def register(_: int) -> str:
        together.wait(timeout=30)
        try:
            return registered(database, technician).accession_number
        except AccessionExists as refused:
            return refused.code

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(register, range(4)))
    assert outcomes == ["2026-000001", *["ACCESSION_EXISTS"] * 3]


def test_a_barcode_is_given_once_in_the_hospital(database: Database, actor_of: ActorOf) -> None:
    technician = actor_of(Role.TECHNICIAN)
    registered(database, technician)
    taken = replace(with_slides(replace(SLIDE, barcode="2026-000001-A1-1")), accession_number="2026-000002")
    with pytest.raises(BarcodeTaken) as refused, database.transaction(technician) as tx:
        register_case(tx, taken)
    assert refused.value.field == "specimens.0.blocks.0.slides.0.barcode"


def test_a_known_patient_is_found_by_number_and_gaps_are_filled(database: Database, actor_of: ActorOf) -> None:
    technician = actor_of(Role.TECHNICIAN)
    little = replace(PATIENT, name_en=None, birth_date=None, sex="unknown")
    first = registered(database, technician, 1, patient=little)
    assert (first.patient.birth_date, first.patient.age_years) == (None, None)
    second = registered(database, technician, 2, patient=PATIENT)
    assert second.patient.id == first.patient.id
    assert (second.patient.name_en, second.patient.sex, second.patient.birth_date) == (
        "Li Xiuying", "female", date(1968, 3, 9),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("patient.name", replace(PATIENT, name="李秀芳")),
        ("patient.sex", replace(PATIENT, sex="male")),
        ("patient.birth_date", replace(PATIENT, birth_date=date(1969, 3, 9))),
    ],
)
def test_a_patient_number_of_somebody_else_is_refused(
    database: Database, actor_of: ActorOf, field: str, changed: Any
) -> None:
    technician = actor_of(Role.TECHNICIAN)
    registered(database, technician)
    with pytest.raises(PatientMismatch) as refused:
        registered(database, technician, 2, patient=changed)
    assert refused.value.field == field
    assert "李秀芳" not in str(refused.value)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("accession_number", replace(CASE, accession_number=" ")),
        ("accession_number", replace(CASE, accession_number="9" * 65)),
        ("department", replace(CASE, department="x" * 401)),
        ("clinical_history", replace(CASE, clinical_history="a\0b")),
        ("received_at", replace(CASE, received_at=RECEIVED.replace(tzinfo=None))),
        ("received_at", replace(CASE, received_at=RECEIVED + timedelta(days=36500))),
        ("patient.patient_number", replace(CASE, patient=replace(PATIENT, patient_number=""))),
        ("patient.name", replace(CASE, patient=replace(PATIENT, name=""))),
        ("patient.birth_date", replace(CASE, patient=replace(PATIENT, birth_date=date(2026, 5, 18)))),
        ("patient.birth_date", replace(CASE, patient=replace(PATIENT, birth_date=date(1868, 3, 9)))),
        ("specimens", replace(CASE, specimens=())),
        ("specimens.0.label", with_specimen(label="")),
        ("specimens.0.procedure", with_specimen(procedure="")),
        ("specimens.0.fixation_hours", with_specimen(fixation_hours=-1.0)),
        ("specimens.0.cold_ischaemia_minutes", with_specimen(cold_ischaemia_minutes=float("nan"))),
        ("specimens.0.blocks.0.label", with_specimen(blocks=(NewBlock(""),))),
        ("specimens.0.blocks.0.slides.0.label", with_slides(replace(SLIDE, label=""))),
        ("specimens.0.blocks.0.slides.0.barcode", with_slides(replace(SLIDE, barcode=" "))),
        ("specimens.0.blocks.0.slides.0.marker", with_slides(replace(SLIDE, marker=Marker.KI67))),
    ],
)
def test_a_wrong_value_is_named_by_its_field(field: str, wrong: NewCase) -> None:
    with pytest.raises(InvalidInput) as refused:
        validate(wrong)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("specimens.1.label", replace(CASE, specimens=(SPECIMEN, SPECIMEN))),
        ("specimens.0.blocks.1.label", with_specimen(blocks=(NewBlock("1"), NewBlock("1")))),
        ("specimens.0.blocks.0.slides.1.label", with_slides(SLIDE, SLIDE)),
        ("specimens.0.blocks.0.slides.1.label", with_slides(replace(SLIDE, label="9a"), replace(SLIDE, label="9A"))),
    ],
)
def test_labels_beside_each_other_differ(field: str, wrong: NewCase) -> None:
    with pytest.raises(DuplicateLabel) as refused:
        validate(wrong)
    assert refused.value.field == field


def test_a_barcode_given_twice_is_refused() -> None:
    with pytest.raises(BarcodeTaken) as refused:
        validate(with_slides(replace(SLIDE, barcode="X1"), replace(SLIDE, label="10", barcode="X1")))
    assert refused.value.field == "specimens.0.blocks.0.slides.1.barcode"


@pytest.mark.parametrize(
    ("field", "specimen"),
    [
        ("specimens.0.site_code", replace(SPECIMEN, site_code="1")),
        ("specimens.0.procedure", replace(SPECIMEN, procedure="guess")),
    ],
)
def test_sites_and_procedures_are_those_of_the_vocabulary(
    database: Database, actor_of: ActorOf, field: str, specimen: NewSpecimen
) -> None:
    with pytest.raises(InvalidInput) as refused:
        registered(database, actor_of(Role.TECHNICIAN), specimens=(specimen,))
    assert refused.value.field == field


def test_a_time_a_little_ahead_is_a_clock_that_runs_fast() -> None:
    now = datetime(2026, 5, 16, 1, 0, tzinfo=RECEIVED.tzinfo)
    validate(replace(CASE, received_at=now + timedelta(minutes=59)), now)
    with pytest.raises(InvalidInput):
        validate(replace(CASE, received_at=now + timedelta(minutes=61)), now)


@pytest.mark.parametrize("error", [AccessionExists, BarcodeTaken, DuplicateLabel, PatientMismatch])
def test_refusals_are_worded_in_both_languages(error: type[CoverslipError]) -> None:
    raised = error(field="f", accession_number="1", barcode="b", label="l", patient_number="p", differs="name")
    assert raised.message("zh-CN") != raised.message("en")
    assert raised.mend("zh-CN") != raised.mend("en")
