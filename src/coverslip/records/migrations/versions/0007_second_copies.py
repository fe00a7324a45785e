"""When a second copy is tried again; damage that was found while a copy was made."""

from coverslip.records.migrations.scripts import run_sql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0007_second_copies.sql")
