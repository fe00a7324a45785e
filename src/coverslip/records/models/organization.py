"""The directory of hospitals; the only table every organization may read."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from coverslip.records.models.base import Base, Identifier, Now, one_of

ORGANIZATION_KINDS = ("county", "municipal", "provincial", "university", "laboratory", "other")


class Organization(Base):
    """A hospital or laboratory; everything clinical belongs to exactly one."""

    __tablename__ = "organizations"
    __table_args__ = (one_of("kind", ORGANIZATION_KINDS),)

    id: Mapped[Identifier]
    code: Mapped[str] = mapped_column(unique=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    kind: Mapped[str]
    created_at: Mapped[Now]
