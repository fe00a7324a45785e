"""Watched folders, matching rules, and why a slide waits in the queue."""

from coverslip.records.migrations.scripts import run_sql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0004_intake.sql")
