"""Giving a case to a reader, and how urgent it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Literal
from uuid import UUID

from coverslip.access import audit
from coverslip.access.permission import Permission, may, permissions_of, require
from coverslip.cases.detail import CaseDetail, case_detail
from coverslip.cases.errors import AssigneeUnfit, IllegalTransition, StaleRevision
from coverslip.cases.status import CLOSED, CaseStatus, changed, locked_case
from coverslip.records.models import Case
from coverslip.records.queries.person import person as person_by_id
from coverslip.records.transaction import Transaction
from coverslip.vocabulary.roles import Role


class Unchanged(Enum):
    """Stands for a field that stays as it is, where None means "nobody"."""

    UNCHANGED = "unchanged"


UNCHANGED: Literal[Unchanged.UNCHANGED] = Unchanged.UNCHANGED


@dataclass(frozen=True, slots=True)
class CaseChange:
    """What is to change; `revision`: the one the case was read at."""

    revision: int
    assigned_to_id: UUID | Literal[Unchanged.UNCHANGED] | None = UNCHANGED
    priority: Literal["routine", "urgent", "frozen"] | None = None


def change_case(tx: Transaction, case_id: UUID, change: CaseChange) -> CaseDetail:
    """Assign the case, free it, or change its priority.

    Assigning needs `case.assign`; the priority also whoever registers cases may set. Raises `PermissionDenied`,
    `NotFound`, `StaleRevision`, `AssigneeUnfit`, `IllegalTransition` (signed or cancelled).
    """
    if change.assigned_to_id is not UNCHANGED or not may(tx.actor, Permission.CASE_REGISTER):
        require(tx.actor, Permission.CASE_ASSIGN)
    found = locked_case(tx, case_id)
    if found.revision != change.revision:
        raise StaleRevision(given=change.revision, current=found.revision)
    if CaseStatus(found.status) in CLOSED:
        raise IllegalTransition(status=found.status, event="assigned")
    altered = False
    if change.assigned_to_id is not UNCHANGED and change.assigned_to_id != found.assigned_to_id:
        _assign(tx, found, change.assigned_to_id)
        altered = True
    if change.priority is not None and change.priority != found.priority:
        detail = {"from": found.priority, "to": change.priority}
        audit.record(tx, "case.priority", object_type="case", object_id=found.id, case_id=found.id, detail=detail)
        found.priority = change.priority
        altered = True
    if altered:
        changed(tx, found)
    return case_detail(tx, case_id)


def _assign(tx: Transaction, found: Case, person_id: UUID | None) -> None:
    if person_id is not None:
        _require_fit(tx, person_id)
    audit.record(
        tx,
        "case.assign",
        object_type="case",
        object_id=found.id,
        case_id=found.id,
        detail={
            "from": str(found.assigned_to_id) if found.assigned_to_id else None,
            "to": str(person_id) if person_id else None,
        },
    )
    found.assigned_to_id = person_id
    found.assigned_at = datetime.now(UTC) if person_id is not None else None


def _require_fit(tx: Transaction, person_id: UUID) -> None:
    """A case goes to an active person of the hospital who writes reports."""
    person = person_by_id(tx, person_id)
    roles = [Role(role.role) for role in person.roles] if person is not None and person.active else []
    if Permission.REPORT_WRITE not in permissions_of(roles):
        raise AssigneeUnfit(field="assigned_to_id")
