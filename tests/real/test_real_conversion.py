"""Real slides converted: no error by dciodvfy, the same pixels, other programs open them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import openslide
import pydicom
import pytest
from wsidicom import WsiDicom

from coverslip.conversion.convert import convert
from coverslip.conversion.errors import SpacingNeeded
from coverslip.conversion.options import Options, SeriesOptions
from coverslip.slides.registry import open_slide
from coverslip.slides.slide import Slide
from coverslip.vocabulary.geometry import Box
from coverslip.vocabulary.units import Spacing

pytestmark = pytest.mark.real

REPOSITORY = Path(__file__).parents[2]
DATA = Path(os.environ.get("COVERSLIP_SHARED_DATA", REPOSITORY.parent / "shared" / "data")) / "open"
NO_SPACING = "slides/TCGA-CR-7395-01A-01-TS1.svs"
SLIDES = [
    "slides/CMU-1-Small-Region.svs",
    NO_SPACING,
    "slides/fluorescence-dapi.ndpi",
    "dicom/multi_frame_jpeg_camelyon_challenge_image.dcm",
    "dicom/multi_frame_jpeg2000_camelyon_challenge_image.dcm",
]
OTHER_TILE_SIZES = ("slides/fluorescence-dapi.ndpi",)
"""Each level is stored in strips of its own width; wsidicom wants the tiles of a series to be of one size."""


def converted(name: str, target: Any, out: Path) -> Path:
    spacing = Spacing.square(0.25) if name == NO_SPACING else None
    done = convert(DATA / name, target, out, Options(series=SeriesOptions(spacing=spacing)))
    levels = [image for image in done.images if image.kind == "volume"]
    assert levels[0].passed_through
    if target != "dicom" or name not in OTHER_TILE_SIZES:
        assert all(level.passed_through for level in levels)
    return out if target == "dicom" else out / done.images[0].file


def whole(slide: Slide, level: int) -> Any:
    described = slide.properties.levels[level]
    return slide.region(level, Box(0, 0, described.width, described.height))


@pytest.mark.parametrize("name", SLIDES)
def test_a_dicom_series_without_an_error_and_with_every_pixel(name: str, tmp_path: Path) -> None:
    out = converted(name, "dicom", tmp_path / "out")
    for file in sorted(out.iterdir()):
        told = subprocess.run(["dciodvfy", str(file)], capture_output=True, text=True, check=False).stderr
        assert "VLWholeSlideMicroscopyImage" in told
        assert [line for line in told.splitlines() if "Error" in line] == [], file.name
    with (
        open_slide(DATA / name) as before,
        open_slide(out) as after,
        openslide.OpenSlide(str(out / "level-0.dcm")) as other,
        WsiDicom.open(out) as third,
    ):
        assert len(third.levels) == other.level_count == len(before.properties.levels)
        for level, described in enumerate(before.properties.levels):
            expected = whole(before, level)
            assert np.array_equal(whole(after, level), expected), level
            size = described.width, described.height
            assert np.array_equal(np.asarray(other.read_region((0, 0), level, size).convert("RGB")), expected), level


@pytest.mark.parametrize("target", ["tiff", "ome-tiff"])
@pytest.mark.parametrize("name", SLIDES)
def test_a_tiff_with_every_pixel(name: str, target: str, tmp_path: Path) -> None:
    with open_slide(DATA / name) as before, open_slide(converted(name, target, tmp_path)) as after:
        assert len(after.properties.levels) == len(before.properties.levels)
        for level in range(len(before.properties.levels)):
            assert np.array_equal(whole(after, level), whole(before, level)), level


def test_a_slide_without_a_pixel_size_is_refused_unless_it_is_given(tmp_path: Path) -> None:
    with pytest.raises(SpacingNeeded):
        convert(DATA / NO_SPACING, "dicom", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_dicom_source_becomes_a_new_series_that_keeps_its_frames(tmp_path: Path) -> None:
    name = "dicom/multi_frame_jpeg_camelyon_challenge_image.dcm"
    before = pydicom.dcmread(DATA / name)
    after = pydicom.dcmread(converted(name, "dicom", tmp_path / "out") / "level-0.dcm")
    assert before.SOPInstanceUID != after.SOPInstanceUID
    frames = [
        list(pydicom.encaps.generate_frames(each.PixelData, number_of_frames=int(each.NumberOfFrames)))
        for each in (before, after)
    ]
    assert len(frames[0]) == len(frames[1])
    assert all(old.rstrip(b"\0")[-64:] == new.rstrip(b"\0")[-64:] for old, new in zip(*frames, strict=True))
