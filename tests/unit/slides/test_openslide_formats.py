"""MRXS and VMS files, written from OpenSlide's description and read through OpenSlide."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from coverslip.phantoms.files.mrxs import write_mrxs
from coverslip.phantoms.files.picture import Rgb, halved, tissue
from coverslip.phantoms.files.vms import write_vms
from coverslip.slides.bundle_errors import SlideIncomplete
from coverslip.slides.isolation import open_isolated
from coverslip.slides.registry import open_slide
from coverslip.vocabulary.geometry import Box

IMAGE = tissue(512, 384)
MACRO, LABEL = tissue(120, 60, 2), tissue(60, 60, 3)
JPEG_TOLERANCE = 2.0


def difference(ours: Rgb, theirs: Rgb) -> float:
    return float(np.abs(ours.astype(np.int16) - theirs).mean())


def test_an_mrxs_slide_shows_the_picture_at_every_level(tmp_path: Path) -> None:
    path = write_mrxs(tmp_path / "slide.mrxs", IMAGE, macro=MACRO, label=LABEL)
    with open_isolated(path) as slide:
        properties = slide.properties
        assert (properties.format, properties.vendor, properties.objective_power) == ("mrxs", "3DHISTECH", 20)
        assert properties.spacing is not None
        assert properties.spacing.mean_um == pytest.approx(0.25)
        for number, factor in enumerate((1, 2, 4)):
            expected = halved(IMAGE, factor) if factor > 1 else IMAGE
            whole = slide.region(number, Box(0, 0, expected.shape[1], expected.shape[0]))
            assert difference(whole, expected) < JPEG_TOLERANCE
        assert difference(slide.associated("macro"), MACRO) < JPEG_TOLERANCE
        assert difference(slide.associated("label"), LABEL) < JPEG_TOLERANCE


@pytest.mark.parametrize("missing", ["folder", "Slidedat.ini"])
def test_an_mrxs_file_without_its_folder_is_incomplete_and_never_its_preview(tmp_path: Path, missing: str) -> None:
    path = write_mrxs(tmp_path / "slide.mrxs", IMAGE, macro=MACRO, label=LABEL)
    if missing == "folder":
        shutil.rmtree(tmp_path / "slide")
    else:
        (tmp_path / "slide" / missing).unlink()
    with pytest.raises(SlideIncomplete) as caught:
        open_slide(path)
    assert "Slidedat.ini" in caught.value.message("zh-CN")


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (2, 1), (2, 2)])
def test_a_vms_slide_shows_its_pictures_as_one(tmp_path: Path, columns: int, rows: int) -> None:
    path = write_vms(tmp_path / "slide.vms", IMAGE, macro=MACRO, columns=columns, rows=rows)
    with open_isolated(path) as slide:
        properties = slide.properties
        assert (properties.format, properties.vendor, properties.objective_power) == ("vms", "Hamamatsu", 40)
        assert properties.spacing is not None
        assert properties.spacing.mean_um == pytest.approx(0.25)
        assert difference(slide.region(0, Box(0, 0, 512, 384)), IMAGE) < JPEG_TOLERANCE
        assert difference(slide.region(1, Box(0, 0, 256, 192)), halved(IMAGE, 2)) < JPEG_TOLERANCE + 1
        assert difference(slide.associated("macro"), MACRO) < JPEG_TOLERANCE
