"""The audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from coverslip.server.schemas.common import PersonRef, Shown

Outcome = Literal["success", "denied", "failed"]


class AuditEvent(Shown):
    """One entry; `hash` covers the entry and the hash of the one before it."""

    number: int
    at: datetime
    person: PersonRef | None
    action: str
    object_type: str
    object_id: UUID | None
    case_id: UUID | None
    accession_number: str | None
    outcome: Outcome
    detail: dict[str, Any]
    hash: str


class CaseAudit(Shown):
    """Everything that happened to one case, newest first."""

    items: list[AuditEvent]


class AuditPage(Shown):
    """A page of the trail, newest first; `next_cursor` is null on the last."""

    items: list[AuditEvent]
    next_cursor: str | None
