"""What all tables share: naming, identifiers, times, the organization's column, plain-text enumerations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, MetaData, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

CURRENT_ORGANIZATION = text("nullif(current_setting('coverslip.organization_id', true), '')::uuid")
"""The organization that the transaction stands for; NULL where none is set."""

Identifier = Annotated[UUID, mapped_column(Uuid, primary_key=True, server_default=text("uuidv7()"))]
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Now = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=text("now()"))]
Json = Annotated[dict[str, Any], mapped_column(JSONB(none_as_null=True))]
Size = Annotated[int, mapped_column(BigInteger)]


class Base(DeclarativeBase):
    """Base of every table of Coverslip."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Text(), UUID: Uuid()}  # noqa: RUF012 (SQLAlchemy's own attribute)


class OfOrganization:
    """Mixin: rows of one hospital, shown and written only while a transaction stands for that hospital."""

    organization_id: Mapped[UUID] = mapped_column(Uuid, server_default=CURRENT_ORGANIZATION)


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """A text column that takes only these words."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=column)


def within(column: str, table: str) -> ForeignKeyConstraint:
    """A reference that cannot leave the hospital: the row referred to has the same organization_id."""
    return ForeignKeyConstraint(["organization_id", column], [f"{table}.organization_id", f"{table}.id"])


def of_directory() -> ForeignKeyConstraint:
    """The organization exists."""
    return ForeignKeyConstraint(["organization_id"], ["organizations.id"])
