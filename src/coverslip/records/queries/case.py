"""Cases of the transaction's organization: one, a page of the worklist, counts.

Every condition on a column is made of leakproof operators only (`=`, `<`, `^@`): under row-level security no other may
use an index. The accession number and the patient are searched in two branches, each with its own order and limit, so
that the planner can walk the newest cases for a frequent name and an index of keys for a rare one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, text, tuple_, union
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload

from coverslip.records.models import Case, Patient, Reading, Slide, Specimen
from coverslip.records.models.case import PRIORITIES
from coverslip.records.transaction import Transaction

CaseSort = Literal["received_at", "accession_number", "priority", "status"]

COUNT_LIMIT = 10_000
"""Counting stops here: a count of 10,000 means 10,000 or more."""
SEARCH_COUNT_LIMIT = 1_000
"""Counting the hits of a search stops here."""

_SORT_COLUMNS: dict[CaseSort, tuple[InstrumentedAttribute[Any], ...]] = {
    "received_at": (Case.received_at, Case.id),
    "accession_number": (Case.accession_number, Case.id),
    "priority": (Case.priority_rank, Case.received_at, Case.id),
    "status": (Case.status_rank, Case.received_at, Case.id),
}


@dataclass(frozen=True, slots=True)
class SearchKeys:
    """Beginnings to compare with the stored keys; an empty tuple asks nothing of that key."""

    accession: tuple[str, ...] = ()
    accession_tail: tuple[str, ...] = ()
    patient_number: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    name_en: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases are asked for; None leaves a question open. `unassigned` and `assigned_to_id` exclude each other."""

    statuses: tuple[str, ...] | None = None
    priority: str | None = None
    assigned_to_id: UUID | None = None
    unassigned: bool = False
    search: SearchKeys | None = None


@dataclass(frozen=True, slots=True)
class CaseFigures:
    """What the worklist shows of a case besides its own row. `sites`: (Chinese, English) of its specimens."""

    sites: tuple[tuple[str, str], ...] = ()
    markers: tuple[str, ...] = ()
    slides_ready: int = 0
    slides_total: int = 0
    readings_pending: int = 0
    readings_running: int = 0


def lock_registration(tx: Transaction) -> None:
    """One registration at a time in an organization, until the transaction ends: what was free stays free."""
    key = f"coverslip.register:{tx.organization_id}"
    tx.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def add_case(
    tx: Transaction,
    *,
    accession_number: str,
    patient_id: UUID,
    status: str,
    priority: str,
    department: str,
    submitted_by: str,
    clinical_history: str,
    clinical_diagnosis: str,
    received_at: datetime,
) -> Case:
    """Insert a case."""
    return tx.add(
        Case(
            organization_id=tx.organization_id,
            accession_number=accession_number,
            patient_id=patient_id,
            status=status,
            priority=priority,
            department=department,
            submitted_by=submitted_by,
            clinical_history=clinical_history,
            clinical_diagnosis=clinical_diagnosis,
            received_at=received_at,
        )
    )


def case(tx: Transaction, case_id: UUID, *, for_update: bool = False) -> Case | None:
    """One case with patient and assigned person, freshly read; locked until the transaction ends where asked."""
    if for_update:
        locked = select(Case.id).where(Case.id == case_id).with_for_update()
        if tx.session.scalar(locked) is None:
            return None
    query = (
        select(Case)
        .where(Case.id == case_id)
        .options(joinedload(Case.patient), joinedload(Case.assigned_to))
        .execution_options(populate_existing=True)
    )
    return tx.session.scalar(query)


def case_id_by_accession(tx: Transaction, accession_number: str) -> UUID | None:
    """The case with this number, whether its letters are large or small: nobody tells `s26-1` from `S26-1`."""
    return tx.session.scalar(select(Case.id).where(Case.accession_key == func.lower(accession_number)).limit(1))


def page(
    tx: Transaction,
    wanted: CaseFilter,
    *,
    sort: CaseSort,
    descending: bool,
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Case]:
    """Cases in order, with patient and assigned person; `after`: the sort values of the last case of the page before.

    The id is the last of them, so that the order is total and a page neither repeats nor misses a case.
    """
    query = (
        _found(wanted, sort, descending, after, limit)
        .options(joinedload(Case.patient), joinedload(Case.assigned_to))
        .execution_options(populate_existing=True)
    )
    return list(tx.session.scalars(query))


def sort_values(row: Case, sort: CaseSort) -> tuple[Any, ...]:
    """The values by which a case stands in that order, for `page(after=...)`."""
    return tuple(getattr(row, column.key) for column in _SORT_COLUMNS[sort])


def total(tx: Transaction, wanted: CaseFilter) -> int:
    """How many cases the filter finds, counted no further than `COUNT_LIMIT` (a search: `SEARCH_COUNT_LIMIT`)."""
    limit = COUNT_LIMIT if wanted.search is None else SEARCH_COUNT_LIMIT
    branches = [branch.limit(limit) for branch in _branches(wanted)]
    found = (
        branches[0].subquery() if len(branches) == 1 else union(*(_wrapped(branch) for branch in branches)).subquery()
    )
    return min(tx.session.scalar(select(func.count()).select_from(found)) or 0, limit)


