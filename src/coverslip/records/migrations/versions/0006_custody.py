"""Tiers, storage rules, legal holds, checks of every stored byte."""

from coverslip.records.migrations.scripts import run_sql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0006_custody.sql")
