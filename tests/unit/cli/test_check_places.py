"""`coverslip check` looks into every place: hot, cold, replica, leftovers of transfers and of uploads."""

from __future__ import annotations

import os
import time
from pathlib import Path
from uuid import uuid4

import pytest

from coverslip.cli import check
from coverslip.ingest.upload_spool import PartId, Spool
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import FixityCheck, FixityFinding, Organization, Slide, SlideFile
from coverslip.records.queries import custody
from coverslip.records.queries.blob import register_blob
from coverslip.storage.blobs import BlobStore
from coverslip.storage.local_place import LocalPlace
from coverslip.storage.place import ASIDE, INCOMING, aside_name

DATA = b"tissue" * 1000
DAYS = 3 * 24 * 3600


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    cold, replica = LocalPlace(tmp_path / "cold"), LocalPlace(tmp_path / "replica")
    return BlobStore(folder=tmp_path / "hot", cold=cold, replica=replica)


@pytest.fixture
def digest(database: Database, store: BlobStore, organization: Organization) -> str:
    """A slide with its second copy, all in order."""
    stored = store.put_bytes(organization.id, DATA)
    assert store.replica is not None
    put(store.replica, organization)
    with database.transaction(Actor.system(organization.id)) as tx:
        slide = tx.add(Slide(label="1", stain="he", status="ready"))
        register_blob(tx, stored.digest, stored.size_bytes, "image/tiff")
        custody.set_replicated(tx, stored.digest)
        tx.add(SlideFile(slide_id=slide.id, position=0, name="a", digest=stored.digest, size_bytes=len(DATA)))
    return stored.digest


def put(place: object, organization: Organization) -> None:
    assert isinstance(place, LocalPlace)
    file = place.folder / "given"
    file.write_bytes(DATA)
    with file.open("rb") as reading:
        place.put(organization.id, reading, None, None)
    file.unlink()


def codes(database: Database, store: BlobStore, spool: Spool | None = None, *, remove: bool = False) -> list[str]:
    outcome = check.check_installation(database, store, spool=spool, remove_leftovers=remove)
    return [problem.error.code for problem in outcome.problems]


def test_three_places_in_order_pass(database: Database, store: BlobStore, digest: str) -> None:
    assert codes(database, store) == []


def test_a_blob_in_the_cold_place_is_where_it_should_be(
    database: Database, store: BlobStore, digest: str, organization: Organization
) -> None:
    put(store.cold, organization)
    store.hot.delete(organization.id, digest)
    with database.transaction(Actor.system(organization.id)) as tx:
        custody.set_tier(tx, digest, tier="cold")
    assert codes(database, store) == []
    assert store.cold is not None
    store.cold.delete(organization.id, digest)
    assert codes(database, store) == ["BLOB_MISSING"]


def test_a_blob_in_two_places_is_said_unless_it_is_being_moved(
    database: Database, store: BlobStore, digest: str, organization: Organization
) -> None:
    put(store.cold, organization)
    assert codes(database, store) == ["BLOB_IN_TWO_PLACES"]
    with database.transaction(Actor.system(organization.id)) as tx:
        custody.set_tier(tx, digest, moving_to="cold")
    assert codes(database, store) == []


def test_a_second_copy_that_is_wrong_or_gone_is_said(
    database: Database, store: BlobStore, digest: str, organization: Organization
) -> None:
    assert isinstance(store.replica, LocalPlace)
    path = store.replica.path(organization.id, digest)
    path.chmod(0o600)
    path.write_bytes(b"T" + DATA[1:])
    assert codes(database, store) == ["REPLICA_WRONG"]
    path.unlink()
    assert codes(database, store) == ["REPLICA_WRONG"]


