"""What people send by their browser: a batch is what becomes one slide (or fails to), its files are tus uploads."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from coverslip.records.models.base import (
    Base,
    Identifier,
    Moment,
    Now,
    OfOrganization,
    Size,
    of_directory,
    one_of,
    within,
)

BATCH_STATUSES = ("receiving", "queued", "taking_in", "finished", "failed", "aborted", "expired")
UPLOAD_STATUSES = ("receiving", "received", "aborted", "expired")
_LIVING = "status IN ('receiving', 'received')"


class UploadBatch(OfOrganization, Base):
    """Files that one person sends together. `key`: the name the sender gave the batch, one for each person."""

    __tablename__ = "upload_batches"
    __table_args__ = (
        of_directory(),
        within("person_id", "people"),
        within("case_id", "cases"),
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "person_id", "key"),
        Index(None, "organization_id", "person_id", "created_at"),
        one_of("status", BATCH_STATUSES),
    )

    id: Mapped[Identifier]
    person_id: Mapped[UUID]
    key: Mapped[str]
    name: Mapped[str]
    files: Mapped[int] = mapped_column(Integer)
    case_id: Mapped[UUID | None]
    status: Mapped[str] = mapped_column(server_default="receiving")
    results: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    failure_code: Mapped[str | None]
    failure_detail: Mapped[str | None]
    created_at: Mapped[Now]
    expires_at: Mapped[Moment]
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    parts: Mapped[list[Upload]] = relationship(
        lambda: Upload,
        primaryjoin=lambda: foreign(Upload.batch_id) == UploadBatch.id,
        order_by=lambda: Upload.name,
        lazy="raise",
        viewonly=True,
    )


class Upload(OfOrganization, Base):
    """One file of a batch. Its bytes received are the size of its file in the spool, never a number kept here."""

    __tablename__ = "uploads"
    __table_args__ = (
        of_directory(),
        within("batch_id", "upload_batches"),
        within("person_id", "people"),
        UniqueConstraint("organization_id", "id"),
        Index("ix_uploads_batch_id_name", "batch_id", "name", unique=True, postgresql_where=text(_LIVING)),
        one_of("status", UPLOAD_STATUSES),
    )

    id: Mapped[Identifier]
    batch_id: Mapped[UUID]
    person_id: Mapped[UUID]
    name: Mapped[str]
    size_bytes: Mapped[Size]
    status: Mapped[str] = mapped_column(server_default="receiving")
    created_at: Mapped[Now]
    received_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
