"""Runs the SQL files of a migration; `@application@` in them stands for the application's role."""

from __future__ import annotations

from importlib import resources

from alembic import op
from psycopg import sql


def run_sql(name: str) -> None:
    """Run one file of `migrations/sql`, whole, in the migration's transaction."""
    statements = (resources.files("coverslip.records.migrations") / "sql" / name).read_text(encoding="utf-8")
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    role = sql.Identifier(op.get_context().opts["application_role"]).as_string(connection)
    # Straight to psycopg: without parameters it sends several statements at once, and % and : stay as they are.
    connection.execute(statements.replace("@application@", role))
