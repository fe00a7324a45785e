"""Alembic migrations, run by `records/database.py` as the schema owner."""
