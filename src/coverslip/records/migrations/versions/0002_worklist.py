"""Search keys, sort ranks and indexes of the worklist."""

from coverslip.records.migrations.scripts import run_sql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0002_worklist.sql")
