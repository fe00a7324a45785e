"""The real server in front of an empty hospital (`served`, `client_of`) or of a region of two (`world`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from coverslip.ingest.upload_spool import Spool
from coverslip.phantoms.colour import scanner_profile
from coverslip.phantoms.slide import write_slide
from coverslip.records.database import Database
from coverslip.records.models import Person
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.testing.database import PostgresForTests
from coverslip.testing.server import ServerForTests, serving
from coverslip.testing.world import World, make_hospital
from coverslip.vocabulary.roles import Role


@pytest.fixture(scope="session")
def slide_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two small slides in SVS flavour."""
    folder = tmp_path_factory.mktemp("slides")
    first, second = folder / "phantom-1.svs", folder / "phantom-2.svs"
    write_slide(first, seed=7, width=1024, height=1024, icc_profile=scanner_profile())
    write_slide(second, seed=8, width=512, height=512)
    return first, second


@pytest.fixture(scope="module")
def world(
    postgres: PostgresForTests, tmp_path_factory: pytest.TempPathFactory, slide_files: tuple[Path, Path]
) -> Iterator[World]:
    """Made once for a file: tests of one file that change it must not lean on each other."""
    folder = tmp_path_factory.mktemp("world")
    database = postgres.create()
    blobs = BlobStore(folder=folder / "blobs")
    settings = Settings(data_dir=folder, watch_roots=(folder.parent,))
    spool = Spool(settings.spool_dir)
    with serving(database, blobs, settings) as server:
        yield World(
            server,
            database,
            blobs,
            make_hospital(database, blobs, spool, "QH", "county", slide_files),
            make_hospital(database, blobs, spool, "PV", "provincial", slide_files),
        )
    postgres.drop(database)


@pytest.fixture
def served(database: Database, blob_store: BlobStore) -> Iterator[ServerForTests]:
    """The server on the test's own database."""
    with serving(database, blob_store) as server:
        yield server


@pytest.fixture
def client_of(served: ServerForTests, people: dict[Role, Person]) -> Callable[[Role], httpx.Client]:
    """Signs in as the person with a role."""
    return lambda role: served.sign_in(people[role])
