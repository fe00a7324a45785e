"""A real PostgreSQL for tests: one server a test run (one a pytest-xdist worker), one fresh database a test.

The server starts once in a temporary folder, is migrated once into a template, and each test gets a copy of the
template (some 50 ms). `tests/conftest.py` offers it as fixtures:

    database              an empty, migrated `Database`, as the application's role
    organization          a county hospital in it; `two_organizations` gives a second, provincial one
    people                one active person for each role of `organization`: `people[Role.RESIDENT]`
    actor_of(role)        their `Actor`, ready for `database.transaction(actor_of(Role.PATHOLOGIST))`
    make_person(...)      another person, of either organization
    blob_store            an empty store of bytes in a temporary folder

    def test_a_technician_registers(database, actor_of):
        with database.transaction(actor_of(Role.TECHNICIAN)) as tx:
            ...

Everyone's password is `PASSWORD`. For what the application may not do there is `superuser(database)`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID, uuid4

import argon2
import psycopg
from psycopg import sql
from sqlalchemy import make_url

from coverslip.records.actor import Actor
from coverslip.records.database import Database, prepare_cluster
from coverslip.records.embedded import APPLICATION, OWNER, SUPERUSER, EmbeddedPostgres
from coverslip.records.models import Organization, Person
from coverslip.records.queries.person import set_roles
from coverslip.vocabulary.roles import Role

PASSWORD = "correct horse battery staple"  # noqa: S105 - of people in tests
_TEMPLATE = "template_coverslip"
_QUICK_HASH = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
_WITHOUT_CRASH_SAFETY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "autovacuum": "off",
}


class PostgresForTests:
    """A server in a temporary folder, without crash safety, with a migrated template."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="coverslip-test-"))
        self.folder.chmod(0o711)
        self.server = EmbeddedPostgres(self.folder, _WITHOUT_CRASH_SAFETY)

    def start(self) -> None:
        """Start, and migrate the template."""
        self.server.open()
        prepare_cluster(self.server, _TEMPLATE)
        template = self._database(_TEMPLATE)
        template.migrate()
        template.close()

    def stop(self) -> None:
        """Stop and leave nothing behind."""
        self.server.close()
        shutil.rmtree(self.folder)

    def create(self, *, migrated: bool = True) -> Database:
        """A fresh, empty database, with the schema unless told otherwise; give it back to `drop`."""
        name = f"test_{uuid4().hex}"
        if not migrated:
            prepare_cluster(self.server, name)
            return self._database(name)
        with psycopg.connect(self.server.url(SUPERUSER, "postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY file_copy").format(
                    sql.Identifier(name), sql.Identifier(_TEMPLATE), sql.Identifier(OWNER)
                )
            )
            connection.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(name), sql.Identifier(APPLICATION))
            )
        return self._database(name)

    def drop(self, database: Database) -> None:
        """Close a database of `create` and remove it."""
        database.close()
        name = make_url(database.url).database
        assert name is not None
        with psycopg.connect(self.server.url(SUPERUSER, "postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def superuser_url(self, database: Database) -> str:
        """Address of the superuser on a database of `create`."""
        name = make_url(database.url).database
        assert name is not None
        return self.server.url(SUPERUSER, name)

    def _database(self, name: str) -> Database:
        return Database(
            self.server.url(APPLICATION, name), owner_url=self.server.url(OWNER, name), embedded=None, pool_size=5
        )


def execute(url: str, statement: LiteralString, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
    """Run one statement as somebody else than the application; rows, or an empty list."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement, list(parameters))
        return cursor.fetchall() if cursor.description is not None else []


def make_organization(database: Database, code: str, kind: str = "county") -> Organization:
    """An organization with believable names."""
    with database.transaction(Actor.nobody()) as tx:
        return tx.add(Organization(code=code, name_zh=f"{code}医院", name_en=f"{code} Hospital", kind=kind))


def make_person(
    database: Database, organization_id: UUID, username: str, roles: Iterable[Role], *, active: bool = True
) -> Person:
    """A person whose password is `PASSWORD`."""
    with database.transaction(Actor.system(organization_id)) as tx:
        person = tx.add(
            Person(username=username, name=f"人员{username}", name_en=username.title(), password_hash=_QUICK_HASH)
        )
        person.active = active
        set_roles(tx, person.id, roles)
        return person


def actor_for(person: Person, roles: Iterable[Role]) -> Actor:
    """The actor that a signed-in person would be."""
    return Actor(person.organization_id, person.id, address="192.0.2.1", roles=frozenset(roles))
