"""People with an account, and the roles they hold."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from coverslip.records.models.base import Base, Identifier, Now, OfOrganization, of_directory, one_of
from coverslip.records.models.organization import Organization
from coverslip.vocabulary.roles import Role


class Person(OfOrganization, Base):
    """Someone who works at a hospital; a person is deactivated, never deleted: signatures refer to them."""

    __tablename__ = "people"
    __table_args__ = (of_directory(), UniqueConstraint("organization_id", "id"), one_of("locale", ("zh-CN", "en")))

    id: Mapped[Identifier]
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(server_default="")
    title: Mapped[str] = mapped_column(server_default="")
    email: Mapped[str | None]
    password_hash: Mapped[str]
    locale: Mapped[str] = mapped_column(server_default="zh-CN")
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    must_change_password: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[Now]

    roles: Mapped[list[PersonRole]] = relationship(lazy="raise", viewonly=True, order_by="PersonRole.role")
    organization: Mapped[Organization] = relationship(lazy="raise", viewonly=True)


class PersonRole(OfOrganization, Base):
    """One role of one person."""

    __tablename__ = "person_roles"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "person_id"], ["people.organization_id", "people.id"], ondelete="CASCADE"
        ),
        one_of("role", Role),
    )

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
