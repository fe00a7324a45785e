"""Stored bytes are whole or absent, named by what they are, and kept apart by organization."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from coverslip.storage import checksums
from coverslip.storage.blobs import BlobStore
from coverslip.storage.errors import BlobCorrupt, BlobMissing, StorageFull, StorageUnavailable

HERE, ELSEWHERE = uuid4(), uuid4()
DATA = b"tissue" * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(params=["folder", "object storage"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    """A local folder, and the path that object storage takes (over obstore's in-memory store)."""
    if request.param == "folder":
        return BlobStore(folder=tmp_path / "blobs")
    return BlobStore(url="memory:///")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "slide.svs"
    file.write_bytes(DATA)
    return file


def test_a_file_comes_back_as_it_was(store: BlobStore, source: Path) -> None:
    told: list[int] = []
    assert store.put_file(HERE, source, progress=told.append) == checksums.Checksum(DIGEST, len(DATA))
    assert store.read(HERE, DIGEST) == DATA
    assert store.open_range(HERE, DIGEST, 6, 6) == b"tissue"
    assert store.size(HERE, DIGEST) == len(DATA)
    assert sum(told) == len(DATA)
    assert source.read_bytes() == DATA


def test_bytes_come_back_as_they_were(store: BlobStore) -> None:
    assert store.put_bytes(HERE, b"").digest == hashlib.sha256(b"").hexdigest()
    assert store.read(HERE, hashlib.sha256(b"").hexdigest()) == b""
    assert store.put_bytes(HERE, DATA).digest == DIGEST
    assert store.exists(HERE, DIGEST)


def test_a_stream_comes_back_as_it_was(store: BlobStore, source: Path) -> None:
    with source.open("rb") as stream:
        store.put_stream(HERE, stream, DIGEST)
    assert store.read(HERE, DIGEST) == DATA


def test_the_same_bytes_twice_are_one_blob(store: BlobStore, source: Path) -> None:
    store.put_file(HERE, source)
    store.put_bytes(HERE, DATA)
    assert [(blob.organization_id, blob.digest, blob.size_bytes) for blob in store.list()] == [
        (HERE, DIGEST, len(DATA))
    ]


def test_another_organization_does_not_see_a_blob(store: BlobStore, source: Path) -> None:
    store.put_file(HERE, source)
    assert not store.exists(ELSEWHERE, DIGEST)
    with pytest.raises(BlobMissing):
        store.read(ELSEWHERE, DIGEST)
    assert list(store.list(ELSEWHERE)) == []


def test_bytes_that_are_not_what_was_expected_are_not_kept(store: BlobStore, source: Path) -> None:
    wrong = "0" * 64
    with pytest.raises(BlobCorrupt):
        store.put_file(HERE, source, wrong)
    with pytest.raises(BlobCorrupt):
        store.put_bytes(HERE, DATA, wrong)
    assert list(store.list()) == []


def test_a_deleted_blob_is_gone_and_deleting_again_does_nothing(store: BlobStore) -> None:
    store.put_bytes(HERE, DATA)
    store.delete(HERE, DIGEST)
    store.delete(HERE, DIGEST)
    assert not store.exists(HERE, DIGEST)
    with pytest.raises(BlobMissing):
        store.verify(HERE, DIGEST)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "g" * 64, DIGEST.upper(), DIGEST[:-1]])
def test_what_is_no_digest_names_nothing(store: BlobStore, name: str) -> None:
    assert not store.exists(HERE, name)
    with pytest.raises(BlobMissing):
        store.read(HERE, name)


def test_object_storage_has_no_local_path() -> None:
    store = BlobStore(url="memory:///")
    store.put_bytes(HERE, DATA)
    assert store.local_path(HERE, DIGEST) is None


def test_a_blob_lies_as_a_read_only_file(blob_store: BlobStore, source: Path) -> None:
    blob_store.put_file(HERE, source)
    path = blob_store.local_path(HERE, DIGEST)
    assert path is not None
    assert path.read_bytes() == DATA
    assert path.stat().st_mode & 0o222 == 0
    with pytest.raises(BlobMissing):
        blob_store.local_path(ELSEWHERE, DIGEST)


def test_a_flipped_byte_is_found_by_reading(blob_store: BlobStore, source: Path) -> None:
    blob_store.put_file(HERE, source)
    path = blob_store.local_path(HERE, DIGEST)
    assert path is not None
    path.chmod(0o600)
    path.write_bytes(b"T" + DATA[1:])
    with pytest.raises(BlobCorrupt):
        blob_store.read(HERE, DIGEST)
    with pytest.raises(BlobCorrupt):
        blob_store.verify(HERE, DIGEST)


def _files(store: BlobStore) -> list[Path]:
    assert store.folder is not None
    return [path for path in store.folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("number", "expected"), [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EIO, StorageUnavailable)]
)
def test_a_disk_that_fails_while_writing_leaves_no_part_of_a_blob(
    blob_store: BlobStore, source: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: type[Exception]
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(expected):
        blob_store.put_file(HERE, source)
    with pytest.raises(expected):
        blob_store.put_bytes(HERE, DATA)
    assert _files(blob_store) == []


def test_a_source_that_vanishes_leaves_nothing(blob_store: BlobStore, tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable):
        blob_store.put_file(HERE, tmp_path / "gone.svs")
    assert _files(blob_store) == []


def test_a_blob_is_on_the_disk_before_it_has_its_name(
    blob_store: BlobStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def note_fsync(descriptor: int) -> None:
        order.append("flush " + Path(f"/proc/self/fd/{descriptor}").readlink().parent.name)
        fsync(descriptor)

    def note_replace(self: Path, target: Path) -> Path:
        order.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(Path, "replace", note_replace)
    blob_store.put_file(HERE, source)
    assert order[:2] == ["flush .incoming", "rename"]
    assert len(order) > 2


def test_a_store_is_either_a_folder_or_an_address(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="folder or a URL"):
        BlobStore()
    with pytest.raises(ValueError, match="folder or a URL"):
        BlobStore(folder=tmp_path, url="memory:///")


def test_checksums_of_files_and_bytes_agree(source: Path, tmp_path: Path) -> None:
    expected = checksums.Checksum(DIGEST, len(DATA))
    assert checksums.of_bytes(DATA) == expected
    assert checksums.of_file(source) == expected
    assert checksums.copy(source, tmp_path / "copy") == expected
    assert (tmp_path / "copy").read_bytes() == DATA
    assert isinstance(HERE, UUID)
