"""The audit trail of the own organization."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from coverslip.access.permission import Permission, require
from coverslip.errors import InvalidInput
from coverslip.records.queries.audit import AuditFilter, list_events
from coverslip.server.call import Caller
from coverslip.server.guard import GuardedRoute
from coverslip.server.schemas.audit import AuditPage
from coverslip.server.views import audit as views
from coverslip.vocabulary.text import storable

router = APIRouter(prefix="/audit", tags=["audit"], route_class=GuardedRoute)

LARGEST_NUMBER = 2**63 - 1
"""Of an event, as the database counts."""


@router.get("")
def read_audit(
    *,
    call: Caller,
    case_id: UUID | None = None,
    person_id: UUID | None = None,
    action: Annotated[str | None, Query(max_length=100)] = None,
    since: Annotated[datetime | None, Query(alias="from")] = None,
    until: Annotated[datetime | None, Query(alias="to")] = None,
    cursor: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AuditPage:
    """A page of the trail, newest first."""
    if action is not None and action != storable(action):
        raise InvalidInput(field="action", problem="control_character")
    wanted = AuditFilter(case_id=case_id, person_id=person_id, action=action, since=since, until=until)
    with call.transaction() as tx:
        require(tx.actor, Permission.AUDIT_READ)
        rows = list_events(
            tx, wanted, before=min(cursor, LARGEST_NUMBER) if cursor is not None else None, limit=limit + 1
        )
        call.record(tx, "audit", case_id=case_id, detail={"person_id": str(person_id) if person_id else None})
    shown = rows[:limit]
    more = len(rows) > limit
    return AuditPage(
        items=[views.event(row) for row in shown], next_cursor=str(shown[-1].event.number) if more else None
    )
