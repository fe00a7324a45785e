"""Slides of the transaction's organization."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from coverslip.records.models import Slide
from coverslip.records.transaction import Transaction


def slide(tx: Transaction, slide_id: UUID) -> Slide | None:
    """One slide."""
    return tx.session.scalar(select(Slide).where(Slide.id == slide_id))
