"""A key image shows what LittleCMS computes from the slide's profile: the colour target, printed and measured."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image, ImageCms

from coverslip.phantoms.colour import COLUMNS, PATCH_PX, PATCHES, scanner_profile, table_profile
from coverslip.phantoms.files.colour_target import write_colour_target
from coverslip.records.models import Slide as SlideRow
from coverslip.reports.key_images import KeyImage, cut
from coverslip.slides.colour.difference import ciede2000, lab_of
from coverslip.slides.colour.table import ColourSpace
from coverslip.slides.isolation import open_isolated
from coverslip.slides.slide import Slide

PROFILES = {"matrix": scanner_profile(), "table": table_profile(), "none": b"", "broken": scanner_profile()[:-40]}
OUTCOMES = {"matrix": "applied", "table": "applied", "none": "none", "broken": "unusable"}
STORED = np.array([colour for _, colour in PATCHES], dtype=np.uint8)


@pytest.mark.parametrize("kind", PROFILES)
def test_a_key_image_is_within_two_of_littlecms(tmp_path: Path, kind: str) -> None:
    path = write_colour_target(tmp_path / "target.svs", PROFILES[kind])

    @contextmanager
    def opened(_row: SlideRow) -> Iterator[Slide]:
        with open_isolated(path) as slide:
            yield slide

    row = SlideRow(id=uuid4())
    whole = KeyImage(row.id, 0, 0, COLUMNS * PATCH_PX, len(PATCHES) // COLUMNS * PATCH_PX, "")
    (made,) = cut([whole], {row.id: row}, opened)
    assert made.colour == OUTCOMES[kind]
    wanted = STORED
    if made.colour == "applied":
        shown = ImageCms.profileToProfile(
            Image.fromarray(STORED[None]),
            io.BytesIO(PROFILES[kind]),
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        wanted = np.asarray(shown, dtype=np.uint8).reshape(-1, 3)
    printed = np.asarray(Image.open(io.BytesIO(made.data)))
    seen = printed[PATCH_PX // 2 :: PATCH_PX, PATCH_PX // 2 :: PATCH_PX].reshape(-1, 3)
    srgb = ColourSpace.SRGB
    assert ciede2000(lab_of(seen, srgb), lab_of(wanted, srgb)).max() < 2
