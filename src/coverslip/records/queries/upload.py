"""Uploads of the transaction's organization: batches of files that people send by their browser."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import selectinload

from coverslip.records.models import Block, Case, Slide, Specimen, Upload, UploadBatch
from coverslip.records.queries.slide import PlacedSlide
from coverslip.records.transaction import Transaction

LIVING = ("receiving", "received")
"""Statuses of uploads whose bytes are kept."""


def lock_sender(tx: Transaction, person_id: UUID) -> None:
    """One new file of a person at a time, until the transaction ends."""
    key = f"coverslip.upload:{person_id}"
    tx.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def batch_by_key(tx: Transaction, person_id: UUID, key: str) -> UploadBatch | None:
    """A person's batch by the name the sender gave it, with its files; locked."""
    query = select(UploadBatch).where(UploadBatch.person_id == person_id, UploadBatch.key == key)
    query = query.options(selectinload(UploadBatch.parts)).execution_options(populate_existing=True)
    return tx.session.scalar(query.with_for_update())


def batch(tx: Transaction, batch_id: UUID) -> UploadBatch | None:
    """One batch with its files, freshly read; locked until the transaction ends."""
    query = select(UploadBatch).where(UploadBatch.id == batch_id).options(selectinload(UploadBatch.parts))
    return tx.session.scalar(query.with_for_update().execution_options(populate_existing=True))


def add_batch(
    tx: Transaction, *, person_id: UUID, key: str, name: str, files: int, case_id: UUID | None, expires_at: datetime
) -> UploadBatch:
    """Insert a batch that waits for its files."""
    return tx.add(
        UploadBatch(
            organization_id=tx.organization_id,
            person_id=person_id,
            key=key,
            name=name,
            files=files,
            case_id=case_id,
            expires_at=expires_at,
        )
    )


def add_upload(tx: Transaction, *, batch_id: UUID, person_id: UUID, name: str, size_bytes: int) -> Upload:
    """Insert a file that waits for its bytes."""
    return tx.add(
        Upload(
            organization_id=tx.organization_id,
            batch_id=batch_id,
            person_id=person_id,
            name=name,
            size_bytes=size_bytes,
        )
    )


def upload(tx: Transaction, upload_id: UUID, person_id: UUID) -> tuple[Upload, UploadBatch] | None:
    """One file of this person and its batch, freshly read; the batch is locked until the transaction ends."""
    mine = (Upload.id == upload_id, Upload.person_id == person_id)
    batch_id = tx.session.scalar(select(Upload.batch_id).where(*mine))
    found = batch(tx, batch_id) if batch_id is not None else None
    if found is None:
        return None
    row = tx.session.scalar(select(Upload).where(*mine).execution_options(populate_existing=True))
    return None if row is None else (row, found)


def parts(tx: Transaction, batch_id: UUID) -> list[Upload]:
    """The files of a batch by name."""
    query = select(Upload).where(Upload.batch_id == batch_id).order_by(Upload.name, Upload.id)
    return list(tx.session.scalars(query))


def batches_of(tx: Transaction, person_id: UUID, limit: int) -> list[UploadBatch]:
    """A person's newest batches with their files, newest first."""
    query = (
        select(UploadBatch)
        .where(UploadBatch.person_id == person_id)
        .options(selectinload(UploadBatch.parts))
        .order_by(UploadBatch.created_at.desc(), UploadBatch.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return list(tx.session.scalars(query))


def batch_ids(tx: Transaction) -> set[UUID]:
    """Ids of the organization's batches whose files may be needed."""
    unfinished = UploadBatch.status.in_(("receiving", "queued", "taking_in", "failed"))
    return set(tx.session.scalars(select(UploadBatch.id).where(unfinished)))


def bytes_announced(tx: Transaction) -> int:
    """Bytes that unfinished uploads of the organization were announced with."""
    query = select(func.coalesce(func.sum(Upload.size_bytes), 0)).where(Upload.status == "receiving")
    return int(tx.session.scalar(query) or 0)


def slides_named(tx: Transaction, slide_ids: Sequence[UUID]) -> dict[UUID, PlacedSlide]:
    """Slides by id, with the labels of their places."""
    query = (
        select(Slide, Case.accession_number, Specimen.label, Block.label)
        .outerjoin(Case, Case.id == Slide.case_id)
        .outerjoin(Block, Block.id == Slide.block_id)
        .outerjoin(Specimen, Specimen.id == Block.specimen_id)
        .where(Slide.id.in_(slide_ids))
    )
    return {row[0].id: PlacedSlide(*row) for row in tx.session.execute(query)}
