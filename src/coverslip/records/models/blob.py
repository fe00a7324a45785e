"""The register of stored bytes: what ought to be in the blob store."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Index, Integer, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from coverslip.records.models.base import CURRENT_ORGANIZATION, Base, Now, Size, of_directory, one_of

TIERS = ("hot", "cold")


class Blob(Base):
    """Bytes of one hospital, named by their SHA-256."""

    __tablename__ = "blobs"
    __table_args__ = (
        of_directory(),
        one_of("tier", TIERS),
        one_of("moving_to", TIERS),
        Index("ix_blobs_moving", "organization_id", postgresql_where=text("moving_to IS NOT NULL")),
        Index("ix_blobs_not_replicated", "organization_id", postgresql_where=text("replicated_at IS NULL")),
        Index("ix_blobs_checked", "organization_id", text("coalesce(checked_at, created_at)")),
    )

    organization_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, server_default=CURRENT_ORGANIZATION)
    digest: Mapped[str] = mapped_column(primary_key=True)
    size_bytes: Mapped[Size]
    media_type: Mapped[str]
    created_at: Mapped[Now]
    tier: Mapped[str] = mapped_column(server_default="hot")
    moving_to: Mapped[str | None]
    """Where it is being moved; both places may hold it meanwhile."""
    checked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When all its bytes were last compared with its digest."""
    replicated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    replica_failure: Mapped[str | None]
    replica_attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    """How often the second copy has failed since it was last there."""
    replica_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """Not tried again before."""
