"""Legal holds: what must not be removed, by whose word and why. Moving it to a cheaper place stays allowed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.custody.errors import AlreadyEnded, SlideRemoved
from coverslip.errors import InvalidInput, NotFound
from coverslip.records.models import Case, LegalHold, Slide
from coverslip.records.queries import custody
from coverslip.records.queries import slide as slides
from coverslip.records.transaction import Transaction

SHORTEST_REASON = 2


@dataclass(frozen=True, slots=True)
class Held:
    """A hold and what it holds; `slide` None: the whole case."""

    hold: LegalHold
    case: Case | None
    slide: Slide | None


def list_holds(tx: Transaction) -> list[Held]:
    """The holds in force, newest first."""
    require(tx.actor, Permission.STORAGE_READ)
    audit.record(tx, "storage.holds", object_type="organization", object_id=tx.organization_id)
    return [Held(*row) for row in custody.holds(tx)]


def place_hold(
    tx: Transaction, reason: str, *, accession_number: str | None = None, slide_id: UUID | None = None
) -> Held:
    """Hold a case or one slide. Raises `PermissionDenied`, `InvalidInput`, `NotFound`, `SlideRemoved`."""
    require(tx.actor, Permission.STORAGE_HOLD)
    assert tx.actor.person_id is not None
    reason = _reason(reason)
    if (accession_number is None) == (slide_id is None):
        raise InvalidInput(field="accession_number", problem="case_or_slide")
    slide = slides.slide(tx, slide_id, for_update=True) if slide_id is not None else None
    case = custody.case_of_accession(tx, accession_number) if accession_number is not None else None
    if slide is None and case is None:
        raise NotFound(field="accession_number" if slide_id is None else "slide_id")
    if slide is not None and slide.failure_code == SlideRemoved.code:
        raise SlideRemoved()
    case_id = case.id if case is not None else None
    if case_id is not None:
        custody.lock_slides(tx, case_id)  # a removal that has begun comes first, any other finds the hold
    row = tx.add(
        LegalHold(
            case_id=case_id,
            slide_id=slide.id if slide is not None else None,
            reason=reason,
            placed_by=tx.actor.person_id,
        )
    )
    audit.record(
        tx,
        "storage.hold",
        object_type="case" if slide is None else "slide",
        object_id=row.case_id or row.slide_id,
        case_id=case_id if slide is None else slide.case_id,
        detail={"hold": str(row.id), "reason": reason},
    )
    return Held(row, case, slide)


def release_hold(tx: Transaction, hold_id: UUID, reason: str) -> LegalHold:
    """End a hold. Raises `PermissionDenied`, `InvalidInput`, `NotFound`, `AlreadyEnded`."""
    require(tx.actor, Permission.STORAGE_HOLD)
    reason = _reason(reason)
    row = custody.hold(tx, hold_id)
    if row is None:
        raise NotFound(field="hold")
    if row.released_at is not None:
        raise AlreadyEnded()
    row.released_at, row.released_by, row.release_reason = datetime.now(UTC), tx.actor.person_id, reason
    tx.flush()
    audit.record(
        tx,
        "storage.hold_release",
        object_type="case" if row.slide_id is None else "slide",
        object_id=row.case_id or row.slide_id,
        case_id=row.case_id,
        detail={"hold": str(row.id), "reason": reason},
    )
    return row


def _reason(given: str) -> str:
    reason = given.strip()
    if len(reason) < SHORTEST_REASON:
        raise InvalidInput(field="reason", problem="required")
    return reason
