"""The register of stored bytes: what ought to be in the blob store."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Uuid
from sqlalchemy.orm import Mapped, mapped_column

from coverslip.records.models.base import CURRENT_ORGANIZATION, Base, Now, Size, of_directory


class Blob(Base):
    """Bytes of one hospital, named by their SHA-256."""

    __tablename__ = "blobs"
    __table_args__ = (of_directory(),)

    organization_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, server_default=CURRENT_ORGANIZATION)
    digest: Mapped[str] = mapped_column(primary_key=True)
    size_bytes: Mapped[Size]
    media_type: Mapped[str]
    created_at: Mapped[Now]
