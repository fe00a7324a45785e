"""The schema that migrations build is the one that the models describe."""

from __future__ import annotations

from importlib import resources

import procrastinate
import pytest
from alembic import command
from sqlalchemy import create_engine, make_url, text

from coverslip.records import migrate
from coverslip.records.database import Database
from coverslip.records.errors import SchemaOutdated
from coverslip.records.models import Base
from coverslip.testing.database import execute


def test_models_and_migrations_agree(database: Database) -> None:
    assert database.owner_url is not None
    engine = create_engine(make_url(database.owner_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        command.check(migrate.configuration(connection, "coverslip_app"))
    engine.dispose()


def test_every_word_list_of_a_model_is_checked_by_the_database(database: Database) -> None:
    assert database.owner_url is not None
    built = {row[0] for row in execute(database.owner_url, "SELECT conname FROM pg_constraint WHERE contype = 'c'")}
    described = {
        str(constraint.name)
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if type(constraint).__name__ == "CheckConstraint"
    }
    assert described
    assert described <= built


def test_migrating_again_changes_nothing(database: Database) -> None:
    database.migrate()
    assert database.owner_url is not None
    assert execute(database.owner_url, "SELECT version_num FROM alembic_version") == [(migrate.newest_revision(),)]


def test_a_schema_that_is_not_this_versions_is_refused(database: Database, superuser_url: str) -> None:
    execute(superuser_url, "UPDATE alembic_version SET version_num = '0001'")
    engine = create_engine(make_url(database.url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection, pytest.raises(SchemaOutdated):
        migrate.require_newest(connection)
    engine.dispose()


def test_the_job_queues_schema_is_the_installed_procrastinates() -> None:
    """A newer Procrastinate needs a migration of ours first; until then pyproject.toml keeps it out."""
    ours = (resources.files("coverslip.records.migrations") / "sql" / "0001_jobs.sql").read_text()
    theirs = procrastinate.App(connector=procrastinate.PsycopgConnector()).schema_manager.get_schema()
    assert ours.split("\n", 1)[1] == theirs.split("\n", 1)[1]


def test_nobody_but_the_application_may_call_our_functions(superuser_url: str) -> None:
    engine = create_engine(make_url(superuser_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        open_to_all = connection.execute(
            text(
                "SELECT p.proname FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a"
                " WHERE p.pronamespace = 'public'::regnamespace AND a.grantee = 0"
            )
        ).all()
    engine.dispose()
    assert open_to_all == []
