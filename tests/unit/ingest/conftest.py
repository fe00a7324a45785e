"""A case that awaits its slides, and slide files."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coverslip.ingest.watched_folders import add_folder
from coverslip.phantoms.label import SlideLabel
from coverslip.phantoms.recipe import recipe
from coverslip.phantoms.slide import write_slide
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.settings import Settings
from coverslip.slides.isolation import DecoderPool
from coverslip.storage.blobs import BlobStore
from coverslip.testing.laboratory import Laboratory, open_laboratory
from coverslip.vocabulary.roles import Role
from tests.unit.ingest.scanner import QUIET, Scanner


@pytest.fixture
def laboratory(
    database: Database, blob_store: BlobStore, actor_of: Callable[[Role], Actor], _decoders: DecoderPool
) -> Laboratory:
    """A registered case whose slides are expected."""
    return open_laboratory(database, blob_store, actor_of(Role.TECHNICIAN), _decoders)


@pytest.fixture(scope="session")
def _decoders() -> Iterator[DecoderPool]:
    with DecoderPool() as pool:
        yield pool


@pytest.fixture(scope="session")
def _rendered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("slides")
    labels = {"plain": None, "labelled": "S25-00123-A1-2", "other": "S25-00123-A1-3"}
    for seed, (name, barcode) in enumerate(labels.items()):
        label = SlideLabel("S25-00123", ("A1",), barcode)
        write_slide(folder / f"{name}.svs", seed, 900, 700, recipe(outline="full"), label=label)
    write_slide(folder / "unmeasured.svs", 9, 900, 700, recipe(outline="full"), without_spacing=True)
    return {path.stem: path for path in folder.iterdir()}


@pytest.fixture
def slide_file(_rendered: dict[str, Path], tmp_path: Path) -> Callable[[str, str], Path]:
    """A copy of a slide under another name: `slide_file("labelled", "x.svs")`."""

    def copy(kind: str, name: str) -> Path:
        folder = tmp_path / "scanner"
        folder.mkdir(exist_ok=True)
        return Path(shutil.copy(_rendered[kind], folder / name))

    return copy


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", watch_roots=(tmp_path / "shares" / "{organization}",))


@pytest.fixture
def scanner(laboratory: Laboratory, tmp_path: Path, settings: Settings) -> Scanner:
    root = tmp_path / "shares" / "QH" / "scanner1"
    root.mkdir(parents=True)
    with laboratory.database.transaction(Actor.system(laboratory.actor.organization_id)) as tx:  # type: ignore[arg-type]
        folder = add_folder(tx, settings, str(root), quiet_seconds=QUIET, after_days=0)
    return Scanner(laboratory, root, settings, folder)
