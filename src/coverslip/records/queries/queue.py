"""The queue of slides that wait for a person to place them, and what a person needs to do it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, tuple_
from sqlalchemy.orm import selectinload

from coverslip.records.models import Block, Case, Patient, Slide, Specimen
from coverslip.records.queries.slide import AWAITING_FILE, PlacedSlide
from coverslip.records.transaction import Transaction

QueueState = Literal["waiting", "set_aside", "failed"]
CLOSED = ("signed", "cancelled")
COUNT_LIMIT = 10_000
"""Counting stops here."""


def page(tx: Transaction, state: QueueState, *, after: UUID | None, limit: int) -> list[Slide]:
    """Slides of the queue, newest first, with readings loaded; `after`: the last slide of the page before."""
    query = (
        select(Slide)
        .where(_in_state(state))
        .options(selectinload(Slide.readings))
        .order_by(Slide.received_at.desc(), Slide.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    if after is not None:
        last = select(Slide.received_at, Slide.id).where(Slide.id == after).subquery()
        beyond = select(last.c.received_at, last.c.id).scalar_subquery()
        query = query.where(tuple_(Slide.received_at, Slide.id) < beyond)
    return list(tx.session.scalars(query))


def count(tx: Transaction, state: QueueState) -> int:
    """How many slides wait; at most `COUNT_LIMIT`."""
    some = select(Slide.id).where(_in_state(state)).limit(COUNT_LIMIT).subquery()
    return tx.session.scalar(select(func.count()).select_from(some)) or 0


def open_cases(tx: Transaction, limit: int) -> list[tuple[UUID, str, str]]:
    """(case id, accession number, patient number) of the newest cases that are not signed or cancelled."""
    query = (
        select(Case.id, Case.accession_number, Patient.patient_number)
        .join(Patient, Patient.id == Case.patient_id)
        .where(Case.status.not_in(CLOSED))
        .order_by(Case.received_at.desc(), Case.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in tx.session.execute(query)]


def cases_by_id(tx: Transaction, case_ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """(accession number, status) of cases."""
    query = select(Case.id, Case.accession_number, Case.status).where(Case.id.in_(case_ids))
    return {row[0]: (row[1], row[2]) for row in tx.session.execute(query)}


def waiting_in(tx: Transaction, case_ids: Sequence[UUID]) -> list[PlacedSlide]:
    """Slides of these cases that stand in a block and wait for their file, by block and label."""
    query = (
        select(Slide, Case.accession_number, Specimen.label, Block.label)
        .join(Case, Case.id == Slide.case_id)
        .join(Block, Block.id == Slide.block_id)
        .join(Specimen, Specimen.id == Block.specimen_id)
        .where(Slide.case_id.in_(case_ids), Slide.status.in_(AWAITING_FILE))
        .order_by(Specimen.label, Block.label, Slide.label, Slide.id)
    )
    return [PlacedSlide(*row) for row in tx.session.execute(query)]


def carrying(tx: Transaction, barcodes: Sequence[str]) -> list[PlacedSlide]:
    """Slides that stand in a block and carry one of these barcodes."""
    query = (
        select(Slide, Case.accession_number, Specimen.label, Block.label)
        .join(Case, Case.id == Slide.case_id)
        .join(Block, Block.id == Slide.block_id)
        .join(Specimen, Specimen.id == Block.specimen_id)
        .where(Slide.barcode.in_(barcodes))
        .order_by(Slide.id)
    )
    return [PlacedSlide(*row) for row in tx.session.execute(query)]


def state_in_queue(slide: Slide) -> QueueState | None:
    """The part of the queue that a slide is in; None where it is in none (it stands in a block, or is expected)."""
    if slide.set_aside_at is not None:
        return "set_aside"
    if slide.status == "failed":
        return "failed" if slide.block_id is None else None
    return "waiting" if slide.status == "unmatched" else None


def one(tx: Transaction, slide_id: UUID) -> Slide | None:
    """A slide of the queue with readings loaded, in whatever part of the queue it is; None where it is in none."""
    query = select(Slide).where(Slide.id == slide_id).options(selectinload(Slide.readings))
    found = tx.session.scalar(query.execution_options(populate_existing=True))
    return None if found is None or state_in_queue(found) is None else found


def _in_state(state: QueueState) -> ColumnElement[bool]:
    if state == "set_aside":
        return Slide.set_aside_at.is_not(None)
    if state == "failed":
        return and_(Slide.status == "failed", Slide.block_id.is_(None), Slide.set_aside_at.is_(None))
    return and_(Slide.status == "unmatched", Slide.set_aside_at.is_(None))
