"""What breaks under the server is said with a reason, and over when it is over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from coverslip.ingest.upload_spool import Spool
from coverslip.phantoms.slide import write_slide
from coverslip.records.database import Database
from coverslip.records.models import Person
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.testing.database import PostgresForTests
from coverslip.testing.server import ServerForTests, serving
from coverslip.testing.world import World, make_hospital
from coverslip.vocabulary.roles import Role

ALIVE = "/about"


@pytest.fixture(scope="module")
def slide_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("slides")
    first, second = folder / "phantom-1.svs", folder / "phantom-2.svs"
    write_slide(first, seed=7, width=1024, height=1024)
    write_slide(second, seed=8, width=512, height=512)
    return first, second


@pytest.fixture
def hospital(database: Database, blob_store: BlobStore, slide_files: tuple[Path, Path]) -> World:
    """One hospital that no server stands in front of yet."""
    assert blob_store.folder is not None
    spool = Spool(blob_store.folder.parent / "uploads")
    made = make_hospital(database, blob_store, spool, "QH", "county", slide_files)
    return World(ServerForTests(""), database, blob_store, made, made)


@pytest.fixture
def without_database(postgres: PostgresForTests) -> Iterator[PostgresForTests]:
    """The test may stop the database; it runs again for the next."""
    yield postgres
    postgres.server.ensure_running()


def test_a_database_that_goes_and_comes_back(
    database: Database,
    blob_store: BlobStore,
    people: Mapping[Role, Person],
    without_database: PostgresForTests,
) -> None:
    with serving(database, blob_store) as server:
        client = server.sign_in("pathologist")
        assert client.get("/cases").status_code == 200
        without_database.server.stop()
        for path in ("/cases", "/session", "/health/ready"):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "DATABASE_UNAVAILABLE"), path
        assert client.get(ALIVE).status_code == 200
        assert client.get("/health/live").status_code == 200
        without_database.server.ensure_running()
        answer = client.get("/cases")
        assert answer.status_code == 200, answer.text
        assert client.get("/health/ready").status_code == 200


def test_live_streams_come_back_with_the_database(
    database: Database,
    blob_store: BlobStore,
    people: Mapping[Role, Person],
    without_database: PostgresForTests,
) -> None:
    from coverslip.jobs.progress import LiveEvent, publish

    with serving(database, blob_store) as server:
        client = server.sign_in("pathologist")
        without_database.server.stop()
        without_database.server.ensure_running()
        person = people[Role.PATHOLOGIST]
        event = LiveEvent(organization_id=person.organization_id, type="case", id=person.id, status="ready", revision=2)
        with client.stream("GET", "/live", timeout=5) as page:
            lines = page.iter_lines()
            assert next(lines).startswith("retry:")
            publish(database, event)
            assert next(line for line in lines if line) == "event: case"


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"decoder_memory_mb": 40}, {"DECODER_FAILED", "DECODER_MEMORY"}),
        ({"decoder_seconds": 0.0001}, {"DECODER_TIMEOUT", "DECODER_FAILED", "DECODER_BUSY"}),
    ],
    ids=["out of memory", "out of time"],
)
def test_a_decoder_that_dies_is_a_reason_on_the_slide_not_a_dead_server(
    hospital: World, changed: dict[str, float], codes: set[str]
) -> None:
    settings = Settings().model_copy(update=changed)
    with serving(hospital.database, hospital.blobs, settings) as server:
        client = server.sign_in(hospital.county.people[Role.RESIDENT])
        answer = client.get(f"{server.url}/tiles/{hospital.county.slide}/0/0/0", timeout=120)
        assert (answer.status_code, answer.json()["error"]["code"] in codes) == (503, True), answer.text
        assert client.get(ALIVE).status_code == 200
        assert client.get(f"/slides/{hospital.county.slide}").status_code == 200


def test_a_slide_whose_bytes_went_bad_is_said_to_be_damaged(hospital: World) -> None:
    blobs = [
        hospital.blobs.local_path(hospital.county.organization.id, stored.digest)
        for stored in hospital.blobs.list(hospital.county.organization.id)
        if _is_tiff(hospital, stored.digest)
    ]
    for path in blobs:
        assert path is not None
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:4096])
    with serving(hospital.database, hospital.blobs) as server:
        client = server.sign_in(hospital.county.people[Role.RESIDENT])
        answer = client.get(f"{server.url}/tiles/{hospital.county.slide}/0/0/0", timeout=120)
        assert answer.status_code == 422, answer.text
        assert answer.json()["error"]["code"] in {"SLIDE_TRUNCATED", "SLIDE_CORRUPT", "NOT_A_SLIDE"}
        assert client.get(ALIVE).status_code == 200


def test_a_slide_whose_bytes_are_gone_is_said_to_be_missing(hospital: World) -> None:
    for stored in list(hospital.blobs.list(hospital.county.organization.id)):
        if _is_tiff(hospital, stored.digest):
            hospital.blobs.delete(hospital.county.organization.id, stored.digest)
    with serving(hospital.database, hospital.blobs) as server:
        client = server.sign_in(hospital.county.people[Role.RESIDENT])
        answer = client.get(f"{server.url}/tiles/{hospital.county.slide}/0/0/0")
        assert (answer.status_code, answer.json()["error"]["code"]) == (500, "BLOB_MISSING")
        assert client.get(ALIVE).status_code == 200


def _is_tiff(world: World, digest: str) -> bool:
    return world.blobs.open_range(world.county.organization.id, digest, 0, 4) == b"II*\x00"
