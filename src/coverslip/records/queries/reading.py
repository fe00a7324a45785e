"""Readings of the transaction's organization, and their reviews."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import aliased, joinedload, selectinload

from coverslip.records.models import Block, Reading, Report, Review, Specimen
from coverslip.records.transaction import Transaction

_SHOWN = (joinedload(Reading.requester), selectinload(Reading.reviews).joinedload(Review.person))


def reading(tx: Transaction, reading_id: UUID, *, for_update: bool = False) -> Reading | None:
    """One reading with requester and reviews, freshly read; locked until the transaction ends where asked."""
    if for_update:
        locked = select(Reading.id).where(Reading.id == reading_id).with_for_update()
        if tx.session.scalar(locked) is None:
            return None
    query = select(Reading).options(*_SHOWN).where(Reading.id == reading_id).execution_options(populate_existing=True)
    return tx.session.scalar(query)


def readings_of_slide(tx: Transaction, slide_id: UUID) -> list[Reading]:
    """The readings of a slide with requester and reviews, newest first."""
    query = (
        select(Reading)
        .options(*_SHOWN)
        .where(Reading.slide_id == slide_id)
        .order_by(Reading.requested_at.desc(), Reading.id.desc())
    )
    return list(tx.session.scalars(query))


def add_reading(
    tx: Transaction,
    *,
    slide_id: UUID,
    case_id: UUID | None,
    marker: str,
    algorithm: str,
    algorithm_version: str,
    model_digest: str | None,
    profile: str,
    profile_version: str,
    parameters: dict[str, Any],
    region: dict[str, Any] | None,
    requested_by: UUID,
) -> Reading:
    """Insert a queued reading."""
    made = tx.add(
        Reading(
            organization_id=tx.organization_id,
            slide_id=slide_id,
            case_id=case_id,
            marker=marker,
            algorithm=algorithm,
            algorithm_version=algorithm_version,
            model_digest=model_digest,
            profile=profile,
            profile_version=profile_version,
            parameters=parameters,
            region=region,
            requested_by=requested_by,
        )
    )
    found = reading(tx, made.id)
    assert found is not None
    return found


def add_review(
    tx: Transaction,
    *,
    reading_id: UUID,
    person_id: UUID,
    action: str,
    reason: str | None,
    edits: dict[str, Any] | None,
    result: dict[str, Any] | None,
) -> Review:
    """Insert a decision; none is ever changed or deleted."""
    return tx.add(
        Review(
            organization_id=tx.organization_id,
            reading_id=reading_id,
            person_id=person_id,
            action=action,
            reason=reason,
            edits=edits,
            result=result,
        )
    )


def advance(tx: Transaction, reading_id: UUID, tiles_done: int, tiles_total: int) -> None:
    """Say how far a running reading has come."""
    tx.session.execute(
        update(Reading)
        .where(Reading.id == reading_id, Reading.status == "running")
        .values(tiles_done=tiles_done, tiles_total=tiles_total)
    )


def follow_slide(tx: Transaction, slide_id: UUID, case_id: UUID) -> int:
    """Let the readings of a slide belong to the slide's case; returns how many belonged elsewhere."""
    moved = tx.session.scalars(
        update(Reading)
        .where(Reading.slide_id == slide_id, Reading.case_id.is_distinct_from(case_id))
        .values(case_id=case_id)
        .returning(Reading.id)
    )
    return len(moved.all())


def is_wanted(tx: Transaction, reading_id: UUID) -> bool:
    """Whether a running reading is still to be finished: not cancelled, not ended by another worker."""
    query = select(Reading.id).where(Reading.id == reading_id, Reading.status == "running")
    return tx.session.scalar(query) is not None


def specimen_of_block(tx: Transaction, block_id: UUID) -> Specimen | None:
    """The specimen a block was embedded from."""
    return tx.session.scalar(select(Specimen).join(Block, Block.specimen_id == Specimen.id).where(Block.id == block_id))


def is_signed(tx: Transaction, reading_id: UUID) -> bool:
    """Whether a signed report rests on the reading, and no amendment of that report has been begun."""
    draft = aliased(Report)
    amended = select(draft.id).where(draft.case_id == Report.case_id, draft.status == "draft").exists()
    query = select(Report.id).where(Report.status == "signed", Report.reading_ids.contains([reading_id]), ~amended)
    return tx.session.scalar(query.limit(1)) is not None
