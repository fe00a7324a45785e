"""Annotations of the transaction's organization."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from coverslip.records.models import Annotation
from coverslip.records.transaction import Transaction


def annotations_of_slide(tx: Transaction, slide_id: UUID) -> list[Annotation]:
    """Those not deleted, with who drew them, oldest first."""
    query = (
        select(Annotation)
        .options(joinedload(Annotation.person))
        .where(Annotation.slide_id == slide_id, Annotation.deleted_at.is_(None))
        .order_by(Annotation.created_at, Annotation.id)
    )
    return list(tx.session.scalars(query))


def annotation(tx: Transaction, annotation_id: UUID) -> Annotation | None:
    """One annotation with who drew it, deleted or not; freshly read."""
    query = (
        select(Annotation)
        .options(joinedload(Annotation.person))
        .where(Annotation.id == annotation_id)
        .execution_options(populate_existing=True)
    )
    return tx.session.scalar(query)


def add_annotation(
    tx: Transaction, slide_id: UUID, person_id: UUID, kind: str, geometry: dict[str, Any], text: str
) -> Annotation:
    """Insert an annotation; returned with who drew it."""
    made = tx.add(
        Annotation(
            organization_id=tx.organization_id,
            slide_id=slide_id,
            person_id=person_id,
            kind=kind,
            geometry=geometry,
            text=text,
        )
    )
    found = annotation(tx, made.id)
    assert found is not None
    return found
