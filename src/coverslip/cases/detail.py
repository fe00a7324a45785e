"""One case with everything that hangs on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.cases.status import CaseEvent, CaseStatus, advance
from coverslip.cases.summary import CaseSummary, PersonRef, SlideSummary, summary_fields
from coverslip.errors import NotFound
from coverslip.records.models import Block, Report, Specimen
from coverslip.records.queries import case as cases
from coverslip.records.queries import report as reports
from coverslip.records.queries import specimen as specimens
from coverslip.records.transaction import Transaction


@dataclass(frozen=True, slots=True)
class BlockDetail:
    """A block and its slides."""

    id: UUID
    label: str
    slides: tuple[SlideSummary, ...]

    @classmethod
    def of(cls, block: Block) -> BlockDetail:
        """From the block's record with slides and readings loaded."""
        return cls(block.id, block.label, tuple(SlideSummary.of(slide) for slide in block.slides))


@dataclass(frozen=True, slots=True)
class SpecimenDetail:
    """A specimen and its blocks; fixation in hours and cold ischaemia in minutes, None where not recorded."""

    id: UUID
    label: str
    site_code: str
    site_zh: str
    site_en: str
    procedure: str
    tumour_type: str | None
    fixation_hours: float | None
    cold_ischaemia_minutes: float | None
    gross_description: str
    blocks: tuple[BlockDetail, ...]

    @classmethod
    def of(cls, specimen: Specimen) -> SpecimenDetail:
        """From the specimen's record with blocks, slides and readings loaded."""
        return cls(
            id=specimen.id,
            label=specimen.label,
            site_code=specimen.site_code,
            site_zh=specimen.site_zh,
            site_en=specimen.site_en,
            procedure=specimen.procedure,
            tumour_type=specimen.tumour_type,
            fixation_hours=specimen.fixation_hours,
            cold_ischaemia_minutes=specimen.cold_ischaemia_minutes,
            gross_description=specimen.gross_description,
            blocks=tuple(BlockDetail.of(block) for block in specimen.blocks),
        )


@dataclass(frozen=True, slots=True)
class ReportDetail:
    """One version of a report."""

    id: UUID
    case_id: UUID
    version: int
    status: str
    diagnosis: str
    microscopy: str
    gross: str
    comment: str
    reading_ids: tuple[UUID, ...]
    key_images: tuple[dict[str, Any], ...]
    revision: int
    created_by: PersonRef
    updated_at: datetime
    signed_by: PersonRef | None
    signed_at: datetime | None
    meaning: str | None
    content_digest: str | None
    pdf_digest_zh: str | None
    pdf_digest_en: str | None
    amends_report_id: UUID | None
    amendment_reason: str | None

    @classmethod
    def of(cls, report: Report) -> ReportDetail:
        """From the report's record with author and signer loaded."""
        return cls(
            id=report.id,
            case_id=report.case_id,
            version=report.version,
            status=report.status,
            diagnosis=report.diagnosis,
            microscopy=report.microscopy,
            gross=report.gross,
            comment=report.comment,
            reading_ids=tuple(report.reading_ids),
            key_images=tuple(report.key_images),
            revision=report.revision,
            created_by=PersonRef.of(report.author),
            updated_at=report.updated_at,
            signed_by=PersonRef.of(report.signer) if report.signer is not None else None,
            signed_at=report.signed_at,
            meaning=report.meaning,
            content_digest=report.content_digest,
            pdf_digest_zh=report.pdf_digest_zh,
            pdf_digest_en=report.pdf_digest_en,
            amends_report_id=report.amends_report_id,
            amendment_reason=report.amendment_reason,
        )


@dataclass(frozen=True, slots=True)
class ReportRef:
    """One version of a report, by name."""

    id: UUID
    version: int
    status: str
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class CaseDetail(CaseSummary):
    """A case with specimens, blocks, slides, readings and reports (newest first; `report` is the newest)."""

    submitted_by: str
    clinical_history: str
    clinical_diagnosis: str
    signed_at: datetime | None
    specimens: tuple[SpecimenDetail, ...]
    unplaced_slides: tuple[SlideSummary, ...]
    report: ReportDetail | None
    reports: tuple[ReportRef, ...]


def open_case(tx: Transaction, case_id: UUID) -> CaseDetail:
    """Read a case; the person it is assigned to begins reading it by opening it.

    Raises `PermissionDenied`, `NotFound`.
    """
    require(tx.actor, Permission.CASE_READ)
    detail = case_detail(tx, case_id)
    audit.record(tx, "case.read", object_type="case", object_id=case_id, case_id=case_id)
    assignee = detail.assigned_to
    if detail.status != CaseStatus.READY or assignee is None or assignee.id != tx.actor.person_id:
        return detail
    advance(tx, case_id, CaseEvent.READING_BEGUN)
    return case_detail(tx, case_id)


def summary_of_case(tx: Transaction, case_id: UUID) -> CaseSummary:
    """A case as a row of the worklist, for the page of one of its slides. Raises `PermissionDenied`, `NotFound`."""
    require(tx.actor, Permission.CASE_READ)
    row = cases.case(tx, case_id)
    if row is None:
        raise NotFound(field="case")
    return CaseSummary(**summary_fields(row, cases.figures(tx, [row.id])[row.id]))


def case_detail(tx: Transaction, case_id: UUID) -> CaseDetail:
    """The case as it stands in this transaction; neither permission nor audit, for services that did both."""
    row = cases.case(tx, case_id)
    if row is None:
        raise NotFound(field="case")
    versions = reports.reports_of_case(tx, case_id)
    return CaseDetail(
        **summary_fields(row, cases.figures(tx, [row.id])[row.id]),
        submitted_by=row.submitted_by,
        clinical_history=row.clinical_history,
        clinical_diagnosis=row.clinical_diagnosis,
        signed_at=row.signed_at,
        specimens=tuple(SpecimenDetail.of(s) for s in specimens.specimens_of_case(tx, case_id)),
        unplaced_slides=tuple(SlideSummary.of(s) for s in specimens.unplaced_slides(tx, case_id)),
        report=ReportDetail.of(versions[0]) if versions else None,
        reports=tuple(ReportRef(r.id, r.version, r.status, r.signed_at) for r in versions),
    )
