"""Reports of the transaction's organization, and what they cite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from coverslip.records.models import Blob, Report, Review, Slide
from coverslip.records.models import Reading as ReadingRow
from coverslip.records.transaction import Transaction

_LOADED = (joinedload(Report.author), joinedload(Report.signer))


def reports_of_case(tx: Transaction, case_id: UUID) -> list[Report]:
    """Every version of a case's report, newest first, with author and signer, freshly read."""
    query = (
        select(Report)
        .where(Report.case_id == case_id)
        .options(*_LOADED)
        .order_by(Report.version.desc())
        .execution_options(populate_existing=True)
    )
    return list(tx.session.scalars(query))


def report(tx: Transaction, report_id: UUID) -> Report | None:
    """One version with author and signer, freshly read."""
    query = select(Report).where(Report.id == report_id).options(*_LOADED).execution_options(populate_existing=True)
    return tx.session.scalar(query)


def signed_reports(tx: Transaction) -> list[Report]:
    """Every signed or superseded version of the organization, by time of signing, with author and signer."""
    query = select(Report).where(Report.status != "draft").options(*_LOADED).order_by(Report.signed_at, Report.id)
    return list(tx.session.scalars(query))


def add_draft(
    tx: Transaction,
    case_id: UUID,
    *,
    version: int,
    created_by: UUID,
    diagnosis: str,
    microscopy: str,
    gross: str,
    comment: str,
    reading_ids: Sequence[UUID],
    key_images: Sequence[dict[str, Any]],
    amends_report_id: UUID | None = None,
    amendment_reason: str | None = None,
) -> Report:
    """Insert a draft; the database allows one a case."""
    return tx.add(
        Report(
            organization_id=tx.organization_id,
            case_id=case_id,
            version=version,
            status="draft",
            created_by=created_by,
            diagnosis=diagnosis,
            microscopy=microscopy,
            gross=gross,
            comment=comment,
            reading_ids=list(reading_ids),
            key_images=list(key_images),
            amends_report_id=amends_report_id,
            amendment_reason=amendment_reason,
        )
    )


def touch(tx: Transaction, row: Report) -> None:
    """Raise the revision of a changed draft and note the time."""
    row.revision += 1
    row.updated_at = tx.session.scalar(select(func.now())) or row.updated_at
    tx.flush()


def readings_cited(tx: Transaction, reading_ids: Sequence[UUID]) -> dict[UUID, ReadingRow]:
    """Readings by id with their reviews and the people who made them."""
    query = (
        select(ReadingRow)
        .where(ReadingRow.id.in_(reading_ids))
        .options(selectinload(ReadingRow.reviews).joinedload(Review.person))
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in tx.session.scalars(query)}


def lock_readings(tx: Transaction, reading_ids: Sequence[UUID]) -> None:
    """Let nobody decide on these readings or edit them until the transaction ends."""
    query = select(ReadingRow.id).where(ReadingRow.id.in_(reading_ids)).order_by(ReadingRow.id)
    tx.session.execute(query.with_for_update())


def slides_cited(tx: Transaction, slide_ids: Sequence[UUID]) -> dict[UUID, Slide]:
    """Slides by id with their files."""
    query = select(Slide).where(Slide.id.in_(slide_ids)).options(selectinload(Slide.files))
    return {row.id: row for row in tx.session.scalars(query)}


def blob_registered(tx: Transaction, digest: str) -> bool:
    """Whether the register of stored bytes has the digest."""
    return tx.session.scalar(select(Blob.digest).where(Blob.digest == digest)) is not None


def register_blob(tx: Transaction, digest: str, size_bytes: int, media_type: str) -> None:
    """Enter stored bytes into the register, once."""
    if not blob_registered(tx, digest):
        tx.add(Blob(organization_id=tx.organization_id, digest=digest, size_bytes=size_bytes, media_type=media_type))
