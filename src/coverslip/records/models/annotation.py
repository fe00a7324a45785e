"""What people draw on a slide."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Index
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from coverslip.records.models.base import Base, Identifier, Json, Now, OfOrganization, one_of, within
from coverslip.records.models.person import Person

ANNOTATION_KINDS = ("region", "exclusion", "note")


class Annotation(OfOrganization, Base):
    """A drawn shape (GeoJSON, pixels of level 0); deleting marks it, nothing vanishes."""

    __tablename__ = "annotations"
    __table_args__ = (
        within("slide_id", "slides"),
        within("person_id", "people"),
        Index(None, "slide_id"),
        one_of("kind", ANNOTATION_KINDS),
    )

    id: Mapped[Identifier]
    slide_id: Mapped[UUID]
    person_id: Mapped[UUID]
    kind: Mapped[str]
    geometry: Mapped[Json]
    text: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Now]
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    person: Mapped[Person] = relationship(
        lazy="raise", viewonly=True, primaryjoin=lambda: foreign(Annotation.person_id) == Person.id
    )
