"""The worklist: filtered, searched, sorted, page by page."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.cases.search import search_keys
from coverslip.cases.status import CaseStatus
from coverslip.cases.summary import CaseSummary, case_summary
from coverslip.errors import InvalidInput
from coverslip.records.models import Case
from coverslip.records.queries import case as cases
from coverslip.records.queries.case import CaseFilter, CaseSort
from coverslip.records.transaction import Transaction
from coverslip.vocabulary.text import storable

LARGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class WorklistQuery:
    """What is asked for. `cursor`: `next_cursor` of the page before, asked with the same sort."""

    statuses: tuple[CaseStatus, ...] | None = None
    assigned: Literal["me", "none", "any"] = "any"
    priority: Literal["routine", "urgent", "frozen"] | None = None
    q: str | None = None
    sort: CaseSort = "received_at"
    descending: bool = True
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class CaseList:
    """A page of the worklist; `total` and `counts` stop at the limits of `records.queries.case`."""

    items: tuple[CaseSummary, ...]
    next_cursor: str | None
    total: int
    counts: dict[str, int]


def list_cases(tx: Transaction, query: WorklistQuery) -> CaseList:
    """A page of the organization's cases. Raises `PermissionDenied`, `InvalidInput` (limit, cursor)."""
    require(tx.actor, Permission.WORKLIST_READ)
    if not 1 <= query.limit <= LARGEST_PAGE:
        raise InvalidInput(field="limit", problem="page_size", largest=LARGEST_PAGE)
    wanted = _filter(tx, query)
    rows = cases.page(
        tx,
        wanted,
        sort=query.sort,
        descending=query.descending,
        after=_decoded(query) if query.cursor else None,
        limit=query.limit + 1,
    )
    shown = rows[: query.limit]
    figures = cases.figures(tx, [row.id for row in shown])
    audit.record(tx, "worklist.read", object_type="worklist", object_id=None, detail=_audited(query, len(shown)))
    return CaseList(
        items=tuple(case_summary(row, figures[row.id]) for row in shown),
        next_cursor=_encoded(shown[-1], query) if len(rows) > query.limit else None,
        total=cases.total(tx, wanted),
        counts=cases.counts(tx, [status.value for status in CaseStatus]),
    )


def _filter(tx: Transaction, query: WorklistQuery) -> CaseFilter:
    return CaseFilter(
        statuses=tuple(status.value for status in query.statuses) if query.statuses else None,
        priority=query.priority,
        assigned_to_id=_me(tx) if query.assigned == "me" else None,
        unassigned=query.assigned == "none",
        search=search_keys(query.q) if query.q else None,
    )


def _me(tx: Transaction) -> UUID:
    if tx.actor.person_id is None:
        raise InvalidInput(field="assigned", problem="nobody_signed_in")
    return tx.actor.person_id


def _audited(query: WorklistQuery, shown: int) -> dict[str, Any]:
    """What was asked, without what was typed: a search may be a patient's name."""
    return {
        "statuses": [status.value for status in query.statuses] if query.statuses else None,
        "assigned": query.assigned,
        "priority": query.priority,
        "searched": bool(query.q),
        "shown": shown,
    }


def _encoded(last: Case, query: WorklistQuery) -> str:
    values = [v.isoformat() if isinstance(v, datetime) else v for v in cases.sort_values(last, query.sort)]
    text = json.dumps([query.sort, query.descending, *values], default=str, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decoded(query: WorklistQuery) -> tuple[Any, ...]:
    """The sort values that a cursor holds, each of its column's type; a forged or foreign cursor is bad input."""
    assert query.cursor is not None
    kinds: dict[CaseSort, tuple[Any, ...]] = {
        "received_at": (_moment, UUID),
        "accession_number": (_number, UUID),
        "priority": (_rank, _moment, UUID),
        "status": (_rank, _moment, UUID),
    }
    try:
        padded = query.cursor + "=" * (-len(query.cursor) % 4)
        sort, descending, *values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if sort != query.sort or descending is not query.descending:
            raise InvalidInput(field="cursor", problem="cursor_of_other_sort")
        return tuple(kind(value) for kind, value in zip(kinds[query.sort], values, strict=True))
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InvalidInput(field="cursor", problem="not_a_cursor") from error


def _moment(value: Any) -> datetime:
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError(value)
    return found.astimezone(UTC)


def _number(value: Any) -> str:
    if not isinstance(value, str) or value != storable(value):
        raise ValueError(value)
    return value


def _rank(value: Any) -> int:
    if type(value) is not int or not 0 <= value < len(CaseStatus):
        raise ValueError(value)
    return value
