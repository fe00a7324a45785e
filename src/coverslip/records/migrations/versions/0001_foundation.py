"""The foundation: tables, row-level security, append-only triggers, functions, job queue, grants."""

from coverslip.records.migrations.scripts import run_sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for part in ("tables", "protection", "functions", "jobs", "grants"):
        run_sql(f"0001_{part}.sql")
