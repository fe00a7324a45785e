"""Real scanner files taken in: each is a slide with its first look, or is refused with its reason."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from coverslip.ingest.barcodes import read_barcodes
from coverslip.ingest.intake import take_in
from coverslip.ingest.settle import Patience
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.queries import slide as slides
from coverslip.storage.blobs import BlobStore
from coverslip.vocabulary.roles import Role

pytestmark = pytest.mark.real

DATA = Path(os.environ.get("COVERSLIP_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
LABELS = DATA / "open" / "labels"
FLAGS: dict[str, tuple[str, ...]] = {
    "CMU-1-Small-Region.svs": (),
    "TCGA-CR-7395-01A-01-TS1.svs": ("SPACING_UNKNOWN",),
    "fluorescence-dapi.ndpi": (),
}


@pytest.mark.parametrize("name", FLAGS)
def test_a_real_slide_is_taken_in_with_thumbnail_and_quality(
    database: Database, blob_store: BlobStore, actor_of: Callable[[Role], Actor], name: str
) -> None:
    actor = actor_of(Role.TECHNICIAN)
    path = DATA / "open" / "slides" / name
    taken = take_in(database, blob_store, actor, path, patience=Patience(quiet_seconds=0.0))
    with database.transaction(actor) as tx:
        slide = slides.slide(tx, taken.slide_id)
    assert slide is not None
    assert slide.properties is not None
    assert (taken.outcome, taken.flags) == ("unmatched", ("NOT_NAMED", *FLAGS[name]))
    assert 0.02 < slide.properties["quality"]["tissue_share"] <= 1.0
    assert "thumbnail" in slide.properties["pictures"]


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("barcode_datamatrix.jpeg", ("123455b45GR4",)),
        ("barcode_datamatrix_cropped.jpg", ("123455b45GR4",)),
        ("barcode_wikipedia_pdf417.png", ("Wikipedia",)),
        ("barcode_cant_read.jpg", ()),
        ("ndpi_macro.jpg", ()),
        ("ndpi_jpeg_pixel_equal_extraction_macro.jpg", ()),
    ],
)
def test_the_barcode_of_a_photographed_label_is_read_or_nothing_is(name: str, texts: tuple[str, ...]) -> None:
    picture = cv2.imread(str(LABELS / name))
    assert picture is not None, f"{LABELS / name} is missing"
    upright = np.asarray(picture[:, :, ::-1], dtype=np.uint8)
    for quarter in range(4):
        assert read_barcodes(np.ascontiguousarray(np.rot90(upright, quarter))) == texts
