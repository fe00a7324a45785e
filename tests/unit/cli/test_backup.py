"""A backup comes back whole into an empty installation, and nowhere else."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest

from coverslip.access import audit, session
from coverslip.cli.backup import write_backup
from coverslip.cli.restore import read_backup
from coverslip.errors import InvalidInput
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization, Patient, Person
from coverslip.records.queries import custody
from coverslip.records.queries.audit import AuditFilter, list_events
from coverslip.records.queries.blob import register_blob
from coverslip.storage.blobs import BlobStore
from coverslip.storage.errors import (
    BlobCorrupt,
    BlobMissing,
    InstallationDiffers,
    InstallationNotEmpty,
    NotABackup,
    StorageFull,
)
from coverslip.testing.database import PASSWORD, PostgresForTests, make_organization
from coverslip.testing.object_storage import ObjectStorage
from coverslip.vocabulary.roles import Role

TISSUE = b"tissue" * 100_000


@pytest.fixture
def filled(
    database: Database,
    blob_store: BlobStore,
    two_organizations: tuple[Organization, Organization],
    people: Mapping[Role, Person],
) -> Database:
    for organization in two_organizations:
        stored = blob_store.put_bytes(organization.id, TISSUE + organization.code.encode())
        with database.transaction(Actor.system(organization.id)) as tx:
            tx.add(Patient(patient_number="1", name="张三"))
            register_blob(tx, stored.digest, stored.size_bytes, "image/tiff")
            audit.record(tx, "slide.ingest", object_type="slide", object_id=None)
    return database


@pytest.fixture
def empty(postgres: PostgresForTests) -> Iterator[Database]:
    made = postgres.create(migrated=False)
    yield made
    postgres.drop(made)


@pytest.fixture
def other_store(tmp_path: Path) -> BlobStore:
    return BlobStore(folder=tmp_path / "other")


@pytest.fixture
def archive(filled: Database, blob_store: BlobStore, tmp_path: Path) -> Path:
    file = tmp_path / "backup.tar"
    write_backup(filled, blob_store, file)
    return file


def _patients(database: Database, organization: Organization) -> list[str]:
    with database.transaction(Actor.system(organization.id)) as tx:
        return [row[0] for row in tx.raw_connection().execute("SELECT name FROM patients").fetchall()]


def test_everything_comes_back_and_holds(
    archive: Path,
    empty: Database,
    other_store: BlobStore,
    two_organizations: tuple[Organization, Organization],
) -> None:
    outcome = read_backup(empty, other_store, archive)
    assert outcome.problems == []
    assert [finding.code for finding in outcome.findings] == ["PV", "QH"]
    for organization in two_organizations:
        assert _patients(empty, organization) == ["张三"]
        (blob,) = other_store.list(organization.id)
        assert other_store.read(organization.id, blob.digest) == TISSUE + organization.code.encode()
    assert session.sign_in(empty, "pathologist", PASSWORD, None, None).person.username == "pathologist"


def test_object_storage_is_backed_up_and_brought_back(
    database: Database,
    s3_store: BlobStore,
    object_storage: ObjectStorage,
    empty: Database,
    organization: Organization,
    tmp_path: Path,
) -> None:
    stored = s3_store.put_bytes(organization.id, TISSUE * 40)
    with database.transaction(Actor.system(organization.id)) as tx:
        register_blob(tx, stored.digest, stored.size_bytes, "image/tiff")
        custody.set_tier(tx, stored.digest, tier="cold")
        custody.set_replicated(tx, stored.digest)
    write_backup(database, s3_store, tmp_path / "s3.tar")
    other = BlobStore.open(object_storage.settings(tmp_path / "other"))
    assert read_backup(empty, other, tmp_path / "s3.tar").problems == []
    assert other.read(organization.id, stored.digest) == TISSUE * 40
    with empty.transaction(Actor.system(organization.id)) as tx:
        row = custody.blob(tx, stored.digest)
    assert row is not None
    assert (row.tier, row.replicated_at) == ("hot", None)


def test_the_protection_comes_back_too(
    archive: Path, empty: Database, other_store: BlobStore, two_organizations: tuple[Organization, Organization]
) -> None:
    read_backup(empty, other_store, archive)
    with empty.transaction(Actor.nobody()) as tx:
        assert tx.raw_connection().execute("SELECT * FROM patients").fetchall() == []
    assert empty.owner_url is not None
    with psycopg.connect(empty.owner_url) as connection:
        assert connection.execute("SELECT * FROM patients").fetchall() == []
        with pytest.raises(psycopg.errors.IntegrityError):
            connection.execute("DELETE FROM audit_events")
    Database(empty.url, owner_url=empty.owner_url).close()


def test_the_audit_trail_goes_on_where_it_was_and_tells_of_backup_and_restore(
    archive: Path, empty: Database, other_store: BlobStore, organization: Organization, database: Database
) -> None:
    read_backup(empty, other_store, archive)
    with empty.transaction(Actor.system(organization.id)) as tx:
        actions = [listed.event.action for listed in list_events(tx, AuditFilter())]
        assert audit.verify(tx) == []
    assert actions[:2] == ["installation.restore", "slide.ingest"]
    with database.transaction(Actor.system(organization.id)) as tx:
        assert list_events(tx, AuditFilter())[0].event.action == "installation.backup"


def test_nobody_is_signed_in_after_a_restore(
    filled: Database, blob_store: BlobStore, empty: Database, other_store: BlobStore, tmp_path: Path
) -> None:
    token = session.sign_in(filled, "pathologist", PASSWORD, None, None).token
    write_backup(filled, blob_store, tmp_path / "backup.tar")
    read_backup(empty, other_store, tmp_path / "backup.tar")
    assert session.resolve(filled, token) is not None
    assert session.resolve(empty, token) is None


def test_an_installation_with_a_hospital_in_it_is_left_alone(
    archive: Path, filled: Database, other_store: BlobStore, organization: Organization
) -> None:
    with pytest.raises(InstallationNotEmpty):
        read_backup(filled, other_store, archive)
    assert _patients(filled, organization) == ["张三"]
    assert list(other_store.list()) == []


def test_a_store_with_somebody_elses_bytes_is_left_alone(
    archive: Path, empty: Database, other_store: BlobStore, organization: Organization
) -> None:
    stray = other_store.put_bytes(organization.id, b"somebody's")
    with pytest.raises(InstallationNotEmpty):
        read_backup(empty, other_store, archive)
    assert [blob.digest for blob in other_store.list()] == [stray.digest]


def test_a_restore_cut_short_can_be_done_again(archive: Path, empty: Database, other_store: BlobStore) -> None:
    class Cut(Exception):
        pass

    def cut(count: int) -> None:
        raise Cut

    with pytest.raises(Cut):
        read_backup(empty, other_store, archive, cut)
    assert read_backup(empty, other_store, archive).problems == []


def test_a_migrated_but_unused_installation_counts_as_empty(
    archive: Path, postgres: PostgresForTests, other_store: BlobStore
) -> None:
    unused = postgres.create()
    try:
        assert read_backup(unused, other_store, archive).problems == []
    finally:
        postgres.drop(unused)


def test_a_backup_for_other_roles_is_refused(archive: Path, empty: Database, other_store: BlobStore) -> None:
    assert empty.owner_url is not None
    elsewhere = Database(empty.url.replace("coverslip_app", "their_app", 1), owner_url=empty.owner_url)
    with pytest.raises(InstallationDiffers):
        read_backup(elsewhere, other_store, archive)
    elsewhere.close()


def _rewritten(archive: Path, name: str, change: bytes | None) -> Path:
    """A copy of the archive whose member of that name (its beginning) has other content, or is left out."""
    target = archive.with_name("changed.tar")
    with tarfile.open(archive) as old, tarfile.open(target, "w") as new:
        for member in old:
            opened = old.extractfile(member)
            assert opened is not None
            content = opened.read()
            if member.name.startswith(name):
                if change is None:
                    continue
                content = change + content[len(change) :]
            member.size = len(content)
            new.addfile(member, io.BytesIO(content))
    return target


@pytest.mark.parametrize(
    ("name", "change", "refused"),
    [
        ("database.dump", b"PGDMQ", NotABackup),
        ("database.dump", None, NotABackup),
        ("manifest.json", b"[", NotABackup),
        ("manifest.json", None, NotABackup),
        ("blobs/", b"T", BlobCorrupt),
        ("blobs/", None, NotABackup),
    ],
)
def test_a_damaged_archive_is_refused_and_nothing_is_in_the_database(
    archive: Path, empty: Database, other_store: BlobStore, name: str, change: bytes | None, refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        read_backup(empty, other_store, _rewritten(archive, name, change))
    assert read_backup(empty, other_store, archive).problems == []


def test_a_truncated_archive_and_a_file_that_is_none_are_refused(
    archive: Path, empty: Database, other_store: BlobStore, tmp_path: Path
) -> None:
    whole = archive.read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"not a tar at all" * 100):
        damaged = tmp_path / "damaged.tar"
        damaged.write_bytes(content)
        with pytest.raises(NotABackup):
            read_backup(empty, other_store, damaged)


def test_nobody_else_on_the_machine_may_read_a_backup(filled: Database, blob_store: BlobStore, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_backup(filled, blob_store, tmp_path / "backup.tar")
    finally:
        os.umask(before)
    assert (tmp_path / "backup.tar").stat().st_mode & 0o777 == 0o600


def test_a_backup_does_not_write_over_a_file(filled: Database, blob_store: BlobStore, tmp_path: Path) -> None:
    file = tmp_path / "precious"
    file.write_text("mine")
    with pytest.raises(InvalidInput):
        write_backup(filled, blob_store, file)
    assert file.read_text() == "mine"


@pytest.mark.parametrize("harm", ["missing", "corrupt"])
def test_a_store_that_does_not_hold_what_it_should_gives_no_backup(
    filled: Database, blob_store: BlobStore, organization: Organization, tmp_path: Path, harm: str
) -> None:
    (blob,) = blob_store.list(organization.id)
    path = blob_store.local_path(organization.id, blob.digest)
    assert path is not None
    path.chmod(0o600)
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(b"T" + path.read_bytes()[1:])
    with pytest.raises((BlobMissing, BlobCorrupt)):
        write_backup(filled, blob_store, tmp_path / "backup.tar")
    assert [p.name for p in tmp_path.iterdir() if "backup" in p.name or p.name.startswith("coverslip-")] == []


def test_a_full_disk_leaves_no_half_backup(
    filled: Database, blob_store: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull):
        write_backup(filled, blob_store, tmp_path / "backup.tar")
    assert [p.name for p in tmp_path.iterdir() if "backup" in p.name] == []


def test_the_manifest_names_every_part(archive: Path) -> None:
    with tarfile.open(archive) as opened:
        names = set(opened.getnames())
        member = opened.extractfile("manifest.json")
        assert member is not None
        manifest = json.load(member)
    expected = {f"blobs/{blob['organization_id']}/{blob['sha256']}" for blob in manifest["blobs"]}
    assert names == {"database.dump", "manifest.json"} | expected
    assert len(expected) == 2


def test_a_hospital_made_after_the_backup_is_not_in_it(
    archive: Path, filled: Database, empty: Database, other_store: BlobStore
) -> None:
    make_organization(filled, "LATE")
    assert [finding.code for finding in read_backup(empty, other_store, archive).findings] == ["PV", "QH"]
