"""Slides, expected or received, and the files each one is made of."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from coverslip.records.models.base import Base, Identifier, Now, OfOrganization, Size, of_directory, one_of, within
from coverslip.records.models.reading import Reading
from coverslip.vocabulary.markers import ControlStatus

SLIDE_STATUSES = ("expected", "receiving", "ready", "failed", "unmatched")


class Slide(OfOrganization, Base):
    """One glass slide; without case and block until it is matched."""

    __tablename__ = "slides"
    __table_args__ = (
        of_directory(),
        within("case_id", "cases"),
        within("block_id", "blocks"),
        within("received_by", "people"),
        within("set_aside_by", "people"),
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "content_digest"),
        Index(None, "case_id"),
        Index(None, "block_id"),
        Index(None, "organization_id", "barcode"),
        Index(None, "organization_id", "status"),
        Index("ix_slides_queue", "organization_id", "received_at", "id", postgresql_where=text("status = 'unmatched'")),
        one_of("status", SLIDE_STATUSES),
        one_of("control_status", ControlStatus),
    )

    id: Mapped[Identifier]
    case_id: Mapped[UUID | None]
    block_id: Mapped[UUID | None]
    label: Mapped[str]
    barcode: Mapped[str | None]
    stain: Mapped[str]
    marker: Mapped[str | None]
    clone: Mapped[str | None]
    control_status: Mapped[str] = mapped_column(server_default="unknown")
    status: Mapped[str] = mapped_column(server_default="expected")
    failure_code: Mapped[str | None]
    failure_detail: Mapped[str | None]
    content_digest: Mapped[str | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    original_name: Mapped[str | None]
    properties: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    companion_digest: Mapped[str | None]
    """Of the file with the levels that the slide's own lacks (`slides.companion`)."""
    matching: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    received_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    received_by: Mapped[UUID | None]
    opened_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When somebody looked at it last, to the hour."""
    created_at: Mapped[Now]
    set_aside_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    set_aside_by: Mapped[UUID | None]
    set_aside_reason: Mapped[str | None]

    files: Mapped[list[SlideFile]] = relationship(
        lazy="raise",
        viewonly=True,
        order_by=lambda: SlideFile.position,
        primaryjoin=lambda: Slide.id == foreign(SlideFile.slide_id),
    )
    readings: Mapped[list[Reading]] = relationship(
        lazy="raise",
        viewonly=True,
        order_by=lambda: Reading.requested_at,
        primaryjoin=lambda: Slide.id == foreign(Reading.slide_id),
    )


class SlideFile(OfOrganization, Base):
    """One file of a slide; a DICOM slide has several."""

    __tablename__ = "slide_files"
    __table_args__ = (
        within("slide_id", "slides"),
        UniqueConstraint("slide_id", "position"),
        Index(None, "organization_id", "digest"),
    )

    id: Mapped[Identifier]
    slide_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str]
    digest: Mapped[str]
    size_bytes: Mapped[Size]
