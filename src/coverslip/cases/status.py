"""The states of a case and what moves it from one to the next: one table, everything else is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from coverslip.access import audit
from coverslip.cases.errors import IllegalTransition
from coverslip.errors import NotFound
from coverslip.jobs.progress import LiveEvent, publish
from coverslip.records.models import Case
from coverslip.records.queries import case as cases
from coverslip.records.transaction import Transaction


class CaseStatus(StrEnum):
    """Where a case stands."""

    REGISTERED = "registered"
    AWAITING_SLIDES = "awaiting_slides"
    READY = "ready"
    IN_READING = "in_reading"
    DRAFTED = "drafted"
    SIGNED = "signed"
    AMENDING = "amending"
    CANCELLED = "cancelled"


class CaseEvent(StrEnum):
    """What can happen to a case."""

    SLIDES_EXPECTED = "slides_expected"
    """Slides were ordered or announced."""
    SLIDE_READY = "slide_ready"
    """A slide of the case came in and can be read; the case need not wait for the others."""
    READING_BEGUN = "reading_begun"
    """The person it is assigned to opened it."""
    DRAFT_SAVED = "draft_saved"
    REPORT_SIGNED = "report_signed"
    AMENDMENT_STARTED = "amendment_started"
    CANCELLED = "cancelled"


_S, _E = CaseStatus, CaseEvent

TRANSITIONS: Mapping[tuple[CaseStatus, CaseEvent], CaseStatus] = MappingProxyType(
    {
        (_S.REGISTERED, _E.SLIDES_EXPECTED): _S.AWAITING_SLIDES,
        (_S.REGISTERED, _E.SLIDE_READY): _S.READY,
        (_S.REGISTERED, _E.CANCELLED): _S.CANCELLED,
        (_S.AWAITING_SLIDES, _E.SLIDES_EXPECTED): _S.AWAITING_SLIDES,
        (_S.AWAITING_SLIDES, _E.SLIDE_READY): _S.READY,
        (_S.AWAITING_SLIDES, _E.CANCELLED): _S.CANCELLED,
        (_S.READY, _E.SLIDES_EXPECTED): _S.READY,
        (_S.READY, _E.SLIDE_READY): _S.READY,
        (_S.READY, _E.READING_BEGUN): _S.IN_READING,
        (_S.READY, _E.DRAFT_SAVED): _S.DRAFTED,
        (_S.READY, _E.CANCELLED): _S.CANCELLED,
        (_S.IN_READING, _E.SLIDES_EXPECTED): _S.IN_READING,
        (_S.IN_READING, _E.SLIDE_READY): _S.IN_READING,
        (_S.IN_READING, _E.READING_BEGUN): _S.IN_READING,
        (_S.IN_READING, _E.DRAFT_SAVED): _S.DRAFTED,
        (_S.IN_READING, _E.CANCELLED): _S.CANCELLED,
        (_S.DRAFTED, _E.SLIDES_EXPECTED): _S.DRAFTED,
        (_S.DRAFTED, _E.SLIDE_READY): _S.DRAFTED,
        (_S.DRAFTED, _E.READING_BEGUN): _S.DRAFTED,
        (_S.DRAFTED, _E.DRAFT_SAVED): _S.DRAFTED,
        (_S.DRAFTED, _E.REPORT_SIGNED): _S.SIGNED,
        (_S.DRAFTED, _E.CANCELLED): _S.CANCELLED,
        (_S.SIGNED, _E.SLIDES_EXPECTED): _S.SIGNED,
        (_S.SIGNED, _E.SLIDE_READY): _S.SIGNED,
        (_S.SIGNED, _E.AMENDMENT_STARTED): _S.AMENDING,
        (_S.AMENDING, _E.SLIDES_EXPECTED): _S.AMENDING,
        (_S.AMENDING, _E.SLIDE_READY): _S.AMENDING,
        (_S.AMENDING, _E.DRAFT_SAVED): _S.AMENDING,
        (_S.AMENDING, _E.REPORT_SIGNED): _S.SIGNED,
        (_S.CANCELLED, _E.SLIDE_READY): _S.CANCELLED,
    }
)
"""(state, event) to the next state. A slide that comes late changes nothing; what is not here is not allowed."""

CLOSED = frozenset({_S.SIGNED, _S.CANCELLED})
"""States in which nobody has work to do on the case."""


def next_status(status: CaseStatus, event: CaseEvent) -> CaseStatus:
    """The state after the event. Raises `IllegalTransition`."""
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        raise IllegalTransition(status=status.value, event=event.value) from None


def allows(status: CaseStatus, event: CaseEvent) -> bool:
    """Whether the event may happen in this state."""
    return (status, event) in TRANSITIONS


def locked_case(tx: Transaction, case_id: UUID) -> Case:
    """The case, locked until the transaction ends. Raises `NotFound`, also for another hospital's case."""
    found = cases.case(tx, case_id, for_update=True)
    if found is None:
        raise NotFound(field="case")
    return found


def advance(tx: Transaction, case_id: UUID, event: CaseEvent) -> Case:
    """Let an event happen to a case; a change of state raises the revision, is audited and told to open pages.

    Raises `NotFound`, `IllegalTransition`. Permissions are the caller's matter: an event follows from an act that was
    allowed (a slide received, a draft saved, a report signed).
    """
    found = locked_case(tx, case_id)
    before = CaseStatus(found.status)
    after = next_status(before, event)
    if after is before:
        return found
    found.status = after.value
    if after is CaseStatus.SIGNED:
        found.signed_at = datetime.now(UTC)
    changed(tx, found)
    audit.record(
        tx,
        "case.status",
        object_type="case",
        object_id=found.id,
        case_id=found.id,
        detail={"from": before.value, "to": after.value, "event": event.value},
    )
    return found


def slide_became_ready(tx: Transaction, case_id: UUID) -> Case:
    """A slide of the case can be read: called by ingest when it has stored or matched one."""
    return advance(tx, case_id, CaseEvent.SLIDE_READY)


def changed(tx: Transaction, found: Case) -> None:
    """Raise the revision of a case that was changed, write it, and tell open pages once it is committed."""
    found.revision += 1
    tx.flush()
    publish(
        tx,
        LiveEvent(
            organization_id=tx.organization_id,
            type="case",
            id=found.id,
            case_id=found.id,
            status=found.status,
            revision=found.revision,
        ),
    )
