"""A folder, object storage and obstore's memory keep the same promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from coverslip.storage.blobs import BlobStore
from coverslip.testing.contracts.blob_store import BlobStoreContract


class TestFolder(BlobStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[BlobStore]:
        store = BlobStore(folder=tmp_path / "blobs")
        yield store
        store.close()


class TestMemory(BlobStoreContract):
    @pytest.fixture
    def store(self) -> Iterator[BlobStore]:
        store = BlobStore(url="memory:///")
        yield store
        store.close()


class TestS3(BlobStoreContract):
    @pytest.fixture
    def store(self, s3_store: BlobStore) -> BlobStore:
        return s3_store
