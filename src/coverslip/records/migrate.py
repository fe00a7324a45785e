"""Brings a database's schema to the version this program needs."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from coverslip.records.errors import ApplicationRoleMissing, SchemaOutdated

_LOCK = 0x436F7665
"""Key of the advisory lock under which only one process migrates."""


def configuration(connection: Connection, application_role: str) -> Config:
    """Alembic's settings for one open connection; there is no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    config.attributes["application_role"] = application_role
    return config


def migrate(engine: Engine, application_role: str) -> None:
    """Upgrade to the newest schema as its owner; several processes may ask at once."""
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        connection.commit()
        try:
            if current_revision(connection) == newest_revision():
                return
            if not connection.scalar(
                text("SELECT true FROM pg_roles WHERE rolname = :role"), {"role": application_role}
            ):
                raise ApplicationRoleMissing(role=application_role)
            connection.commit()
            command.upgrade(configuration(connection, application_role), "head")
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
            connection.commit()


def require_newest(connection: Connection) -> None:
    """Raise `SchemaOutdated` where the schema is older or newer than this program."""
    found, needed = current_revision(connection), newest_revision()
    if found != needed:
        raise SchemaOutdated(found=found or "-", needed=needed)


def current_revision(connection: Connection) -> str | None:
    """The schema's version, None in an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """The version this program needs."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    head = ScriptDirectory.from_config(config).get_current_head()
    assert head is not None
    return head