@pytest.mark.parametrize("where", ["hot", "cold", "replica"])
def test_bytes_of_no_row_are_said_wherever_they_lie(
    database: Database, store: BlobStore, digest: str, organization: Organization, where: str
) -> None:
    place = getattr(store, where)
    file = place.folder / "given"
    file.write_bytes(b"stray")
    with file.open("rb") as reading:
        place.put(organization.id, reading, None, None)
    file.unlink()
    assert codes(database, store) == ["BLOB_UNREGISTERED"]


def test_what_a_transfer_left_is_said_after_a_day_and_removed_when_asked(
    database: Database, store: BlobStore, digest: str
) -> None:
    assert store.folder is not None
    draft = store.folder / INCOMING / "cut off"
    draft.write_bytes(b"half")
    assert codes(database, store) == []
    made_old(draft)
    assert codes(database, store) == ["STORAGE_LEFTOVER"]
    assert codes(database, store, remove=True) == ["STORAGE_LEFTOVER"]
    assert codes(database, store) == []


@pytest.mark.parametrize("name", ["desktop.ini", "cold/0/blob", f"{ASIDE}/x/forgotten", "sub/.incoming/other"])
def test_what_the_store_did_not_put_there_is_said_and_never_removed(
    database: Database, store: BlobStore, digest: str, name: str
) -> None:
    assert store.folder is not None
    path = store.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"somebody's only copy")
    made_old(path)
    assert codes(database, store, remove=True) == ["STORAGE_FOREIGN"]
    assert path.read_bytes() == b"somebody's only copy"


def test_damaged_bytes_that_are_noted_are_not_foreign(
    database: Database, store: BlobStore, digest: str, organization: Organization
) -> None:
    assert store.folder is not None
    name = aside_name(organization.id, digest)
    (store.folder / name).parent.mkdir(parents=True)
    (store.folder / name).write_bytes(b"damaged")
    made_old(store.folder / name)
    assert codes(database, store) == ["STORAGE_FOREIGN"]
    with database.transaction(Actor.system(organization.id)) as tx:
        made = tx.add(FixityCheck())
        tx.add(FixityFinding(check_id=made.id, digest=digest, place="hot", kind="wrong", aside=name))
    assert codes(database, store) == ["DAMAGE_FOUND"]


def made_old(path: Path) -> None:
    old = time.time() - DAYS
    os.utime(path, (old, old))


def test_uploads_that_nobody_waits_for_are_said_and_removed_when_asked(
    database: Database, store: BlobStore, digest: str, organization: Organization, tmp_path: Path
) -> None:
    spool, batch = Spool(tmp_path / "uploads"), uuid4()
    spool.create(PartId(organization.id, batch, uuid4()))
    assert codes(database, store, spool) == []
    old = time.time() - DAYS
    os.utime(spool.folder / str(organization.id) / str(batch), (old, old))
    assert codes(database, store, spool) == ["UPLOAD_LEFTOVER"]
    assert codes(database, store, spool, remove=True) == ["UPLOAD_LEFTOVER"]
    assert codes(database, store, spool) == []


def test_damage_that_a_nightly_check_found_is_said_until_somebody_settles_it(
    database: Database, store: BlobStore, digest: str, organization: Organization
) -> None:
    with database.transaction(Actor.system(organization.id)) as tx:
        made = tx.add(FixityCheck())
        tx.add(FixityFinding(check_id=made.id, digest=digest, place="hot", kind="wrong"))
    assert codes(database, store) == ["DAMAGE_FOUND"]


def test_object_storage_is_checked_the_same_way(
    database: Database, s3_store: BlobStore, organization: Organization
) -> None:
    stored = s3_store.put_bytes(organization.id, DATA)
    assert codes(database, s3_store) == ["BLOB_UNREGISTERED"]
    with database.transaction(Actor.system(organization.id)) as tx:
        register_blob(tx, stored.digest, stored.size_bytes, "image/tiff")
    assert codes(database, s3_store) == []
    s3_store.delete(organization.id, stored.digest)
    assert codes(database, s3_store) == ["BLOB_MISSING"]
