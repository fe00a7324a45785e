"""A pixel size is believed, or the slide opens without one and says why; nothing is measured on a contradiction."""

from __future__ import annotations

from pathlib import Path

import pytest
import tifffile

from coverslip.analysis.pixels import SlidePixels
from coverslip.phantoms.files.bif import BifOptions, write_bif
from coverslip.phantoms.files.picture import halved, tissue
from coverslip.phantoms.files.svs import SvsOptions, write_svs
from coverslip.slides.describe import from_json, to_json
from coverslip.slides.errors import SpacingUnknown
from coverslip.slides.registry import open_slide
from coverslip.slides.spacing import (
    StatedSpacing,
    checked_by_levels,
    spacing_of_numbers,
    spacing_of_texts,
)
from coverslip.vocabulary.units import Spacing

IMAGE = tissue(400, 300)


@pytest.mark.parametrize("text", ["0", "-0.25", "1e9", "nan", "inf", "1e-9", "a quarter", "0.25 um/px?"])
def test_a_stated_size_that_no_scanner_gives_is_a_problem(text: str) -> None:
    assert spacing_of_texts(text, text) == StatedSpacing(None, "SPACING_NOT_CREDIBLE")


@pytest.mark.parametrize("text", [None, "", "  "])
def test_a_file_that_states_nothing_has_no_problem(text: str | None) -> None:
    assert spacing_of_texts(text, text) == StatedSpacing(None, None)


def test_sides_that_differ_beyond_reason_are_a_problem() -> None:
    assert spacing_of_numbers(0.25, 2.5).problem == "SPACING_NOT_CREDIBLE"
    assert spacing_of_texts("0,25", "0,25").spacing == Spacing.square(0.25)


def test_levels_that_agree_or_repeat_or_say_nothing_leave_the_size() -> None:
    stated = spacing_of_numbers(0.25, 0.25)
    agreeing = [Spacing.square(0.25), Spacing.square(1.01), Spacing.square(0.2501), None]
    assert checked_by_levels(stated, agreeing, [1, 4, 16, 64]) == stated


def test_a_level_that_contradicts_takes_the_size_away() -> None:
    stated = spacing_of_numbers(0.25, 0.25)
    assert checked_by_levels(stated, [None, Spacing.square(0.5)], [1, 4]) == StatedSpacing(
        None, "SPACING_LEVELS_DIFFER"
    )


@pytest.mark.parametrize("extra", ["|MPP = -0.25", "|MPP = 0", "|MPP = 1000000"])
def test_a_slide_with_an_absurd_size_opens_and_is_not_measured(tmp_path: Path, extra: str) -> None:
    with open_slide(write_svs(tmp_path / "a.svs", IMAGE, SvsOptions(mpp=None, extra=extra))) as slide:
        assert slide.properties.spacing is None
        assert slide.properties.spacing_problem == "SPACING_NOT_CREDIBLE"
        assert slide.region(0, slide.properties.bounds).shape == IMAGE.shape
        with pytest.raises(SpacingUnknown):
            SlidePixels(slide)


def test_a_slide_whose_levels_contradict_each_other_opens_and_is_not_measured(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as tiff:
        for factor, stated_um in ((1, 0.25), (2, 0.9)):
            level = halved(IMAGE, factor) if factor > 1 else IMAGE
            per_centimetre = (1e4 / stated_um, 1e4 / stated_um)
            tiff.write(
                level, photometric="rgb", tile=(64, 64), resolution=per_centimetre, resolutionunit="CENTIMETER",
                subfiletype=int(factor > 1), metadata=None,
            )  # fmt: skip
    with open_slide(path) as slide:
        assert len(slide.properties.levels) == 2
        assert slide.properties.spacing is None
        assert slide.properties.spacing_problem == "SPACING_LEVELS_DIFFER"
        assert from_json(to_json(slide.properties)).spacing_problem == "SPACING_LEVELS_DIFFER"


def test_a_bif_with_a_scan_resolution_of_nought_is_not_measured(tmp_path: Path) -> None:
    with open_slide(write_bif(tmp_path / "a.bif", tissue(400, 300), BifOptions(spacing_um=0.0))) as slide:
        assert slide.properties.spacing_problem == "SPACING_NOT_CREDIBLE"
