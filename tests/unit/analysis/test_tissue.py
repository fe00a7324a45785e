"""Only tissue is read; what counts as tissue does not depend on tiles."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from coverslip.analysis.pixels import SlidePixels
from coverslip.analysis.regions.tissue import find_tissue
from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.svs import SvsOptions, write_svs
from coverslip.slides.registry import open_slide
from coverslip.slides.slide import RgbImage
from coverslip.testing.pixels import ArrayPixels
from coverslip.vocabulary.geometry import Box, Region
from coverslip.vocabulary.units import Spacing


def islands() -> RgbImage:
    """Glass of 2,400 x 2,000 px with one island of tissue of 800 x 640 px, and a speck of dust."""
    picture = np.full((2000, 2400, 3), 244, np.uint8)
    picture[320:960, 640:1440] = (205, 190, 215)
    picture[1700:1716, 300:316] = 60
    return picture


def test_tissue_is_the_island_and_a_margin() -> None:
    pixels = ArrayPixels(islands(), 0.25)
    found = find_tissue(pixels, Region.from_box(pixels.bounds))
    inside = np.array([[641.0, 321.0], [1400.0, 900.0]], np.float32)
    far = np.array([[100.0, 100.0], [2000.0, 1500.0], [305.0, 1705.0]], np.float32)
    assert found.holds(inside[:, 0], inside[:, 1]).all()
    assert not found.holds(far[:, 0], far[:, 1]).any()
    assert found.area_mm2 == pytest.approx(1000 * 840 * 0.25**2 * 1e-6, rel=0.15)


def test_a_box_on_glass_is_not_touched() -> None:
    pixels = ArrayPixels(islands(), 0.25)
    found = find_tissue(pixels, Region.from_box(pixels.bounds))
    assert found.touches(Box(600, 300, 200, 200))
    assert not found.touches(Box(1800, 1400, 500, 500))
    assert not found.touches(Box(5000, 5000, 10, 10))


def test_glass_alone_is_empty() -> None:
    pixels = ArrayPixels(np.full((900, 900, 3), 240, np.uint8), 0.25)
    assert find_tissue(pixels, Region.from_box(pixels.bounds)).empty


def test_a_region_wholly_on_tissue_is_tissue() -> None:
    pixels = ArrayPixels(islands(), 0.25)
    found = find_tissue(pixels, Region.from_box(Box(700, 400, 400, 320)))
    assert found.area_mm2 == pytest.approx(400 * 320 * 0.25**2 * 1e-6, rel=0.05)


def test_a_region_smaller_than_a_cell_of_the_grid_is_not_lost() -> None:
    pixels = ArrayPixels(islands(), 0.25)
    found = find_tissue(pixels, Region(shapely.Point(1000, 600).buffer(6)))
    assert not found.empty
    assert 0 < found.area_mm2 <= pixels.spacing.area_mm2(shapely.Point(0, 0).buffer(6).area) * 1.0001


def test_spots_lie_on_tissue_and_are_always_the_same() -> None:
    pixels = ArrayPixels(islands(), 0.25)
    found = find_tissue(pixels, Region.from_box(pixels.bounds))
    spots = found.spots(20)
    assert len(spots) == 20
    x, y = np.array(spots, np.float32).T
    assert found.holds(x, y).all()
    assert found.spots(20) == spots


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_pixels_of_a_slide_do_not_depend_on_the_box_they_are_read_in(
    tmp_path_factory: pytest.TempPathFactory, factor: int
) -> None:
    path = write_svs(tmp_path_factory.mktemp("slide") / "a.svs", tissue(640, 480), SvsOptions(factors=(1, 2, 4)))
    spacing = Spacing.square(0.25)
    with open_slide(path) as slide:
        pixels = SlidePixels(slide, spacing)
        whole = pixels.read(Box(0, 0, 640, 480), 0.25 * factor)
        part = pixels.read(Box(64, 96, 320, 256), 0.25 * factor)
    x, y = 64 // factor, 96 // factor
    np.testing.assert_array_equal(part, whole[y : y + 256 // factor, x : x + 320 // factor])


def test_pixels_beyond_the_slide_are_white(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = write_svs(tmp_path_factory.mktemp("slide") / "a.svs", tissue(300, 200))
    with open_slide(path) as slide:
        beyond = SlidePixels(slide, Spacing.square(0.25)).read(Box(280, 180, 100, 100), 0.5)
    assert beyond.shape == (50, 50, 3)
    assert (beyond[12:, 12:] == 255).all()
