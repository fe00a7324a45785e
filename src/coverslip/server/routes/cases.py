"""The worklist, and one case."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

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

router = APIRouter(prefix="/cases", tags=["cases"])


@router.get("")
def list_cases(
    *,
    status: Annotated[list[CaseStatus] | None, Query()] = None,
    assigned: AssignedFilter = "any",
    priority: Priority | None = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    sort: CaseSort = "received_at",
    descending: bool = True,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> CaseList:
    """A page of the worklist; `q` searches accession number, patient number, name and diagnosis."""
    raise NotImplementedError


@router.post("", status_code=201)
def register_case(given: CaseRegistration) -> CaseDetail:
    """Register a case with its specimens, blocks and expected slides."""
    raise NotImplementedError


@router.get("/{case_id}")
def read_case(case_id: UUID) -> CaseDetail:
    """One case with everything that hangs on it."""
    raise NotImplementedError


@router.patch("/{case_id}")
def change_case(case_id: UUID, given: CaseChange) -> CaseDetail:
    """Assign the case or change its priority."""
    raise NotImplementedError


@router.get("/{case_id}/audit")
def read_case_audit(case_id: UUID) -> CaseAudit:
    """Everything that happened to the case, newest first."""
    raise NotImplementedError
