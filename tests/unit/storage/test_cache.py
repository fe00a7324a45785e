"""The local cache is bounded, shared, survives a restart, and never gives bytes that it was not given."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from coverslip.storage import cached_blob
from coverslip.storage.cache import Cache
from coverslip.storage.cached_blob import BLOCK_BYTES, CachedBlob, map_of
from coverslip.storage.errors import BlobCorrupt, CacheFull, StorageUnavailable

HERE = uuid4()
MB = 1_000_000
LIMIT = 16 * MB
DATA = os.urandom(BLOCK_BYTES * 20 + 17)
DIGEST = hashlib.sha256(DATA).hexdigest()


class Storage:
    """Object storage that counts."""

    def __init__(self, data: bytes = DATA) -> None:
        self.data = data
        self.asked: list[tuple[int, int]] = []
        self.away = False

    def fetch(self, start: int, length: int) -> bytes:
        if self.away:
            raise StorageUnavailable(problem="away")
        self.asked.append((start, length))
        return self.data[start : start + length]

    def blob(self, cache: Cache, digest: str = DIGEST, organization: UUID = HERE) -> CachedBlob:
        return cache.blob(organization, digest, lambda: len(self.data), self.fetch)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", LIMIT)


@pytest.fixture
def laid(tmp_path: Path) -> Path:
    folder = tmp_path / "laid"
    folder.mkdir()
    return folder


def test_a_range_is_asked_for_once_in_whole_blocks(cache: Cache) -> None:
    storage = Storage()
    blob = storage.blob(cache)
    assert blob.read_now(10, 5) is None
    assert blob.read_at(10, 5) == DATA[10:15]
    assert blob.read_now(10, 5) == DATA[10:15]
    assert blob.read_at(100, BLOCK_BYTES * 3) == DATA[100 : 100 + BLOCK_BYTES * 3]
    assert storage.asked == [(0, BLOCK_BYTES), (BLOCK_BYTES, 3 * BLOCK_BYTES)]
    assert blob.read_at(len(DATA) - 3, 100) == DATA[-3:]
    assert blob.read_at(len(DATA), 1) == b""


def test_neighbouring_blocks_are_one_request_and_long_ones_are_cut(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cached_blob, "MOST_AT_ONCE", 8)
    storage = Storage()
    assert storage.blob(cache).read_at(0, len(DATA)) == DATA
    assert [length for _, length in storage.asked] == [8 * BLOCK_BYTES, 8 * BLOCK_BYTES, 4 * BLOCK_BYTES + 17]


def test_what_is_cached_survives_a_restart_and_is_shared(cache: Cache, tmp_path: Path) -> None:
    Storage().blob(cache).read_at(0, len(DATA))
    cache.close()
    storage = Storage()
    assert storage.blob(Cache(tmp_path / "cache", LIMIT)).read_at(0, len(DATA)) == DATA
    assert storage.asked == []


def test_another_organization_has_a_blob_of_its_own(cache: Cache) -> None:
    Storage().blob(cache).read_at(0, 10)
    other = Storage()
    other.blob(cache, organization=uuid4()).read_at(0, 10)
    assert other.asked != []


@pytest.mark.parametrize("harm", ["a flipped bit", "a lost write", "a map of rubbish", "a map cut short"])
def test_what_a_failing_disk_left_is_fetched_again(cache: Cache, tmp_path: Path, harm: str) -> None:
    blob = Storage().blob(cache)
    blob.read_at(0, len(DATA))
    cache.close()
    with blob.path.open("r+b") as data, map_of(blob.path).open("r+b") as known:
        if harm == "a flipped bit":
            data.seek(BLOCK_BYTES + 3)
            data.write(bytes([DATA[BLOCK_BYTES + 3] ^ 1]))
        elif harm == "a lost write":
            data.truncate(BLOCK_BYTES)
            data.truncate(len(DATA))
        elif harm == "a map of rubbish":
            known.write(os.urandom(64))
        else:
            known.truncate(30)
    storage = Storage()
    assert storage.blob(Cache(tmp_path / "cache", LIMIT)).read_at(0, len(DATA)) == DATA
    assert storage.asked != []


def test_the_longest_unread_goes_first_and_the_limit_holds(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", LIMIT)
    digests = [f"{number:064x}" for number in range(12)]
    for number, digest in enumerate(digests):
        blob = Storage().blob(cache, digest)
        blob.read_at(0, len(DATA))
        os.utime(map_of(blob.path), (number, number))
        blob.close()
    used = sum(path.stat().st_blocks * 512 for path in (tmp_path / "cache").iterdir())
    assert used <= LIMIT
    there = {path.name[37:101] for path in (tmp_path / "cache").glob("*.data")}
    assert digests[-1] in there
    assert digests[0] not in there
    assert cache.trim(0) == 0


def test_a_blob_thrown_out_by_another_process_is_fetched_again(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cached_blob, "LOOK_SECONDS", 0.0)
    storage = Storage()
    blob = storage.blob(cache)
    blob.read_at(0, 10)
    Cache(tmp_path / "cache", LIMIT).trim(0)
    assert not blob.path.exists()
    assert blob.read_at(0, 10) == DATA[:10]
    assert len(storage.asked) == 2
    assert blob.path.exists()


def test_a_file_that_is_needed_stays_until_it_is_released(cache: Cache, tmp_path: Path, laid: Path) -> None:
    path = cache.whole(Storage().blob(cache), DIGEST, laid)
    other = Cache(tmp_path / "cache", LIMIT)
    assert other.trim(0) > 0
    assert path.read_bytes() == DATA
    cache.release(laid)
    assert other.trim(0) == 0


def test_a_file_whose_folder_is_gone_is_released(cache: Cache, tmp_path: Path, laid: Path) -> None:
    cache.whole(Storage().blob(cache), DIGEST, laid)
    laid.rmdir()
    laid.mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    laid.rmdir()
    cache.whole(Storage().blob(cache), DIGEST, elsewhere)
    cache.release(elsewhere)
    assert cache.trim(0) == 0


def test_a_whole_file_is_compared_with_its_digest_and_wrong_bytes_are_not_kept(cache: Cache, laid: Path) -> None:
    wrong = Storage(DATA[:-1] + b"\0" if DATA[-1] else DATA[:-1] + b"\1")
    with pytest.raises(BlobCorrupt):
        cache.whole(wrong.blob(cache), DIGEST, laid)
    assert list(cache.folder.glob("*.data")) == []
    cache.forget(HERE, DIGEST)
    assert cache.whole(Storage().blob(cache), DIGEST, laid).read_bytes() == DATA


def test_a_slide_that_does_not_fit_is_said(tmp_path: Path, laid: Path) -> None:
    small = Cache(tmp_path / "small", MB)
    with pytest.raises(CacheFull):
        small.whole(Storage().blob(small), DIGEST, laid)


def test_a_cache_full_of_files_in_use_is_said(tmp_path: Path, laid: Path) -> None:
    small = Cache(tmp_path / "small", 4 * MB)
    small.whole(Storage().blob(small), DIGEST, laid)
    with pytest.raises(CacheFull):
        small.whole(Storage().blob(small, "1" * 64), "1" * 64, laid)
    assert small.whole(Storage().blob(small), DIGEST, laid).exists()


def test_a_full_disk_is_no_reason_not_to_show_a_slide(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: bytes, offset: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    blob = Storage().blob(cache)
    blob.read_at(0, 10)
    monkeypatch.setattr(os, "pwrite", full)
    assert blob.read_at(BLOCK_BYTES, 10) == DATA[BLOCK_BYTES : BLOCK_BYTES + 10]
    monkeypatch.undo()
    assert blob.read_now(BLOCK_BYTES, 10) is None


def test_a_storage_that_is_away_does_not_matter_for_what_is_here(cache: Cache) -> None:
    storage = Storage()
    blob = storage.blob(cache)
    blob.read_at(0, 10)
    storage.away = True
    assert blob.read_at(0, 10) == DATA[:10]
    with pytest.raises(StorageUnavailable):
        blob.read_at(BLOCK_BYTES, 10)
    storage.away = False
    assert blob.read_at(BLOCK_BYTES, 10) == DATA[BLOCK_BYTES : BLOCK_BYTES + 10]


def test_many_who_want_the_same_ask_once(cache: Cache) -> None:
    storage = Storage()
    blob = storage.blob(cache)
    gate = threading.Event()
    fetch = storage.fetch

    def slow(start: int, length: int) -> bytes:
        gate.wait(30)
        return fetch(start, length)

    blob._fetch = slow
    got: list[bytes] = []
    threads = [threading.Thread(target=lambda: got.append(blob.read_at(5, 100))) for _ in range(8)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert got == [DATA[5:105]] * 8
    assert storage.asked == [(0, BLOCK_BYTES)]
