"""A small phantom slide, and a finished reading of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from coverslip.phantoms.recipe import recipe
from coverslip.phantoms.slide import write_slide
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.storage.blobs import BlobStore
from coverslip.testing.reading_example import StoredSlide, stored_slide
from coverslip.vocabulary.roles import Role


@pytest.fixture(scope="session")
def slide_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("phantom") / "ki67.svs"
    write_slide(path, 41, 1600, 1200, recipe("ki67", outline="full"))
    return path


@pytest.fixture
def slide(
    database: Database, blob_store: BlobStore, actor_of: Callable[[Role], Actor], slide_file: Path
) -> StoredSlide:
    return stored_slide(database, blob_store, actor_of(Role.TECHNICIAN), slide_file)
