"""Sign-ins: sessions held by the server, and every attempt that was made."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from coverslip.records.models.base import Base, Identifier, Moment, Now, OfOrganization, within


class Session(OfOrganization, Base):
    """One sign-in; the token itself is only in the browser's cookie, here stands its SHA-256."""

    __tablename__ = "sessions"
    __table_args__ = (
        within("person_id", "people"),
        UniqueConstraint("organization_id", "id"),
        Index(None, "person_id", postgresql_where=text("revoked_at IS NULL")),
    )

    id: Mapped[Identifier]
    person_id: Mapped[UUID]
    token_hash: Mapped[str] = mapped_column(unique=True)
    csrf_token: Mapped[str]
    created_at: Mapped[Now]
    last_seen_at: Mapped[Now]
    expires_at: Mapped[Moment]
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    address: Mapped[str | None]
    user_agent: Mapped[str | None]


class LoginAttempt(Base):
    """One attempt to sign in, counted to slow down guessing; made before any organization is known."""

    __tablename__ = "login_attempts"
    __table_args__ = (Index(None, "username", "at"), Index(None, "address", "at"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    username: Mapped[str]
    address: Mapped[str | None]
    at: Mapped[Now]
    succeeded: Mapped[bool]
