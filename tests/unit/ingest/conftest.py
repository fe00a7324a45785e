"""A case that awaits its slides, and slide files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from coverslip.cases.accession import register_case
from coverslip.cases.registration import NewBlock, NewCase, NewPatient, NewSlide, NewSpecimen
from coverslip.ingest.intake import Taken, take_in
from coverslip.ingest.settle import Patience
from coverslip.phantoms.label import SlideLabel
from coverslip.phantoms.recipe import recipe
from coverslip.phantoms.slide import write_slide
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.storage.blobs import BlobStore
from coverslip.vocabulary.markers import Marker
from coverslip.vocabulary.roles import Role
from coverslip.vocabulary.stains import Stain

ACCESSION = "S25-00123"
AT_ONCE = Patience(quiet_seconds=0.0)


@dataclass(frozen=True)
class Laboratory:
    """A registered case with slides A1-1 (HE), A1-2 (Ki-67, barcode) and A1-3 (ER), and the means to take files in."""

    database: Database
    blobs: BlobStore
    actor: Actor
    case_id: UUID
    block_id: UUID

    def take(self, path: Path, patience: Patience = AT_ONCE) -> Taken:
        return take_in(self.database, self.blobs, self.actor, path, patience=patience)


@pytest.fixture
def laboratory(database: Database, blob_store: BlobStore, actor_of: Callable[[Role], Actor]) -> Laboratory:
    expected = (
        NewSlide("1", Stain.HE),
        NewSlide("2", Stain.IHC_DAB, barcode="S25-00123-A1-2", marker=Marker.KI67, clone="MIB-1"),
        NewSlide("3", Stain.IHC_DAB, marker=Marker.ER),
    )
    specimen = NewSpecimen("A", "76752008", "core_biopsy", blocks=(NewBlock("1", expected),))
    new = NewCase(ACCESSION, NewPatient("P-1", "王芳", "female"), (specimen,))
    actor = actor_of(Role.TECHNICIAN)
    with database.transaction(actor) as tx:
        case = register_case(tx, new)
    return Laboratory(database, blob_store, actor, case.id, case.specimens[0].blocks[0].id)


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
def slide_file(_rendered: dict[str, Path], tmp_path: Path) -> Callable[..., Path]:
    """A copy of a slide under another name: `slide_file("labelled", "x.svs")`."""

    def copy(kind: str, name: str) -> Path:
        folder = tmp_path / "scanner"
        folder.mkdir(exist_ok=True)
        return Path(shutil.copy(_rendered[kind], folder / name))

    return copy
