"""Cases: one accession of the pathology department, from registration to sign-out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Index, Integer, UniqueConstraint, text
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
