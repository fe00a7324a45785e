"""Object storage that answers 503, half a body, wrong bytes or nothing: what comes of it is stated, never guessed.

The server is real; a proxy in front of it breaks its answers. A fault that passes is waited out with growing pauses;
one that stays is `StorageUnavailable`; bytes that are not those of the digest are `BlobCorrupt`; half a body is none.
"""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast
from uuid import uuid4

import obstore
import pytest
from obstore.exceptions import GenericError
from pydantic import SecretStr

from coverslip.errors import InvalidInput
from coverslip.settings import Settings
from coverslip.storage import checksums, object_place
from coverslip.storage.blobs import BlobStore
from coverslip.storage.errors import BlobCorrupt, BlobMissing, StorageUnavailable
from coverslip.storage.place import aside_name
from coverslip.testing.faulty_proxy import Fault, FaultyProxy
from coverslip.testing.object_storage import SECRET_KEY, ObjectStorage

HERE = uuid4()
SMALL = os.urandom(300_000)
LARGE = os.urandom(1_000_000) * 40
DIGEST = checksums.of_bytes(SMALL).digest
PASSING: tuple[Fault, ...] = ("503", "hang up")
FAULTS: tuple[Fault, ...] = ("503", "half a body", "silence", "hang up")


@pytest.fixture
def proxy(object_storage: ObjectStorage) -> Iterator[FaultyProxy]:
    with FaultyProxy(object_storage.endpoint) as proxy:
        yield proxy


@pytest.fixture
def store(object_storage: ObjectStorage, proxy: FaultyProxy, tmp_path: Path) -> Iterator[BlobStore]:
    settings = object_storage.settings(tmp_path, proxy.endpoint, s3_timeout_seconds=2.0, s3_retries=2)
    store = BlobStore.open(settings)
    yield store
    store.close()


@pytest.fixture
def patient_store(object_storage: ObjectStorage, proxy: FaultyProxy, tmp_path: Path) -> Iterator[BlobStore]:
    """One that a busy machine does not make give up."""
    settings = object_storage.settings(tmp_path, proxy.endpoint, s3_timeout_seconds=20.0, s3_retries=6)
    store = BlobStore.open(settings)
    yield store
    store.close()


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_is_waited_out(patient_store: BlobStore, proxy: FaultyProxy, fault: Fault) -> None:
    store = patient_store
    proxy.break_down(fault, times=2)
    assert store.put_bytes(HERE, SMALL).digest == DIGEST
    proxy.break_down(fault, times=2)
    assert store.read(HERE, DIGEST) == SMALL
    proxy.break_down(fault, times=2)
    assert store.open_range(HERE, DIGEST, 5, 10) == SMALL[5:15]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_stays_is_said(store: BlobStore, proxy: FaultyProxy, fault: Fault, tmp_path: Path) -> None:
    store.put_bytes(HERE, SMALL)
    proxy.break_down(fault, method="GET")
    with pytest.raises(StorageUnavailable):
        store.read(HERE, DIGEST)
    with pytest.raises(StorageUnavailable):
        store.open_range(HERE, DIGEST, 0, 1000)
    with pytest.raises(StorageUnavailable):
        store.fetch(HERE, DIGEST, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    with pytest.raises(StorageUnavailable):
        store.ranged(HERE, DIGEST).read_at(0, 10)
    proxy.mend()
    assert store.ranged(HERE, DIGEST).read_at(0, 10) == SMALL[:10]


def test_an_answer_that_is_too_short_is_no_answer(store: BlobStore, proxy: FaultyProxy, tmp_path: Path) -> None:
    store.put_bytes(HERE, SMALL)
    proxy.break_down("short answer", method="GET")
    with pytest.raises((StorageUnavailable, BlobCorrupt)):
        store.read(HERE, DIGEST)
    with pytest.raises((StorageUnavailable, BlobCorrupt)):
        store.verify(HERE, DIGEST)
    with pytest.raises(StorageUnavailable):
        store.open_range(HERE, DIGEST, 0, 1000)
    with pytest.raises(StorageUnavailable):
        store.ranged(HERE, DIGEST).read_at(0, 10)


def test_wrong_bytes_are_found_and_not_kept(store: BlobStore, proxy: FaultyProxy, tmp_path: Path) -> None:
    store.put_bytes(HERE, SMALL)
    (tmp_path / "laid").mkdir()
    proxy.break_down("wrong bytes", method="GET")
    with pytest.raises(BlobCorrupt):
        store.read(HERE, DIGEST)
    with pytest.raises(BlobCorrupt):
        store.cached_file(HERE, DIGEST, tmp_path / "laid")
    proxy.mend()
    assert store.cached_file(HERE, DIGEST, tmp_path / "laid").read_bytes() == SMALL


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["in one", "in parts"])
@pytest.mark.parametrize("known", [True, False], ids=["known digest", "unknown digest"])
def test_what_could_not_be_sent_whole_is_not_there(
    store: BlobStore, proxy: FaultyProxy, tmp_path: Path, fault: Fault, data: bytes, known: bool
) -> None:
    source = tmp_path / "slide.svs"
    source.write_bytes(data)
    digest = checksums.of_bytes(data).digest
    proxy.break_down(fault, method="PUT")
    if fault == "half a body":
        # The server took it; only its answer was cut, which for an upload says nothing. It is tried again.
        proxy.break_down(fault, times=1, method="PUT")
        store.put_file(HERE, source, digest if known else None)
        store.verify(HERE, digest)
        return
    with pytest.raises(StorageUnavailable):
        store.put_file(HERE, source, digest if known else None)
    proxy.mend()
    assert list(store.list()) == []
    assert list(store.hot.leftovers()) == []
    assert store.put_file(HERE, source, digest if known else None).digest == digest
    store.verify(HERE, digest)


