"""Alembic's entry: migrates on the connection it is handed in `config.attributes`."""

from __future__ import annotations

from typing import Literal

from alembic import context
from sqlalchemy.sql.schema import SchemaItem

from coverslip.records.models import Base


def _ours(
    item: SchemaItem,
    name: str | None,
    kind: Literal["schema", "table", "column", "index", "unique_constraint", "foreign_key_constraint"],
    reflected: bool,
    compare_to: SchemaItem | None,
) -> bool:
    """The job queue's tables belong to Procrastinate, not to our models."""
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_object=_ours,
    compare_type=True,
    application_role=context.config.attributes["application_role"],
)
with context.begin_transaction():
    context.run_migrations()
