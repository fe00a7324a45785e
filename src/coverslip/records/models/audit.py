"""The audit trail: one chain of events for each organization, written only through the database's own function."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from coverslip.records.models.base import Base, Moment, of_directory, one_of
from coverslip.records.models.person import Person

OUTCOMES = ("success", "denied", "failed")


class AuditEvent(Base):
    """Who did what to which object, when and from where; `hash` covers the event and the hash before it."""

    __tablename__ = "audit_events"
    __table_args__ = (
        of_directory(),
        Index(None, "organization_id", "case_id", "number"),
        Index(None, "organization_id", "person_id", "number"),
        Index(None, "organization_id", "at"),
        one_of("outcome", OUTCOMES),
    )

    organization_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[Moment]
    person_id: Mapped[UUID | None]
    session_id: Mapped[UUID | None]
    address: Mapped[str | None]
    action: Mapped[str]
    object_type: Mapped[str]
    object_id: Mapped[UUID | None]
    case_id: Mapped[UUID | None]
    outcome: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB)
    previous_hash: Mapped[str]
    hash: Mapped[str]

    person: Mapped[Person | None] = relationship(
        lazy="raise", viewonly=True, primaryjoin=lambda: foreign(AuditEvent.person_id) == Person.id
    )
