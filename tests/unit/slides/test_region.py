"""Reading at any resolution: exact sizes, exact means, no shift between levels, no seam between reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.svs import SvsOptions, write_svs
from coverslip.phantoms.files.tiff import write_tiff
from coverslip.slides import region
from coverslip.slides.associated import thumbnail
from coverslip.slides.readers.tiff import TiffReader
from coverslip.slides.region import Resampling, best_source, read_scaled, resample
from coverslip.slides.slide import RgbImage, Slide
from coverslip.slides.tiled import exact_downsample
from coverslip.vocabulary.geometry import Box

IMAGE = tissue(512, 384)


@pytest.fixture
def lossless(tmp_path: Path) -> Path:
    """Levels 1, 2 and 4 without any loss, 0.25 um a pixel."""
    return write_tiff(tmp_path / "a.tif", IMAGE, tile=(64, 64), factors=(1, 2, 4), mpp=0.25)


def read_at_spacing(slide: Slide, bounds: Box, spacing_um: float) -> RgbImage:
    """`bounds` (level 0) at a spacing, as whoever measures asks for it."""
    factor = spacing_um / 0.25
    return read_scaled(slide, bounds, (max(1, round(bounds.width / factor)), max(1, round(bounds.height / factor))))


def means(image: RgbImage, factor: int) -> RgbImage:
    height, width = image.shape[0] // factor, image.shape[1] // factor
    parts = image[: height * factor, : width * factor].reshape(height, factor, width, factor, 3)
    return np.asarray(parts.astype(np.float64).mean(axis=(1, 3)).round(), dtype=np.uint8)


@pytest.mark.parametrize("spacing", [0.1, 0.2, 0.25, 0.3, 0.4999, 0.5, 0.6, 1.0, 1.7, 8.0])
def test_the_size_is_rounded_from_the_spacing(lossless: Path, spacing: float) -> None:
    bounds = Box(11, 23, 301, 203)
    with TiffReader().open(lossless) as slide:
        pixels = read_at_spacing(slide, bounds, spacing)
    assert pixels.shape == (round(203 * 0.25 / spacing), round(301 * 0.25 / spacing), 3)


def test_at_its_own_spacing_a_slide_is_read_unchanged(lossless: Path) -> None:
    with TiffReader().open(lossless) as slide:
        assert np.array_equal(read_at_spacing(slide, Box(33, 17, 200, 100), 0.25), IMAGE[17:117, 33:233])


@pytest.mark.parametrize("factor", [2, 4, 8, 16])
def test_a_coarser_read_is_the_mean_of_what_it_covers(lossless: Path, factor: int) -> None:
    with TiffReader().open(lossless) as slide:
        pixels = read_at_spacing(slide, Box(0, 0, 512, 384), 0.25 * factor)
    assert np.abs(pixels.astype(int) - means(IMAGE, factor)).max() <= 2


def test_levels_are_not_shifted_against_each_other(tmp_path: Path) -> None:
    """A ramp of two grey levels a pixel, read through each level, has everywhere the value of the place read.

    Half a pixel of the level of downsample 8 would be eight grey levels.
    """
    ramp = np.tile((2 * np.arange(128))[None, :, None], (64, 1, 3)).astype(np.uint8)
    path = write_tiff(tmp_path / "ramp.tif", ramp, tile=(32, 32), factors=(1, 2, 4, 8), mpp=0.25)
    with TiffReader().open(path) as slide:
        for spacing, level in ((0.25, 0), (0.5, 1), (0.75, 1), (1.0, 2), (1.5, 2), (2.0, 3)):
            assert best_source(slide, spacing / 0.25)[0] == level
            pixels = read_at_spacing(slide, Box(16, 0, 96, 48), spacing)
            centres = 16 + (np.arange(pixels.shape[1]) + 0.5) * spacing / 0.25
            tolerance = 0.5 if spacing in (0.25, 0.5, 1.0, 2.0) else 1.5
            assert np.abs(pixels[5, :, 0] - (2 * centres - 1)).max() <= tolerance


def test_reads_side_by_side_join_without_a_seam(lossless: Path) -> None:
    with TiffReader().open(lossless) as slide:
        whole = read_scaled(slide, Box(0, 0, 510, 300), (170, 100))
        left = read_scaled(slide, Box(0, 0, 255, 300), (85, 100))
        right = read_scaled(slide, Box(255, 0, 255, 300), (85, 100))
    assert np.array_equal(np.hstack([left, right]), whole)


def test_a_large_read_drawn_in_parts_is_the_same(lossless: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with TiffReader().open(lossless) as slide:
        for size in ((170, 128), (100, 75), (512, 384), (700, 525)):
            whole = read_scaled(slide, Box(0, 0, 512, 384), size)
            monkeypatch.setattr(region, "SOURCE_PIXELS_AT_ONCE", 4096)
            assert np.array_equal(read_scaled(slide, Box(0, 0, 512, 384), size), whole)
            monkeypatch.undo()


def test_beyond_the_slide_is_white(lossless: Path) -> None:
    with TiffReader().open(lossless) as slide:
        pixels = read_at_spacing(slide, Box(-200, -200, 150, 150), 0.5)
        assert pixels.min() == 255
        assert read_at_spacing(slide, Box(-40, 0, 80, 40), 0.5)[:, :20].min() == 255


def test_the_coarsest_level_that_is_fine_enough_is_read(lossless: Path) -> None:
    with TiffReader().open(lossless) as slide:
        assert [best_source(slide, step)[0] for step in (0.5, 1.0, 1.99, 2.0, 3.9, 4.0, 90.0)] == [0, 0, 1, 1, 1, 2, 2]


def test_jpeg_levels_are_decoded_small_where_it_helps(tmp_path: Path) -> None:
    path = write_svs(tmp_path / "a.svs", IMAGE, SvsOptions(tile=(128, 128), factors=(1,), mpp=0.25))
    with TiffReader().open(path) as slide:
        assert [best_source(slide, step)[1] for step in (1.0, 2.0, 3.0, 4.0, 8.0, 20.0)] == [1, 2, 2, 4, 8, 8]
        for factor in (2, 4, 8):
            pixels = read_at_spacing(slide, Box(0, 0, 512, 384), 0.25 * factor).astype(int)
            assert np.abs(pixels - means(IMAGE, factor)).mean() < 3


def test_a_thumbnail_keeps_the_shape_and_never_enlarges(lossless: Path) -> None:
    with TiffReader().open(lossless) as slide:
        assert thumbnail(slide, 128).shape == (96, 128, 3)
        assert thumbnail(slide, 4000).shape == (384, 512, 3)


@pytest.mark.parametrize(
    ("base", "level", "expected"),
    [
        ((4443, 3567), (2221, 1783), 2.0),
        ((46000, 32914), (11500, 8228), 4.0),
        ((46000, 32914), (2875, 2057), 16.0),
        ((1000, 900), (333, 300), 3.0),
        ((1000, 900), (667, 600), 1.4996),
    ],
)
def test_downsample_is_the_whole_number_that_rounding_hides(
    base: tuple[int, int], level: tuple[int, int], expected: float
) -> None:
    assert exact_downsample(base, level) == pytest.approx(expected, abs=1e-3)


@given(
    start=st.floats(-500, 500),
    step=st.floats(0.1, 30),
    size=st.integers(1, 40),
)
def test_weights_sum_to_one_and_keep_a_flat_field_flat(start: float, step: float, size: int) -> None:
    resampling = Resampling(start, step, size)
    weights = resampling.blend(np.eye(resampling.count, dtype=np.float32))
    assert weights.shape == (size, resampling.count)
    assert np.allclose(weights.sum(axis=1), 1, atol=1e-5)
    flat = np.full((resampling.count, resampling.count, 3), 137, np.uint8)
    assert np.all(resample(flat, resampling, resampling) == 137)


@given(start=st.floats(0, 200), step=st.floats(1.0, 12), size=st.integers(1, 30), seed=st.integers(0, 9))
def test_an_output_pixel_is_the_mean_over_exactly_what_it_covers(
    start: float, step: float, size: int, seed: int
) -> None:
    resampling = Resampling(start, step, size)
    values = np.random.default_rng(seed).uniform(0, 255, resampling.count)
    integral = np.concatenate([[0], np.cumsum(values)])
    edges = start - resampling.first + step * np.arange(size + 1)
    exact = np.diff(np.interp(edges, np.arange(resampling.count + 1), integral)) / step
    assert np.allclose(resampling.blend(np.eye(resampling.count, dtype=np.float32)) @ values, exact, atol=0.02)
