"""The audit trail of the own organization."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from coverslip.server.schemas.audit import AuditPage

router = APIRouter(prefix="/audit", tags=["audit"])


@router.get("")
def read_audit(
    *,
    case_id: UUID | None = None,
    person_id: UUID | None = None,
    action: Annotated[str | None, Query(max_length=100)] = None,
    since: Annotated[datetime | None, Query(alias="from")] = None,
    until: Annotated[datetime | None, Query(alias="to")] = None,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AuditPage:
    """A page of the trail, newest first."""
    raise NotImplementedError
