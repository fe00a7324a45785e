"""A stored slide as a path: its own blob, links to several, or copies that never stand in memory whole."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path

import pytest

from coverslip.storage import checksums
from coverslip.storage.blobs import BlobStore
from coverslip.storage.errors import BlobCorrupt, BlobMissing, StorageFull
from coverslip.storage.stored_slide import laid_out
from coverslip.testing.stored_rows import HERE, File, Row


@pytest.fixture(params=["folder", "object storage"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    return BlobStore(folder=tmp_path / "blobs") if request.param == "folder" else BlobStore(url="memory:///")


def put(store: BlobStore, name: str, data: bytes) -> File:
    return File(name, store.put_bytes(HERE, data).digest)


def test_one_local_file_is_read_where_it_lies(blob_store: BlobStore, tmp_path: Path) -> None:
    row = Row((put(blob_store, "a.svs", b"tissue"),))
    folder = tmp_path / "laid"
    assert laid_out(blob_store, row, folder) == blob_store.local_path(HERE, row.files[0].digest)
    assert not folder.exists()


def test_a_file_in_object_storage_is_copied_under_its_own_name(tmp_path: Path) -> None:
    store = BlobStore(url="memory:///")
    path = laid_out(store, Row((put(store, "../a.svs", b"tissue"),)), tmp_path / "laid")
    assert (path, path.read_bytes()) == (tmp_path / "laid" / "a.svs", b"tissue")


def test_several_files_stand_in_one_folder_and_none_hides_another(store: BlobStore, tmp_path: Path) -> None:
    names = ("level.dcm", "1/level.dcm", "../level.dcm", "3/..", "", "1", "level.dcm/x", "/etc/passwd")
    files = [put(store, name, name.encode()) for name in names]
    folder = laid_out(store, Row(tuple(files)), tmp_path / "laid")
    assert folder == tmp_path / "laid"
    found = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert sorted(found) == sorted(file.name.encode() for file in files)
    assert (folder / "level.dcm").read_bytes() == b"level.dcm"
    assert (folder / "1" / "level.dcm").read_bytes() == b"1/level.dcm"


def test_a_slide_with_a_leading_file_is_laid_out_as_it_came(store: BlobStore, tmp_path: Path) -> None:
    names = ("a.mrxs", "a/Slidedat.ini", "a/Data0000.dat")
    row = Row(tuple(put(store, name, name.encode()) for name in names))
    path = laid_out(store, row, tmp_path / "laid")
    assert path == tmp_path / "laid" / "a.mrxs"
    assert [(path.parent / name).read_bytes() for name in names] == [name.encode() for name in names]


def test_a_record_without_files_and_a_lost_blob_are_said(store: BlobStore, tmp_path: Path) -> None:
    lost = File("a.svs", hashlib.sha256(b"lost").hexdigest())
    for row in (Row(()), Row((lost,)), Row((lost, lost))):
        with pytest.raises(BlobMissing):
            laid_out(store, row, tmp_path / "laid")


def test_a_copy_is_made_in_pieces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    store = BlobStore(url="memory:///")
    data = b"tissue" * 1_000_000
    digest = store.put_bytes(HERE, data).digest

    def whole(*_: object) -> bytes:
        raise AssertionError("a slide of gigabytes stands in memory")

    monkeypatch.setattr(store, "read", whole)
    store.fetch(HERE, digest, tmp_path / "copy")
    assert checksums.of_file(tmp_path / "copy").digest == digest


def test_a_copy_that_is_not_what_its_name_says_is_not_kept(blob_store: BlobStore, tmp_path: Path) -> None:
    digest = blob_store.put_bytes(HERE, b"tissue").digest
    path = blob_store.local_path(HERE, digest)
    assert path is not None
    path.chmod(0o640)
    path.write_bytes(b"tixxue")
    with pytest.raises(BlobCorrupt):
        blob_store.fetch(HERE, digest, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_full_disk_leaves_no_part_of_a_copy(
    blob_store: BlobStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    digest = blob_store.put_bytes(HERE, b"tissue").digest

    def full(self: checksums.Running, chunk: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checksums.Running, "update", full)
    with pytest.raises(StorageFull):
        blob_store.fetch(HERE, digest, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
