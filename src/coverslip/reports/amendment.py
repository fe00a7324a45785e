"""Amending a signed report: a new version is written; the signed one stays as it is until the new one is signed."""

from __future__ import annotations

from uuid import UUID

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.cases.detail import ReportDetail
from coverslip.cases.status import CaseEvent, advance, locked_case
from coverslip.errors import InvalidInput
from coverslip.records.queries import report as reports
from coverslip.records.transaction import Transaction
from coverslip.reports.draft import detail
from coverslip.reports.errors import ReasonMissing, ReportNotSigned

LONGEST_REASON = 4000


def amend_report(tx: Transaction, case_id: UUID, reason: str) -> ReportDetail:
    """Start the next version as a copy of the signed one.

    Raises `PermissionDenied`, `NotFound`, `ReasonMissing`, `ReportNotSigned`, `IllegalTransition` (an amendment is
    being written already).
    """
    require(tx.actor, Permission.REPORT_AMEND)
    reason = reason.strip()
    if not reason:
        raise ReasonMissing(field="reason")
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(field="reason", problem="too_long", longest=LONGEST_REASON)
    locked_case(tx, case_id)
    versions = reports.reports_of_case(tx, case_id)
    signed = next((row for row in versions if row.status == "signed"), None)
    if signed is None:
        raise ReportNotSigned
    advance(tx, case_id, CaseEvent.AMENDMENT_STARTED)
    assert tx.actor.person_id is not None
    draft = reports.add_draft(
        tx,
        case_id,
        version=versions[0].version + 1,
        created_by=tx.actor.person_id,
        diagnosis=signed.diagnosis,
        microscopy=signed.microscopy,
        gross=signed.gross,
        comment=signed.comment,
        reading_ids=signed.reading_ids,
        key_images=signed.key_images,
        amends_report_id=signed.id,
        amendment_reason=reason,
    )
    audit.record(
        tx,
        "report.amend",
        object_type="report",
        object_id=draft.id,
        case_id=case_id,
        detail={"version": draft.version, "amends": str(signed.id)},
    )
    return detail(tx, draft.id)