def counts(tx: Transaction, statuses: Sequence[str]) -> dict[str, int]:
    """Cases by status, each counted no further than `COUNT_LIMIT`."""
    columns = []
    for status in statuses:
        some = select(literal(1)).select_from(Case).where(Case.status == status).limit(COUNT_LIMIT).subquery()
        columns.append(select(func.count()).select_from(some).scalar_subquery().label(status))
    return dict(tx.session.execute(select(*columns)).one()._mapping)


def figures(tx: Transaction, case_ids: Sequence[UUID]) -> dict[UUID, CaseFigures]:
    """For each case what the worklist shows besides its row."""
    sites: dict[UUID, list[tuple[str, str]]] = {}
    for case_id, zh, en in tx.session.execute(
        select(Specimen.case_id, Specimen.site_zh, Specimen.site_en)
        .where(Specimen.case_id.in_(case_ids))
        .order_by(Specimen.label)
    ):
        known = sites.setdefault(case_id, [])
        if (zh, en) not in known:
            known.append((zh, en))
    slides = {
        row.case_id: row
        for row in tx.session.execute(
            select(
                Slide.case_id,
                func.array_agg(Slide.marker.distinct()).label("markers"),
                func.count().filter(Slide.status == "ready").label("ready"),
                func.count().label("total"),
            )
            .where(Slide.case_id.in_(case_ids))
            .group_by(Slide.case_id)
        )
    }
    readings = {
        row.case_id: row
        for row in tx.session.execute(
            select(
                Reading.case_id,
                func.count().filter(Reading.status == "finished", Reading.decision == "pending").label("pending"),
                func.count().filter(Reading.status.in_(("queued", "running"))).label("running"),
            )
            .where(Reading.case_id.in_(case_ids))
            .group_by(Reading.case_id)
        )
    }
    return {
        case_id: CaseFigures(
            sites=tuple(sites.get(case_id, ())),
            markers=tuple(sorted(m for m in slides[case_id].markers if m)) if case_id in slides else (),
            slides_ready=slides[case_id].ready if case_id in slides else 0,
            slides_total=slides[case_id].total if case_id in slides else 0,
            readings_pending=readings[case_id].pending if case_id in readings else 0,
            readings_running=readings[case_id].running if case_id in readings else 0,
        )
        for case_id in case_ids
    }


def _found(
    wanted: CaseFilter, sort: CaseSort, descending: bool, after: tuple[Any, ...] | None, limit: int
) -> Select[Case]:
    columns = _SORT_COLUMNS[sort]
    order = [column.desc() if descending else column.asc() for column in columns]
    branches = []
    for branch in _branches(wanted):
        if after is not None:
            here, there = (
                tuple_(*columns),
                tuple_(*(literal(value, c.type) for value, c in zip(after, columns, strict=True))),
            )
            branch = branch.where(here < there if descending else here > there)
        branches.append(branch.order_by(*order).limit(limit))
    if len(branches) == 1:
        return select(Case).where(Case.id.in_(branches[0])).order_by(*order).limit(limit)
    either = union(*(_wrapped(branch) for branch in branches)).subquery()
    return select(Case).join(either, either.c.id == Case.id).order_by(*order).limit(limit)


def _wrapped(branch: Select[UUID]) -> Select[Any]:
    """A branch that keeps its own order and limit inside a union."""
    inner = branch.subquery()
    return select(inner.c.id)


def _branches(wanted: CaseFilter) -> list[Select[UUID]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.statuses is not None:
        conditions.append(
            Case.status == wanted.statuses[0] if len(wanted.statuses) == 1 else Case.status.in_(wanted.statuses)
        )
    if wanted.priority is not None:
        conditions.append(Case.priority_rank == PRIORITIES.index(wanted.priority))
    if wanted.assigned_to_id is not None:
        conditions.append(Case.assigned_to_id == wanted.assigned_to_id)
    elif wanted.unassigned:
        conditions.append(Case.assigned_to_id.is_(None))
    base = select(Case.id).where(and_(True, *conditions))
    if wanted.search is None:
        return [base]
    keys = wanted.search
    branches = []
    by_number = [
        *(Case.accession_key.op("^@")(key) for key in keys.accession),
        *(Case.accession_tail.op("^@")(key) for key in keys.accession_tail),
    ]
    if by_number:
        branches.append(base.where(or_(*by_number)))
    patient = aliased(Patient)
    by_patient = [
        *(patient.patient_number_key.op("^@")(key) for key in keys.patient_number),
        *(column.op("^@")(key) for key in keys.name for column in (patient.name_key, patient.given_name_key)),
        *(column.op("^@")(key) for key in keys.name_en for column in (patient.name_en_key, patient.given_name_en_key)),
    ]
    if by_patient:
        branches.append(base.join(patient, patient.id == Case.patient_id).where(or_(*by_patient)))
    return branches
