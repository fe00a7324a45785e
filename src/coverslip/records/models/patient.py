"""Patients, as the hospital's number names them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from coverslip.records.models.base import Base, Identifier, OfOrganization, of_directory, one_of

SEXES = ("male", "female", "other", "unknown")


class Patient(OfOrganization, Base):
    """A patient of one hospital."""

    __tablename__ = "patients"
    __table_args__ = (
        of_directory(),
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "patient_number"),
        one_of("sex", SEXES),
    )

    id: Mapped[Identifier]
    patient_number: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str | None]
    sex: Mapped[str] = mapped_column(server_default="unknown")
    birth_date: Mapped[date | None]
