"""Fixtures every test may use; how, stands at the top of `coverslip/testing/database.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization, Person
from coverslip.storage.blobs import BlobStore
from coverslip.testing import database as for_tests
from coverslip.testing.object_storage import ObjectStorage
from coverslip.vocabulary.roles import Role


class MakePerson(Protocol):
    """Makes a person: `make_person("li.na", {Role.RESIDENT})`, elsewhere with `organization=`."""

    def __call__(self, username: str, roles: set[Role], *, organization: Organization | None = None) -> Person: ...


@pytest.fixture(scope="session")
def postgres() -> Iterator[for_tests.PostgresForTests]:
    """The server of this test run."""
    server = for_tests.PostgresForTests()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def database(postgres: for_tests.PostgresForTests) -> Iterator[Database]:
    """An empty, migrated database."""
    made = postgres.create()
    yield made
    postgres.drop(made)


@pytest.fixture
def superuser_url(postgres: for_tests.PostgresForTests, database: Database) -> str:
    """Address of the test's database for the superuser, to do what nobody should."""
    return postgres.superuser_url(database)


@pytest.fixture
def organization(database: Database) -> Organization:
    """A county hospital."""
    return for_tests.make_organization(database, "QH", "county")


@pytest.fixture
def two_organizations(database: Database, organization: Organization) -> tuple[Organization, Organization]:
    """The county hospital and a provincial one."""
    return organization, for_tests.make_organization(database, "PV", "provincial")


@pytest.fixture
def make_person(database: Database, organization: Organization) -> MakePerson:
    """Makes people, of the county hospital unless told otherwise."""

    def make(username: str, roles: set[Role], *, organization: Organization | None = None) -> Person:
        return for_tests.make_person(database, (organization or county).id, username, roles)

    county = organization
    return make


@pytest.fixture
def people(make_person: MakePerson) -> Mapping[Role, Person]:
    """One person for each role; the username is the role's name."""
    return {role: make_person(role.value, {role}) for role in Role}


@pytest.fixture
def actor_of(people: Mapping[Role, Person]) -> Callable[[Role], Actor]:
    """The actor of the person with that role."""
    return lambda role: for_tests.actor_for(people[role], {role})


@pytest.fixture
def blob_store(tmp_path: Path) -> BlobStore:
    """An empty store in a folder."""
    return BlobStore(folder=tmp_path / "blobs")


@pytest.fixture(scope="session")
def object_storage() -> Iterator[ObjectStorage]:
    """The S3 server of this test run; it starts in a few seconds where the first test asks for it."""
    with ObjectStorage() as server:
        yield server


@pytest.fixture
def s3_store(object_storage: ObjectStorage, tmp_path: Path) -> Iterator[BlobStore]:
    """An empty store in object storage."""
    store = BlobStore.open(object_storage.settings(tmp_path))
    yield store
    store.close()
