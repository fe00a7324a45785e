"""What every store of bytes has to do, wherever the bytes lie: subclass `BlobStoreContract` and give it a store."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from coverslip.storage import place as places
from coverslip.storage.blobs import BlobStore
from coverslip.storage.checksums import Checksum
from coverslip.storage.errors import BlobCorrupt, BlobMissing, StorageUnavailable
from coverslip.storage.object_place import PART_BYTES

SMALL = b"tissue" * 1000
LARGE = os.urandom(1024 * 1024) * 40
"""Sent in three parts."""


def digest_of(data: bytes) -> str:
    """SHA-256, lower-case hex."""
    return hashlib.sha256(data).hexdigest()


class BlobStoreContract:
    """Inherit as `TestMyStore(BlobStoreContract)` and override the fixture `store`."""

    @pytest.fixture
    def store(self) -> Iterator[BlobStore]:
        """An empty store."""
        raise NotImplementedError

    @pytest.fixture
    def here(self) -> UUID:
        return uuid4()

    @pytest.mark.parametrize("data", [b"", b"x", SMALL, LARGE], ids=["nothing", "a byte", "small", "in parts"])
    def test_a_file_comes_back_as_it_was(self, store: BlobStore, here: UUID, tmp_path: Path, data: bytes) -> None:
        source = tmp_path / "slide.svs"
        source.write_bytes(data)
        told: list[int] = []
        assert store.put_file(here, source, progress=told.append) == Checksum(digest_of(data), len(data))
        assert store.read(here, digest_of(data)) == data
        assert store.size(here, digest_of(data)) == len(data)
        assert sum(told) == len(data)
        assert source.read_bytes() == data
        assert list(store.hot.leftovers()) == []

    @pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "in parts"])
    def test_a_file_of_known_digest_comes_back_as_it_was(
        self, store: BlobStore, here: UUID, tmp_path: Path, data: bytes
    ) -> None:
        source = tmp_path / "slide.svs"
        source.write_bytes(data)
        store.put_file(here, source, digest_of(data))
        store.verify(here, digest_of(data))
        store.fetch(here, digest_of(data), tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == data

    @pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "in parts"])
    def test_bytes_that_are_not_what_was_expected_are_not_kept(
        self, store: BlobStore, here: UUID, tmp_path: Path, data: bytes
    ) -> None:
        source = tmp_path / "slide.svs"
        source.write_bytes(data)
        with pytest.raises(BlobCorrupt):
            store.put_file(here, source, "0" * 64)
        with source.open("rb") as stream, pytest.raises(BlobCorrupt):
            store.put_stream(here, stream, "0" * 64)
        assert list(store.list(here)) == []
        assert list(store.hot.leftovers()) == []

    def test_a_stream_comes_back_as_it_was(self, store: BlobStore, here: UUID, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(SMALL)
        with (tmp_path / "file").open("rb") as stream:
            store.put_stream(here, stream, digest_of(SMALL))
        assert store.read(here, digest_of(SMALL)) == SMALL

    @pytest.mark.parametrize(
        ("start", "length"), [(0, 1), (5, 7), (PART_BYTES - 3, 6), (len(LARGE) - 1, 1), (0, len(LARGE))]
    )
    def test_a_range_is_those_bytes(self, store: BlobStore, here: UUID, start: int, length: int) -> None:
        digest = store.put_bytes(here, LARGE).digest
        assert store.open_range(here, digest, start, length) == LARGE[start : start + length]

    def test_a_range_beyond_the_end_is_no_short_answer(self, store: BlobStore, here: UUID) -> None:
        digest = store.put_bytes(here, SMALL).digest
        with pytest.raises(StorageUnavailable):
            store.open_range(here, digest, len(SMALL) - 1, 2)

    def test_the_same_bytes_twice_are_one_blob(self, store: BlobStore, here: UUID) -> None:
        store.put_bytes(here, SMALL)
        store.put_bytes(here, SMALL)
        assert [(blob.digest, blob.size_bytes) for blob in store.list(here)] == [(digest_of(SMALL), len(SMALL))]

    def test_another_organization_does_not_see_a_blob(self, store: BlobStore, here: UUID) -> None:
        digest = store.put_bytes(here, SMALL).digest
        elsewhere = uuid4()
        assert not store.exists(elsewhere, digest)
        assert list(store.list(elsewhere)) == []
        with pytest.raises(BlobMissing):
            store.read(elsewhere, digest)

    def test_a_deleted_blob_is_gone_and_deleting_again_does_nothing(self, store: BlobStore, here: UUID) -> None:
        digest = store.put_bytes(here, SMALL).digest
        store.delete(here, digest)
        store.delete(here, digest)
        assert not store.exists(here, digest)
        for ask in (store.read, store.verify, store.local_path if store.folder else store.read):
            with pytest.raises(BlobMissing):
                ask(here, digest)

    @pytest.mark.parametrize("name", ["", "../../etc/passwd", "g" * 64, "A" * 64, "0" * 63])
    def test_what_is_no_digest_names_nothing(self, store: BlobStore, here: UUID, name: str) -> None:
        assert not store.exists(here, name)
        store.delete(here, name)
        with pytest.raises(BlobMissing):
            store.read(here, name)

    def test_damaged_bytes_are_set_aside_unchanged_until_they_are_dropped(self, store: BlobStore, here: UUID) -> None:
        digest = store.put_bytes(here, SMALL).digest
        name = places.aside_name(here, digest)
        store.hot.set_aside(here, digest, name)
        assert name.startswith(places.ASIDE)
        assert not store.exists(here, digest)
        assert list(store.list(here)) == []
        assert [left.name for left in store.hot.leftovers()] == [name]
        store.put_bytes(here, SMALL)
        store.hot.drop_aside(name)
        store.hot.drop_aside(name)
        assert store.read(here, digest) == SMALL

    def test_only_what_the_store_left_itself_can_be_removed_by_name(self, store: BlobStore, here: UUID) -> None:
        digest = store.put_bytes(here, SMALL).digest
        for name in (places.key_of(here, digest), f"{places.INCOMING}/../{places.key_of(here, digest)}"):
            with pytest.raises(ValueError, match="not in"):
                store.hot.remove_leftover(name)
            with pytest.raises(ValueError, match="not in"):
                store.hot.drop_aside(name)
        assert store.read(here, digest) == SMALL

    def test_a_mark_is_seen_where_it_was_left(self, store: BlobStore) -> None:
        name = store.hot.leave_mark()
        assert store.hot.has_mark(name)
        store.hot.remove_leftover(name)
        assert not store.hot.has_mark(name)
        assert list(store.hot.leftovers()) == []

    def test_a_range_through_the_cache_is_those_bytes(self, store: BlobStore, here: UUID) -> None:
        digest = store.put_bytes(here, LARGE).digest
        blob = store.ranged(here, digest)
        for start, length in ((0, 10), (131_070, 5), (len(LARGE) - 7, 100), (1_000_000, 900_000)):
            assert blob.read_at(start, length) == LARGE[start : start + length]
        assert blob.read_now(131_070, 5) == LARGE[131_070:131_075]
