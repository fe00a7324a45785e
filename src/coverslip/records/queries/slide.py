"""Slides of the transaction's organization."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from coverslip.records.models import Slide
from coverslip.records.transaction import Transaction


def slide(tx: Transaction, slide_id: UUID) -> Slide | None:
    """One slide with its files."""
    return tx.session.scalar(select(Slide).options(selectinload(Slide.files)).where(Slide.id == slide_id))
