"""What was cut out, and the blocks embedded from it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Double, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from coverslip.records.models.base import Base, Identifier, OfOrganization, within
from coverslip.records.models.slide import Slide


class Specimen(OfOrganization, Base):
    """One piece of tissue of a case; an unknown fixation time stays NULL, it is never assumed."""

    __tablename__ = "specimens"
    __table_args__ = (
        within("case_id", "cases"),
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("case_id", "label"),
    )

    id: Mapped[Identifier]
    case_id: Mapped[UUID]
    label: Mapped[str]
    site_code: Mapped[str]
    site_zh: Mapped[str] = mapped_column(server_default="")
    site_en: Mapped[str] = mapped_column(server_default="")
    procedure: Mapped[str]
    tumour_type: Mapped[str | None]
    fixation_hours: Mapped[float | None] = mapped_column(Double)
    cold_ischaemia_minutes: Mapped[float | None] = mapped_column(Double)
    gross_description: Mapped[str] = mapped_column(server_default="")

    blocks: Mapped[list[Block]] = relationship(
        lazy="raise",
        viewonly=True,
        order_by=lambda: Block.label,
        primaryjoin=lambda: Specimen.id == foreign(Block.specimen_id),
    )


class Block(OfOrganization, Base):
    """One paraffin block of a specimen."""

    __tablename__ = "blocks"
    __table_args__ = (
        within("specimen_id", "specimens"),
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("specimen_id", "label"),
    )

    id: Mapped[Identifier]
    specimen_id: Mapped[UUID]
    label: Mapped[str]

    slides: Mapped[list[Slide]] = relationship(
        lazy="raise",
        viewonly=True,
        order_by=lambda: Slide.label,
        primaryjoin=lambda: Block.id == foreign(Slide.block_id),
    )
    specimen: Mapped[Specimen] = relationship(
        lazy="raise", viewonly=True, primaryjoin=lambda: foreign(Block.specimen_id) == Specimen.id
    )
