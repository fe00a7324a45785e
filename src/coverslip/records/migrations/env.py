"""Alembic's entry: migrates on the connection it is handed in `config.attributes`."""

from __future__ import annotations

from alembic import context
from sqlalchemy.sql.schema import SchemaItem

from coverslip.records.models import Base


def _ours(item: SchemaItem, name: str | None, kind: str, reflected: bool, compared: SchemaItem | None) -> bool:
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
