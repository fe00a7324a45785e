"""Puts together what a report says, from the records as they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from coverslip.cases.summary import age_years
from coverslip.errors import NotFound
from coverslip.records.models import Case, Organization, Person, Reading, Report, Review, Slide, Specimen
from coverslip.records.queries import case as cases
from coverslip.records.queries import organization as organizations
from coverslip.records.queries import report as reports
from coverslip.records.queries import specimen as specimens
from coverslip.records.transaction import Transaction
from coverslip.reports.content import (
    AmendmentContent,
    Bilingual,
    CaseContent,
    KeyImageContent,
    PatientContent,
    ReadingContent,
    ReadingValue,
    ReportContent,
    SignatureContent,
    SpecimenContent,
)
from coverslip.reports.errors import ReadingNotDecided, ReadingNotOfCase, ReadingOutdated, ReadingRejected
from coverslip.reports.key_images import CutImage, KeyImage
from coverslip.reports.words import Words
from coverslip.vocabulary.markers import ControlStatus

CONTROL_FAILED = "CONTROL_FAIL"
"""The reason by which the gate made a reading not evaluable (table 1.6)."""
MEANING = "authorship_and_approval"
"""What every signature means in this version; a code of the catalogue."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """The rows that a report rests on, read in one transaction. `replaced`: the signed version it amends."""

    report: Report
    case: Case
    organization: Organization
    specimens: tuple[Specimen, ...]
    readings: tuple[Reading, ...]
    slides: Mapping[UUID, Slide]
    slide_labels: Mapping[UUID, str]
    replaced: Report | None

    @property
    def key_images(self) -> tuple[KeyImage, ...]:
        """The boxes that the report shows."""
        return tuple(KeyImage.from_json(stored) for stored in self.report.key_images)


def gather(tx: Transaction, report: Report) -> Gathered:
    """Everything the report cites. Raises `NotFound`, `ReadingNotOfCase`."""
    case = cases.case(tx, report.case_id)
    organization = organizations.organization(tx, tx.organization_id)
    if case is None or organization is None:
        raise NotFound(field="case")
    # Specimens first: they bring the case's readings without reviews, and the later read is the one that stays.
    parts = tuple(specimens.specimens_of_case(tx, case.id))
    cited = reports.readings_cited(tx, report.reading_ids)
    if set(cited) != set(report.reading_ids) or any(row.case_id != case.id for row in cited.values()):
        raise ReadingNotOfCase(field="reading_ids")
    slide_ids = {row.slide_id for row in cited.values()} | {
        KeyImage.from_json(stored).slide_id for stored in report.key_images
    }
    slides = reports.slides_cited(tx, sorted(slide_ids))
    labels = {slide_id: slide.label for slide_id, slide in slides.items()}
    for part in parts:
        for block in part.blocks:
            labels.update({slide.id: f"{part.label}{block.label}-{slide.label}" for slide in block.slides})
    return Gathered(
        report=report,
        case=case,
        organization=organization,
        specimens=parts,
        readings=tuple(cited[reading_id] for reading_id in dict.fromkeys(report.reading_ids)),
        slides=slides,
        slide_labels=labels,
        replaced=reports.report(tx, report.amends_report_id) if report.amends_report_id is not None else None,
    )


def require_decided(gathered: Gathered) -> None:
    """Only accepted and edited readings of slides that have their place in the case enter a report.

    Raises `ReadingNotDecided`, `ReadingRejected`, `ReadingNotOfCase`, `ReadingOutdated`.
    """
    for reading in gathered.readings:
        marker = Words.of("en").term("marker", reading.marker)
        slide = gathered.slide_labels[reading.slide_id]
        if not _placed(gathered, reading):
            raise ReadingNotOfCase(field="reading_ids")
        if reading.decision == "rejected":
            raise ReadingRejected(field="reading_ids", marker=marker, slide=slide)
        if reading.decision not in ("accepted", "edited") or reading.result is None:
            raise ReadingNotDecided(field="reading_ids", marker=marker, slide=slide)
        if _outdated(reading, gathered.slides[reading.slide_id]):
            raise ReadingOutdated(field="reading_ids", marker=marker, slide=slide)


def draft_readings(gathered: Gathered) -> Gathered:
    """The same without the readings that could not be signed as things stand: what a draft may show."""
    decided = tuple(
        reading
        for reading in gathered.readings
        if reading.decision in ("accepted", "edited")
        and reading.result is not None
        and _placed(gathered, reading)
        and not _outdated(reading, gathered.slides[reading.slide_id])
    )
    return Gathered(**{name: getattr(gathered, name) for name in Gathered.__slots__} | {"readings": decided})


def _placed(gathered: Gathered, reading: Reading) -> bool:
    """Whether the slide was matched to this case: a file that only looks as if it belonged here does not."""
    slide = gathered.slides[reading.slide_id]
    return slide.status == "ready" and slide.case_id == gathered.case.id


def _outdated(reading: Reading, slide: Slide) -> bool:
    """Whether the slide's record, corrected since, takes away what the result rests on."""
    if slide.marker is not None and slide.marker != reading.marker:
        return True
    reasons = (reading.result or {}).get("reasons") or ()
    return slide.control_status == ControlStatus.FAILED and CONTROL_FAILED not in reasons


