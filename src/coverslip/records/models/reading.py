"""Marker readings by the computer, and what the pathologist made of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Double, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from coverslip.records.models.base import Base, Identifier, Json, Now, OfOrganization, one_of, within
from coverslip.records.models.person import Person

READING_STATUSES = ("queued", "running", "finished", "failed", "cancelled")
DECISIONS = ("pending", "accepted", "edited", "rejected")
REVIEW_ACTIONS = ("accept", "edit", "reject")


class Reading(OfOrganization, Base):
    """One run of an algorithm; `result` is the computer's and never changes once written."""

    __tablename__ = "readings"
    __table_args__ = (
        within("case_id", "cases"),
        within("slide_id", "slides"),
        within("requested_by", "people"),
        UniqueConstraint("organization_id", "id"),
        Index(None, "case_id"),
        Index(None, "slide_id"),
        one_of("status", READING_STATUSES),
        one_of("decision", DECISIONS),
    )

    id: Mapped[Identifier]
    case_id: Mapped[UUID | None]
    slide_id: Mapped[UUID]
    marker: Mapped[str]
    algorithm: Mapped[str]
    algorithm_version: Mapped[str]
    model_digest: Mapped[str | None]
    profile: Mapped[str]
    profile_version: Mapped[str]
    parameters: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
    region: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    status: Mapped[str] = mapped_column(server_default="queued")
    tiles_done: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    tiles_total: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    cancel_requested: Mapped[bool] = mapped_column(server_default=text("false"))
    requested_by: Mapped[UUID]
    requested_at: Mapped[Now]
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    cells_digest: Mapped[str | None]
    edits: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    edited_result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    decision: Mapped[str] = mapped_column(server_default="pending")
    error_code: Mapped[str | None]
    error_detail: Mapped[str | None]
    seconds: Mapped[float | None] = mapped_column(Double)

    requester: Mapped[Person] = relationship(
        lazy="raise", viewonly=True, primaryjoin=lambda: foreign(Reading.requested_by) == Person.id
    )
    reviews: Mapped[list[Review]] = relationship(
        lazy="raise",
        viewonly=True,
        order_by=lambda: Review.created_at,
        primaryjoin=lambda: Reading.id == foreign(Review.reading_id),
    )


class Review(OfOrganization, Base):
    """One decision of one person about one reading; kept for good."""

    __tablename__ = "reviews"
    __table_args__ = (
        within("reading_id", "readings"),
        within("person_id", "people"),
        Index(None, "reading_id"),
        one_of("action", REVIEW_ACTIONS),
    )

    id: Mapped[Identifier]
    reading_id: Mapped[UUID]
    person_id: Mapped[UUID]
    action: Mapped[str]
    reason: Mapped[str | None]
    edits: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[Now]

    person: Mapped[Person] = relationship(
        lazy="raise", viewonly=True, primaryjoin=lambda: foreign(Review.person_id) == Person.id
    )
