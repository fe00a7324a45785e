"""Cases: one accession of the pathology department, from registration to sign-out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Computed, DateTime, Index, Integer, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from coverslip.records.models.base import Base, Identifier, Now, OfOrganization, one_of, within
from coverslip.records.models.patient import Patient
from coverslip.records.models.person import Person
from coverslip.records.models.slide import Slide
from coverslip.records.models.specimen import Specimen

CASE_STATUSES = (
    "registered", "awaiting_slides", "ready", "in_reading", "drafted", "signed", "amending", "cancelled",
)  # fmt: skip
PRIORITIES = ("routine", "urgent", "frozen")


def _rank(column: str, values: tuple[str, ...]) -> Computed:
    """The place of a word in its order, so that an index can sort by it."""
    places = " ".join(f"WHEN '{value}' THEN {place}" for place, value in enumerate(values))
    return Computed(f"CASE {column} {places} END", persisted=True)


class Case(OfOrganization, Base):
    """One accession; `revision` grows with every change and guards against lost updates."""

    __tablename__ = "cases"
    __table_args__ = (
        within("patient_id", "patients"),
        within("assigned_to_id", "people"),
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "accession_number"),
        Index(None, "organization_id", "status", "received_at"),
        Index(None, "organization_id", "received_at", "id"),
        Index(None, "organization_id", "priority_rank", "received_at", "id"),
        Index(None, "organization_id", "status_rank", "received_at", "id"),
        Index(None, "organization_id", "assigned_to_id", "received_at", "id"),
        Index(
            "ix_cases_open_by_assignee",
            "organization_id",
            "assigned_to_id",
            "received_at",
            "id",
            postgresql_where=text("status NOT IN ('signed', 'cancelled')"),
        ),
        Index(None, "organization_id", "accession_key"),
        Index(None, "organization_id", "accession_tail"),
        Index(None, "patient_id"),
        Index(None, "assigned_to_id"),
        one_of("status", CASE_STATUSES),
        one_of("priority", PRIORITIES),
    )

    id: Mapped[Identifier]
    accession_number: Mapped[str]
    patient_id: Mapped[UUID]
    status: Mapped[str] = mapped_column(server_default="registered")
    priority: Mapped[str] = mapped_column(server_default="routine")
    department: Mapped[str] = mapped_column(server_default="")
    submitted_by: Mapped[str] = mapped_column(server_default="")
    clinical_history: Mapped[str] = mapped_column(server_default="")
    clinical_diagnosis: Mapped[str] = mapped_column(server_default="")
    received_at: Mapped[Now]
    assigned_to_id: Mapped[UUID | None]
    assigned_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    signed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revision: Mapped[int] = mapped_column(Integer, server_default=text("1"))

    priority_rank: Mapped[int | None] = mapped_column(SmallInteger, _rank("priority", PRIORITIES))
    status_rank: Mapped[int | None] = mapped_column(SmallInteger, _rank("status", CASE_STATUSES))
    accession_key: Mapped[str | None] = mapped_column(
        Text(collation="C"), Computed("lower(accession_number)", persisted=True)
    )
    """What a search by the number's beginning is compared with; see `Patient` for why it is stored."""
    accession_tail: Mapped[str | None] = mapped_column(
        Text(collation="C"), Computed("ltrim(\"substring\"(accession_number, '[0-9]+$'), '0')", persisted=True)
    )
    """The running number without its leading zeros, which is what people say: 18734 of 2026-018734."""

    patient: Mapped[Patient] = relationship(
        lazy="raise", viewonly=True, primaryjoin=lambda: foreign(Case.patient_id) == Patient.id
    )
    assigned_to: Mapped[Person | None] = relationship(
        lazy="raise", viewonly=True, primaryjoin=lambda: foreign(Case.assigned_to_id) == Person.id
    )
    specimens: Mapped[list[Specimen]] = relationship(
        lazy="raise",
        viewonly=True,
        order_by=lambda: Specimen.label,
        primaryjoin=lambda: Case.id == foreign(Specimen.case_id),
    )
    slides: Mapped[list[Slide]] = relationship(
        lazy="raise",
        viewonly=True,
        order_by=lambda: Slide.label,
        primaryjoin=lambda: Case.id == foreign(Slide.case_id),
    )
