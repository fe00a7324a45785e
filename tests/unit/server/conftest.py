"""The real server on the test's own database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from coverslip.records.database import Database
from coverslip.storage.blobs import BlobStore
from coverslip.testing.server import ServerForTests, serving


@pytest.fixture
def served(database: Database, blob_store: BlobStore) -> Iterator[ServerForTests]:
    """Running until the test ends."""
    with serving(database, blob_store) as server:
        yield server