def report_content(
    gathered: Gathered,
    images: Sequence[CutImage],
    *,
    signer: Person | None,
    signed_at: datetime | None,
    time_zone: str,
) -> ReportContent:
    """The frozen content; `images` in the order of the report's key images; without a signer it is a draft."""
    report, case = gathered.report, gathered.case
    return ReportContent(
        report_id=str(report.id),
        version=report.version,
        hospital_code=gathered.organization.code,
        hospital=Bilingual(gathered.organization.name_zh, gathered.organization.name_en),
        patient=_patient(case),
        case=CaseContent(
            accession_number=case.accession_number,
            department=case.department,
            submitted_by=case.submitted_by,
            clinical_history=case.clinical_history,
            clinical_diagnosis=case.clinical_diagnosis,
            priority=case.priority,
            received_at=iso(case.received_at),
        ),
        specimens=tuple(_specimen(row) for row in gathered.specimens),
        gross=report.gross,
        microscopy=report.microscopy,
        diagnosis=report.diagnosis,
        comment=report.comment,
        readings=tuple(
            _reading(row, gathered.slides[row.slide_id], gathered.slide_labels[row.slide_id])
            for row in gathered.readings
        ),
        key_images=tuple(
            _image(image, made, gathered) for image, made in zip(gathered.key_images, images, strict=True)
        ),
        signature=_signature(signer, signed_at),
        amendment=_amendment(report, gathered.replaced),
        time_zone=time_zone,
    )


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC, whole seconds."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _patient(case: Case) -> PatientContent:
    patient = case.patient
    return PatientContent(
        patient_number=patient.patient_number,
        name=patient.name,
        name_en=patient.name_en,
        sex=patient.sex,
        birth_date=patient.birth_date.isoformat() if patient.birth_date is not None else None,
        age_years=age_years(patient.birth_date, case.received_at.date()),
    )


def _specimen(row: Specimen) -> SpecimenContent:
    return SpecimenContent(
        label=row.label,
        site=Bilingual(row.site_zh, row.site_en),
        procedure=row.procedure,
        blocks=tuple(f"{row.label}{block.label}" for block in row.blocks),
        fixation_hours=row.fixation_hours,
        cold_ischaemia_minutes=row.cold_ischaemia_minutes,
    )


def _reading(row: Reading, slide: Slide, slide_label: str) -> ReadingContent:
    assert row.result is not None
    review = _deciding_review(row)
    edited = row.edited_result if row.decision == "edited" else None
    return ReadingContent(
        id=str(row.id),
        slide_label=slide_label,
        marker=row.marker,
        clone=slide.clone,
        control_status=slide.control_status,
        method=str((edited or row.result).get("method") or "region"),
        area_mm2=(edited or row.result).get("area_mm2"),
        spacing_um=row.result.get("spacing_um"),
        whole_slide=row.region is None,
        algorithm=row.algorithm,
        algorithm_version=row.algorithm_version,
        model_digest=row.model_digest,
        profile=row.profile,
        profile_version=row.profile_version,
        computer=_value(row.result),
        reader=_value(edited) if edited is not None else None,
        decision=row.decision,
        decided_by=Bilingual(review.person.name, review.person.name_en),
        decided_at=iso(review.created_at),
        reason=review.reason,
    )


def _deciding_review(row: Reading) -> Review:
    """The review that made the decision that stands: the last of its kind."""
    action = {"accepted": "accept", "edited": "edit"}[row.decision]
    return [review for review in row.reviews if review.action == action][-1]


def _value(result: Mapping[str, Any]) -> ReadingValue:
    words, interval = result.get("category_text"), result.get("interval")
    return ReadingValue(
        status=result["status"],
        score=result.get("score"),
        unit=result.get("unit") or "",
        category=result.get("category"),
        category_text=Bilingual(words["zh-CN"], words["en"]) if words else None,
        interval=(float(interval[0]), float(interval[1])) if interval else None,
        n=int(result["n"]),
        positive=result.get("positive"),
        flags=tuple(result.get("flags") or ()),
        reasons=tuple(result.get("reasons") or ()),
    )


def _image(image: KeyImage, made: CutImage, gathered: Gathered) -> KeyImageContent:
    slide = gathered.slides[image.slide_id]
    return KeyImageContent(
        digest=made.digest,
        slide_label=gathered.slide_labels[image.slide_id],
        stain=slide.stain,
        marker=slide.marker,
        caption=image.caption,
        x=image.x,
        y=image.y,
        width=image.width,
        height=image.height,
        spacing_um=made.spacing_um,
        colour=made.colour,
    )


def _signature(signer: Person | None, signed_at: datetime | None) -> SignatureContent | None:
    if signer is None or signed_at is None:
        return None
    return SignatureContent(signer.name, signer.name_en or None, signer.title, MEANING, iso(signed_at))


def _amendment(report: Report, replaced: Report | None) -> AmendmentContent | None:
    if replaced is None or replaced.signed_at is None or replaced.content_digest is None:
        return None
    return AmendmentContent(
        reason=report.amendment_reason or "",
        replaces_version=replaced.version,
        replaces_signed_at=iso(replaced.signed_at),
        replaces_digest=replaced.content_digest,
    )
