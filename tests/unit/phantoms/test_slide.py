"""Phantom slides as files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import openslide
import pytest
import tifffile
import zxingcpp

from coverslip.phantoms.field import field
from coverslip.phantoms.label import SlideLabel
from coverslip.phantoms.mosaic import ASSUMED_SPACING_UM, write_mosaic
from coverslip.phantoms.pyramid import Extra, PyramidWriter, level_sizes
from coverslip.phantoms.recipe import recipe
from coverslip.phantoms.slide import write_slide
from coverslip.slides.registry import open_slide

LABEL = SlideLabel("S25-00123", ("A1-2", "Ki-67 (MIB-1)"), "S25-00123-A1-2")


@pytest.fixture(scope="module")
def slide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("phantom") / "slide.svs"
    write_slide(path, 7, 2300, 1700, label=LABEL)
    return path


def test_openslide_opens_it_as_aperio_with_its_spacing_and_levels(slide: Path) -> None:
    with openslide.OpenSlide(slide) as opened:
        assert opened.properties[openslide.PROPERTY_NAME_VENDOR] == "aperio"
        assert opened.level_dimensions == ((2300, 1700), (575, 425))
        assert float(opened.properties[openslide.PROPERTY_NAME_MPP_X]) == 0.25
        assert opened.properties[openslide.PROPERTY_NAME_OBJECTIVE_POWER] == "40"
        assert set(opened.associated_images) == {"label", "macro", "thumbnail"}


def test_our_own_reader_opens_it_and_passes_its_tiles_through(slide: Path) -> None:
    with open_slide(slide) as opened:
        properties = opened.properties
    assert (properties.format, properties.width, properties.height) == ("svs", 2300, 1700)
    assert properties.spacing is not None
    assert properties.spacing.x_um == 0.25
    assert all(level.passthrough for level in properties.levels)
    assert set(properties.associated) == {"label", "macro", "thumbnail"}


def test_the_pixels_are_those_of_the_field_with_the_same_seed(slide: Path) -> None:
    with openslide.OpenSlide(slide) as opened:
        stored = np.asarray(opened.read_region((0, 0), 0, (2300, 1700)).convert("RGB")).astype(int)
    rendered = field(7, (2300, 1700), chosen=recipe()).rgb.astype(int)
    assert np.abs(stored - rendered).mean() < 4


def test_the_levels_show_the_same_tissue_without_any_shift(slide: Path) -> None:
    with openslide.OpenSlide(slide) as opened:
        full = np.asarray(opened.read_region((0, 0), 0, (2300, 1700)).convert("RGB")).astype(float)
        small = np.asarray(opened.read_region((0, 0), 1, (575, 425)).convert("RGB")).astype(float)
    mean = full.reshape(425, 4, 575, 4, 3).mean(axis=(1, 3))
    here = np.abs(mean - small).mean()
    shifted = [np.abs(mean - np.roll(small, (dy, dx), (0, 1))).mean() for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0))]
    assert here < 5
    assert here < 0.5 * min(shifted)


def test_the_label_carries_a_data_matrix_that_can_be_read(slide: Path) -> None:
    with openslide.OpenSlide(slide) as opened:
        label = np.asarray(opened.associated_images["label"].convert("RGB"))
    assert [code.text for code in zxingcpp.read_barcodes(label)] == ["S25-00123-A1-2"]


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_slide(tmp_path / name, seed, 700, 500, label=LABEL)
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_a_slide_can_be_written_without_its_pixel_size(tmp_path: Path) -> None:
    write_slide(tmp_path / "a.svs", 1, 600, 400, without_spacing=True)
    with openslide.OpenSlide(tmp_path / "a.svs") as opened:
        assert openslide.PROPERTY_NAME_MPP_X not in opened.properties
        assert openslide.PROPERTY_NAME_OBJECTIVE_POWER not in opened.properties


@pytest.mark.parametrize(("width", "height"), [(16, 16), (257, 255), (1025, 70), (70, 4099)])
def test_any_size_gives_a_file_whose_levels_all_have_their_pixels(tmp_path: Path, width: int, height: int) -> None:
    writer = PyramidWriter(width, height)
    for top in range(0, height, 100):
        writer.add(np.full((min(100, height - top), width, 3), 90, np.uint8))
    writer.flush()
    thumbnail = np.full((40, 40, 3), 90, np.uint8)
    writer.write(tmp_path / "a.tif", ["level"] * len(writer.sizes), [Extra(thumbnail, "thumbnail")], "test", 0.25)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        pages = [file.pages[i] for i in range(len(file.pages)) if i != 1]
        assert [(p.shape[1], p.shape[0]) for p in pages] == [(s.width, s.height) for s in level_sizes(width, height)]
        assert all(abs(int(p.asarray().mean()) - 90) <= 1 for p in pages)


def test_the_mosaic_is_real_tissue_with_a_spacing_named_as_assumed(tmp_path: Path) -> None:
    write_mosaic(tmp_path / "a.svs", 1, 1200, 900)
    with openslide.OpenSlide(tmp_path / "a.svs") as opened:
        assert float(opened.properties[openslide.PROPERTY_NAME_MPP_X]) == ASSUMED_SPACING_UM
        assert "spacing assumed" in opened.properties["aperio.Note"]
        middle = np.asarray(opened.read_region((400, 300), 0, (300, 300)).convert("RGB"))
    assert middle.std() > 25


def test_the_command_writes_slide_and_truth_and_prints_the_counts(tmp_path: Path) -> None:
    out, truth = tmp_path / "a.svs", tmp_path / "a.geojson"
    call = [sys.executable, "-c", "from coverslip.cli.main import main; main()", "phantom"]
    options = ["--out", str(out), "--width", "600", "--height", "500", "--outline", "full", "--truth", str(truth)]
    done = subprocess.run([*call, *options], capture_output=True, text=True, check=True)
    printed = json.loads(done.stdout)
    features = json.loads(truth.read_text(encoding="utf-8"))["features"]
    assert out.stat().st_size > 0
    assert sum(f["properties"]["counted"] for f in features) == printed["positive"] + printed["negative"]


@pytest.mark.parametrize("options", [["--width", "3"], ["--positive-percent", "101"], ["--seed", "-1"]])
def test_bad_input_exits_2_and_writes_nothing(tmp_path: Path, options: list[str]) -> None:
    out = tmp_path / "a.svs"
    call = [sys.executable, "-c", "from coverslip.cli.main import main; main()", "phantom", "--out", str(out)]
    assert subprocess.run([*call, *options], capture_output=True, check=False).returncode == 2
    assert not out.exists()
