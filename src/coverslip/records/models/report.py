"""Reports: drafts, signed versions and what they replaced."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, Integer, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from coverslip.records.models.base import Base, Identifier, Now, OfOrganization, one_of, within
from coverslip.records.models.person import Person

REPORT_STATUSES = ("draft", "signed", "superseded")


class Report(OfOrganization, Base):
    """One version of a case's report; the database refuses any change of a signed one but being superseded."""

    __tablename__ = "reports"
    __table_args__ = (
        within("case_id", "cases"),
        within("created_by", "people"),
        within("signed_by", "people"),
        within("amends_report_id", "reports"),
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("case_id", "version"),
        Index("uq_reports_one_draft_a_case", "case_id", unique=True, postgresql_where=text("status = 'draft'")),
        one_of("status", REPORT_STATUSES),
        CheckConstraint(
            "status = 'draft' OR (signed_by IS NOT NULL AND signed_at IS NOT NULL AND meaning IS NOT NULL"
            " AND content_digest IS NOT NULL)",
            name="signature_complete",
        ),
    )

    id: Mapped[Identifier]
    case_id: Mapped[UUID]
    version: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(server_default="draft")
    diagnosis: Mapped[str] = mapped_column(server_default="")
    microscopy: Mapped[str] = mapped_column(server_default="")
    gross: Mapped[str] = mapped_column(server_default="")
    comment: Mapped[str] = mapped_column(server_default="")
    reading_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'::uuid[]"))
    key_images: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    revision: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    created_by: Mapped[UUID]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]
    signed_by: Mapped[UUID | None]
    signed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    meaning: Mapped[str | None]
    content_digest: Mapped[str | None]
    pdf_digest_zh: Mapped[str | None]
    pdf_digest_en: Mapped[str | None]
    amends_report_id: Mapped[UUID | None]
    amendment_reason: Mapped[str | None]

    author: Mapped[Person] = relationship(
        lazy="raise", viewonly=True, primaryjoin=lambda: foreign(Report.created_by) == Person.id
    )
    signer: Mapped[Person | None] = relationship(
        lazy="raise", viewonly=True, primaryjoin=lambda: foreign(Report.signed_by) == Person.id
    )
