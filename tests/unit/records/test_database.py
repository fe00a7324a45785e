"""Which databases are opened and which are refused."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from coverslip.records.database import Database
from coverslip.records.errors import ApplicationRoleMissing, ApplicationRoleUnsafe, DatabaseUnavailable, SchemaOutdated
from coverslip.settings import Settings
from coverslip.testing.database import PostgresForTests


def _settings(owner: str | None, application: str | None) -> Settings:
    return Settings(database_url=owner, application_database_url=application)


def test_an_outside_database_is_opened_with_both_addresses(database: Database) -> None:
    Database.open(_settings(database.owner_url, database.url)).close()


def test_a_worker_needs_the_applications_address_only(database: Database) -> None:
    with Database.open(_settings(None, database.url)) as opened:
        assert opened.owner_url is None
        assert opened.is_available()


def test_the_applications_address_is_required(database: Database) -> None:
    with pytest.raises(ApplicationRoleMissing):
        Database.open(_settings(database.owner_url, None))


def test_the_owner_is_refused_as_the_application(database: Database) -> None:
    with pytest.raises(ApplicationRoleUnsafe) as refused:
        Database.open(_settings(None, database.owner_url))
    assert refused.value.parameters["technical"] == "owner"


def test_a_superuser_is_refused_as_the_application(database: Database, superuser_url: str) -> None:
    with pytest.raises(ApplicationRoleUnsafe) as refused:
        Database.open(_settings(None, superuser_url))
    assert refused.value.parameters["technical"] == "superuser"


@pytest.mark.parametrize(("grant", "problem"), [("BYPASSRLS", "BYPASSRLS"), ("IN ROLE coverslip_owner", "owner")])
def test_a_role_that_could_step_over_the_separation_is_refused(
    database: Database, superuser_url: str, grant: str, problem: str
) -> None:
    name = f"unsafe_{problem.lower()}"
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'x' {grant}".encode())
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                sql.Identifier(connection.info.dbname), sql.Identifier(name)
            )
        )
        try:
            with pytest.raises(ApplicationRoleUnsafe) as refused:
                Database.open(
                    _settings(
                        None,
                        superuser_url.replace("postgres:", f"{name}:").replace(
                            superuser_url.split(":")[2].split("@", maxsplit=1)[0], "x"
                        ),
                    )
                )
            assert refused.value.parameters["technical"] == problem
        finally:
            connection.execute(f"DROP OWNED BY {name}".encode())
            connection.execute(f"DROP ROLE {name}".encode())


def test_an_empty_database_without_its_owner_is_refused(
    postgres: PostgresForTests, database: Database, superuser_url: str
) -> None:
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("DELETE FROM alembic_version")
    with pytest.raises(SchemaOutdated):
        Database.open(_settings(None, database.url))


def test_an_address_where_nothing_listens_is_said(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable):
        Database.open(_settings(None, "postgresql://nobody:x@127.0.0.1:1/none"))
