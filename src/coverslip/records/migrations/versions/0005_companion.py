"""Slides whose missing levels were made know where those lie."""

from coverslip.records.migrations.scripts import run_sql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0005_companion.sql")