@pytest.fixture
def small_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that copies 20 MB in one call and no more, as Amazon's does with 5 GB."""
    limit, real = 20_000_000, obstore.copy

    def copy(store: Any, key: str, to: str) -> None:
        if obstore.head(store, key)["size"] > limit:
            raise GenericError("InvalidRequest: the specified copy source is larger than the maximum allowable size")
        real(store, key, to)

    monkeypatch.setattr(obstore, "copy", copy)
    monkeypatch.setattr(object_place, "LARGEST_COPY", limit)


class Unseekable(io.RawIOBase):
    """As intake reads: once, from its beginning to its end."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, count: int = -1) -> bytes:
        return self._data.read(count)

    def seek(self, *_: object) -> int:
        raise OSError("not seekable")


@pytest.mark.usefixtures("small_copies")
def test_a_stream_larger_than_the_storage_copies_in_one_call_comes_in(
    object_storage: ObjectStorage, tmp_path: Path
) -> None:
    store = BlobStore.open(object_storage.settings(tmp_path))
    told: list[int] = []
    stored = store.put_stream(HERE, cast(IO[bytes], Unseekable(LARGE)), progress=told.append)
    assert stored == checksums.of_bytes(LARGE)
    assert sum(told) == len(LARGE)
    store.verify(HERE, stored.digest)
    assert list(store.hot.leftovers()) == []
    name = aside_name(HERE, stored.digest)
    store.hot.set_aside(HERE, stored.digest, name)
    assert not store.exists(HERE, stored.digest)
    assert [(left.name, left.size_bytes) for left in store.hot.leftovers()] == [(name, len(LARGE))]


@pytest.mark.usefixtures("small_copies")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_second_pass_that_is_cut_leaves_nothing(store: BlobStore, proxy: FaultyProxy, fault: Fault) -> None:
    proxy.break_down(fault, method="GET")
    with pytest.raises((StorageUnavailable, BlobCorrupt)):
        store.put_stream(HERE, cast(IO[bytes], Unseekable(LARGE)))
    proxy.mend()
    assert list(store.list()) == []
    assert list(store.hot.leftovers()) == []


def test_a_storage_that_is_gone_is_said_at_once(object_storage: ObjectStorage, tmp_path: Path) -> None:
    settings = object_storage.settings(tmp_path, "http://127.0.0.1:9", s3_timeout_seconds=1.0, s3_retries=1)
    store = BlobStore.open(settings)
    with pytest.raises(StorageUnavailable):
        store.exists(HERE, DIGEST)
    with pytest.raises(StorageUnavailable):
        store.put_bytes(HERE, SMALL)
    with pytest.raises(StorageUnavailable):
        list(store.list())


def test_a_wrong_key_is_refused_and_its_secret_is_nowhere(
    object_storage: ObjectStorage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = "a-wrong-secret-of-the-test"
    caplog.set_level(logging.DEBUG)
    settings = object_storage.settings(tmp_path, s3_secret_access_key=SecretStr(wrong))
    with pytest.raises(StorageUnavailable) as refused:
        BlobStore.open(settings).put_bytes(HERE, SMALL)
    for text in (str(refused.value), repr(settings), settings.model_dump_json(), caplog.text):
        assert wrong not in text
        assert SECRET_KEY not in text


def test_a_blob_that_is_not_there_is_missing_not_unavailable(store: BlobStore) -> None:
    assert store.size(HERE, DIGEST) is None
    with pytest.raises(BlobMissing):
        store.read(HERE, DIGEST)
    with pytest.raises(BlobMissing):
        store.ranged(HERE, DIGEST)


@pytest.mark.parametrize(
    "address", ["s3://key:secret@bucket/x", "ftp://host/x", "s3:///x", "bucket", "s3://b/x?acl=public", "file://h/x"]
)
def test_an_address_that_cannot_be_meant_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        BlobStore.open(Settings(data_dir=tmp_path, storage_url=address))
    assert "secret@" not in str(refused.value)


def test_a_certificate_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, storage_url="s3://bucket/x", s3_ca_file=tmp_path / "none.pem")
    with pytest.raises(InvalidInput):
        BlobStore.open(settings)
