"""How bytes are kept: rules about tiers and retention, legal holds, checks of every byte and what they found."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, DateTime, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from coverslip.records.models.base import Base, Identifier, Now, OfOrganization, of_directory, one_of, within

RULE_ACTIONS = ("cold", "retain")
PLACES = ("hot", "cold", "replica")
FINDING_KINDS = ("wrong", "missing")
FINDING_STATUSES = ("open", "repaired", "gone")
_MEANT = (
    "(action = 'cold' AND idle_days >= 1 AND keep_years IS NULL AND NOT automatic)"
    " OR (action = 'retain' AND keep_years >= 1 AND idle_days IS NULL)"
)


class StorageRule(OfOrganization, Base):
    """`cold`: slides not opened for `idle_days` go to the cold place. `retain`: all are kept for `keep_years`.

    `case_status` None: of any status. A rule is never changed, only ended, so that what was in force can be told.
    """

    __tablename__ = "storage_rules"
    __table_args__ = (
        of_directory(),
        within("created_by", "people"),
        within("ended_by", "people"),
        UniqueConstraint("organization_id", "id"),
        one_of("action", RULE_ACTIONS),
        CheckConstraint(_MEANT, name="meant"),
    )

    id: Mapped[Identifier]
    action: Mapped[str]
    case_status: Mapped[str | None]
    idle_days: Mapped[int | None] = mapped_column(Integer)
    keep_years: Mapped[int | None] = mapped_column(Integer)
    back_when_opened: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    automatic: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    created_by: Mapped[UUID]
    created_at: Mapped[Now]
    ended_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class LegalHold(OfOrganization, Base):
    """The bytes of a case or a slide must not be removed until somebody releases them."""

    __tablename__ = "legal_holds"
    __table_args__ = (
        of_directory(),
        within("case_id", "cases"),
        within("slide_id", "slides"),
        within("placed_by", "people"),
        within("released_by", "people"),
        UniqueConstraint("organization_id", "id"),
        CheckConstraint("num_nonnulls(case_id, slide_id) = 1", name="object"),
        Index(None, "case_id", postgresql_where=text("released_at IS NULL")),
        Index(None, "slide_id", postgresql_where=text("released_at IS NULL")),
    )

    id: Mapped[Identifier]
    case_id: Mapped[UUID | None]
    slide_id: Mapped[UUID | None]
    reason: Mapped[str]
    placed_by: Mapped[UUID]
    placed_at: Mapped[Now]
    released_by: Mapped[UUID | None]
    released_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    release_reason: Mapped[str | None]


class FixityCheck(OfOrganization, Base):
    """One run over stored bytes. `asked_by` None: the schedule."""

    __tablename__ = "fixity_checks"
    __table_args__ = (
        of_directory(),
        within("asked_by", "people"),
        UniqueConstraint("organization_id", "id"),
        Index(None, "organization_id", "started_at"),
    )

    id: Mapped[Identifier]
    asked_by: Mapped[UUID | None]
    started_at: Mapped[Now]
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    checked: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    checked_bytes: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    wrong: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    missing: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    repaired: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    unreadable: Mapped[int] = mapped_column(Integer, server_default=text("0"))


class FixityFinding(OfOrganization, Base):
    """Bytes that were not what their name says, or not there, in one place.

    `check_id` None: found while a second copy was made. `aside`: where the damaged bytes lie until a person releases
    them. `gone`: a later check found it right again.
    """

    __tablename__ = "fixity_findings"
    __table_args__ = (
        of_directory(),
        within("check_id", "fixity_checks"),
        within("released_by", "people"),
        UniqueConstraint("organization_id", "id"),
        one_of("place", PLACES),
        one_of("kind", FINDING_KINDS),
        one_of("status", FINDING_STATUSES),
        Index(
            "ix_fixity_findings_open",
            "organization_id",
            "digest",
            "place",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
    )

    id: Mapped[Identifier]
    check_id: Mapped[UUID | None]
    digest: Mapped[str]
    place: Mapped[str]
    kind: Mapped[str]
    found: Mapped[str | None]
    found_at: Mapped[Now]
    status: Mapped[str] = mapped_column(server_default="open")
    repaired_from: Mapped[str | None]
    aside: Mapped[str | None]
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    released_by: Mapped[UUID | None]
    released_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
