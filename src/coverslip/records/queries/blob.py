"""The register of stored bytes of the transaction's organization, and who needs them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Subquery, exists, func, join, literal, or_, select, true, union_all
from sqlalchemy.dialects.postgresql import insert

from coverslip.records.models import Blob, Reading, Report, Slide, SlideFile
from coverslip.records.transaction import Transaction

PICTURE = "image/jpeg"


@dataclass(frozen=True, slots=True)
class Reference:
    """A row that needs some bytes."""

    object_type: str
    object_id: UUID
    digest: str


def register_blob(tx: Transaction, digest: str, size_bytes: int, media_type: str) -> None:
    """Note that the store holds these bytes for the organization; once, however many ask at the same time."""
    tx.session.execute(
        insert(Blob)
        .values(organization_id=tx.organization_id, digest=digest, size_bytes=size_bytes, media_type=media_type)
        .on_conflict_do_nothing()
    )


def all_blobs(tx: Transaction) -> list[Blob]:
    """Every entry of the register, by digest."""
    return list(tx.session.scalars(select(Blob).order_by(Blob.digest)))


def unregistered_references(tx: Transaction) -> list[Reference]:
    """Rows that need bytes the register does not know."""
    needed = _needed()
    query = (
        select(needed)
        .outerjoin(Blob, Blob.digest == needed.c.digest)
        .where(needed.c.digest.is_not(None), Blob.digest.is_(None))
        .order_by(needed.c.object_type, needed.c.object_id)
    )
    return [Reference(*row) for row in tx.session.execute(query)]


def needed_elsewhere(tx: Transaction, digests: Collection[str], slide_ids: Collection[UUID]) -> set[str]:
    """Of these digests, those that a row other than these slides needs."""
    needed = _needed()
    elsewhere = or_(needed.c.object_type != "slide", needed.c.object_id.not_in(slide_ids))
    found = tx.session.scalars(select(needed.c.digest).where(needed.c.digest.in_(digests), elsewhere))
    return {digest for digest in found if digest is not None}


def unneeded_blobs(tx: Transaction, before: datetime) -> list[Blob]:
    """Entries of the register, made before then, that no row needs.

    Pictures are left out: those of signed reports are named in the reports' stored content, not in a row.
    """
    needed = _needed()
    query = select(Blob).where(Blob.created_at < before, Blob.media_type != PICTURE).order_by(Blob.digest)
    return list(tx.session.scalars(query.where(~exists().where(needed.c.digest == Blob.digest))))


def _needed() -> Subquery:
    """Every row that needs bytes: `object_type`, `object_id`, `digest` (which may be null)."""
    pictures = func.jsonb_each_text(Slide.properties["pictures"]).table_valued("key", "value").lateral("pictures")
    return union_all(
        select(literal("slide").label("object_type"), SlideFile.slide_id.label("object_id"), SlideFile.digest),
        select(literal("slide"), Slide.id, Slide.companion_digest),
        select(literal("slide"), Slide.id, pictures.c.value).select_from(join(Slide, pictures, true())),
        select(literal("reading"), Reading.id, Reading.cells_digest),
        select(literal("report"), Report.id, Report.content_digest),
        select(literal("report"), Report.id, Report.pdf_digest_zh),
        select(literal("report"), Report.id, Report.pdf_digest_en),
    ).subquery()
