"""Writing a report: the draft, its citations and pictures; reading every version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.cases.detail import ReportDetail
from coverslip.cases.errors import StaleRevision
from coverslip.cases.status import CaseEvent, CaseStatus, advance, allows, locked_case
from coverslip.errors import InvalidInput, NotFound
from coverslip.records.models import Report
from coverslip.records.queries import case as cases
from coverslip.records.queries import report as reports
from coverslip.records.transaction import Transaction
from coverslip.reports import key_images
from coverslip.reports.errors import ReadingNotOfCase, ReportNotEditable
from coverslip.reports.key_images import KeyImage

LONGEST_TEXT = 50_000
MOST_READINGS = 200


@dataclass(frozen=True, slots=True)
class DraftText:
    """The draft as its author left it; readings and pictures in the order in which they are printed."""

    diagnosis: str = ""
    microscopy: str = ""
    gross: str = ""
    comment: str = ""
    reading_ids: tuple[UUID, ...] = ()
    key_images: tuple[KeyImage, ...] = ()


def save_draft(tx: Transaction, case_id: UUID, text: DraftText, revision: int) -> ReportDetail:
    """Save the draft; it is created where there is none (revision 0).

    A pending or rejected reading may be cited while writing: the text must not be lost over it; signing refuses it.
    Raises `PermissionDenied`, `NotFound`, `ReportNotEditable`, `StaleRevision`, `InvalidInput`, `ReadingNotOfCase`,
    `KeyImageInvalid`.
    """
    require(tx.actor, Permission.REPORT_WRITE)
    case = locked_case(tx, case_id)
    if not allows(CaseStatus(case.status), CaseEvent.DRAFT_SAVED):
        raise ReportNotEditable(status=case.status)
    versions = reports.reports_of_case(tx, case_id)
    draft = current_draft(versions)
    current = draft.revision if draft is not None else 0
    if revision != current:
        raise StaleRevision(given=revision, current=current)
    _check(tx, case_id, text)
    row = _written(tx, case_id, text, draft, version=versions[0].version + 1 if versions else 1)
    audit.record(
        tx,
        "report.save",
        object_type="report",
        object_id=row.id,
        case_id=case_id,
        detail={"version": row.version, "revision": row.revision, "readings": len(row.reading_ids)},
    )
    advance(tx, case_id, CaseEvent.DRAFT_SAVED)
    return detail(tx, row.id)


def list_reports(tx: Transaction, case_id: UUID) -> list[ReportDetail]:
    """Every version of a case's report, newest first. Raises `PermissionDenied`, `NotFound`."""
    require(tx.actor, Permission.REPORT_READ)
    if cases.case(tx, case_id) is None:
        raise NotFound(field="case")
    audit.record(tx, "report.list", object_type="case", object_id=case_id, case_id=case_id)
    return [ReportDetail.of(row) for row in reports.reports_of_case(tx, case_id)]


def current_draft(versions: list[Report]) -> Report | None:
    """The draft among a case's versions."""
    return next((row for row in versions if row.status == "draft"), None)


def detail(tx: Transaction, report_id: UUID) -> ReportDetail:
    """One version as it stands, freshly read."""
    row = reports.report(tx, report_id)
    if row is None:
        raise NotFound(field="report")
    return ReportDetail.of(row)


def _check(tx: Transaction, case_id: UUID, text: DraftText) -> None:
    for name in ("diagnosis", "microscopy", "gross", "comment"):
        value: str = getattr(text, name)
        if len(value) > LONGEST_TEXT:
            raise InvalidInput(field=name, problem="too_long", longest=LONGEST_TEXT)
        if "\0" in value:
            raise InvalidInput(field=name, problem="control_character")
    if len(text.reading_ids) > MOST_READINGS:
        raise InvalidInput(field="reading_ids", problem="too_many_readings", most=MOST_READINGS)
    cited = reports.readings_cited(tx, text.reading_ids)
    if set(cited) != set(text.reading_ids) or any(row.case_id != case_id for row in cited.values()):
        raise ReadingNotOfCase(field="reading_ids")
    slides = reports.slides_cited(tx, [image.slide_id for image in text.key_images])
    key_images.check(text.key_images, slides, case_id)


def _written(tx: Transaction, case_id: UUID, text: DraftText, draft: Report | None, *, version: int) -> Report:
    values = _values(text)
    if draft is None:
        assert tx.actor.person_id is not None
        return reports.add_draft(tx, case_id, version=version, created_by=tx.actor.person_id, **values)
    for name, value in values.items():
        setattr(draft, name, value)
    reports.touch(tx, draft)
    return draft


def _values(text: DraftText) -> dict[str, Any]:
    return {
        "diagnosis": text.diagnosis,
        "microscopy": text.microscopy,
        "gross": text.gross,
        "comment": text.comment,
        "reading_ids": list(dict.fromkeys(text.reading_ids)),
        "key_images": [image.to_json() for image in text.key_images],
    }
