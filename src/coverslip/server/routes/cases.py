"""The worklist, and one case."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import TypeAdapter

from coverslip.access.permission import Permission, require
from coverslip.cases.accession import register_case as register
from coverslip.cases.assignment import UNCHANGED
from coverslip.cases.assignment import CaseChange as Change
from coverslip.cases.assignment import change_case as change
from coverslip.cases.detail import open_case
from coverslip.cases.registration import NewCase
from coverslip.cases.status import CaseStatus as Status
from coverslip.cases.worklist import WorklistQuery
from coverslip.cases.worklist import list_cases as worklist
from coverslip.errors import NotFound
from coverslip.records.queries import case as cases
from coverslip.records.queries.audit import AuditFilter, list_events
from coverslip.server.call import Caller
from coverslip.server.guard import GuardedRoute
from coverslip.server.schemas.audit import CaseAudit
from coverslip.server.schemas.case import (
    AssignedFilter,
    CaseChange,
    CaseDetail,
    CaseList,
    CaseRegistration,
    CaseSort,
    CaseStatus,
    Priority,
)
from coverslip.server.views import audit as audit_views

router = APIRouter(prefix="/cases", tags=["cases"], route_class=GuardedRoute)

LONGEST_CASE_AUDIT = 1000
_NEW_CASE = TypeAdapter(NewCase)


@router.get("")
def list_cases(
    *,
    call: Caller,
    status: Annotated[list[CaseStatus] | None, Query()] = None,
    assigned: AssignedFilter = "any",
    priority: Priority | None = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    sort: CaseSort = "received_at",
    descending: bool = True,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> CaseList:
    """A page of the worklist; `q` searches accession number, patient number and name, by their beginnings."""
    query = WorklistQuery(
        statuses=tuple(Status(word) for word in status) if status else None,
        assigned=assigned,
        priority=priority,
        q=q,
        sort=sort,
        descending=descending,
        limit=limit,
        cursor=cursor,
    )
    with call.transaction() as tx:
        return CaseList.model_validate(worklist(tx, query))


@router.post("", status_code=201)
def register_case(given: CaseRegistration, call: Caller) -> CaseDetail:
    """Register a case with its specimens, blocks and expected slides."""
    new = _NEW_CASE.validate_python(given.model_dump())
    with call.transaction() as tx:
        return CaseDetail.model_validate(register(tx, new))


@router.get("/{case_id}")
def read_case(case_id: UUID, call: Caller) -> CaseDetail:
    """One case with everything that hangs on it."""
    with call.transaction() as tx:
        return CaseDetail.model_validate(open_case(tx, case_id))


@router.patch("/{case_id}")
def change_case(case_id: UUID, given: CaseChange, call: Caller) -> CaseDetail:
    """Assign the case or change its priority; `assigned_to_id: null` frees it, an absent field stays as it is."""
    assigned = given.assigned_to_id if "assigned_to_id" in given.model_fields_set else UNCHANGED
    with call.transaction() as tx:
        changed = change(tx, case_id, Change(given.revision, assigned_to_id=assigned, priority=given.priority))
        return CaseDetail.model_validate(changed)


@router.get("/{case_id}/audit")
def read_case_audit(case_id: UUID, call: Caller) -> CaseAudit:
    """What happened to the case, newest first."""
    with call.transaction() as tx:
        require(tx.actor, Permission.AUDIT_CASE)
        if cases.case(tx, case_id) is None:
            raise NotFound(field="case")
        rows = list_events(tx, AuditFilter(case_id=case_id), limit=LONGEST_CASE_AUDIT)
        call.record(tx, "case", case_id, case_id=case_id)
    return CaseAudit(items=[audit_views.event(row) for row in rows])
