"""Pixels at the spacing asked for lie where the slide has them, whatever its pyramid."""

from __future__ import annotations

import numpy as np
import pytest

from coverslip.analysis.pixels import SlidePixels
from coverslip.slides.slide import Level, RgbImage, SlideProperties
from coverslip.slides.tiled import exact_downsample
from coverslip.testing.report_desk import PaintedSlide
from coverslip.vocabulary.geometry import Box
from coverslip.vocabulary.units import Spacing

WIDTH, HEIGHT = 40_000, 8_000
SPACING = Spacing.square(0.25)


class RampSlide(PaintedSlide):
    """Grey grows from left to right, so that every pixel tells where it lies; level 1 has the size given."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__()
        self.downsample = exact_downsample((WIDTH, HEIGHT), (width, height))
        self.sizes = ((WIDTH, HEIGHT, 1.0), (width, height, WIDTH / width))

    @property
    def properties(self) -> SlideProperties:
        levels = tuple(Level(w, h, d, 256, 256, "jpeg", True) for w, h, d in self.sizes)
        return SlideProperties("svs", "ramp", None, WIDTH, HEIGHT, levels, SPACING, 40.0, (), None, None)

    def region(self, level: int, bounds: Box) -> RgbImage:
        step = (1.0, self.downsample)[level]
        grey = (np.arange(bounds.x, bounds.right) + 0.5) * step / WIDTH * 255
        row = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
        return np.broadcast_to(row[None, :, None], (bounds.height, bounds.width, 3)).copy()


class StripedSlide(RampSlide):
    """Every third column is dark: a shift by one pixel of a level is seen at once."""

    def region(self, level: int, bounds: Box) -> RgbImage:
        row = np.where(np.arange(bounds.x, bounds.right) % 3 == 0, 60, 200).astype(np.uint8)
        return np.broadcast_to(row[None, :, None], (bounds.height, bounds.width, 3)).copy()


pyramids = pytest.mark.parametrize(
    ("width", "height"),
    [(5_000, 1_000), (4_999, 999), (4_932, 986), (5_070, 1_014)],
    ids=["8", "8, rounded down", "8.11", "7.89"],
)


@pyramids
def test_a_read_at_the_far_end_shows_the_far_end(width: int, height: int) -> None:
    pixels = SlidePixels(RampSlide(width, height), SPACING)
    bounds = Box(36_000, 0, 3_200, 320)
    read = pixels.read(bounds, 0.25 * 16)
    assert read.shape == (20, 200, 3)
    centre = (bounds.x + bounds.width / 2) / WIDTH * 255
    assert float(read.mean()) == pytest.approx(centre, abs=0.5)


@pyramids
def test_neighbouring_reads_join_without_a_step(width: int, height: int) -> None:
    pixels = SlidePixels(StripedSlide(width, height), SPACING)
    whole = pixels.read(Box(36_000, 0, 3_200, 320), 0.25 * 16)
    for cut in (1_600, 1_616, 1_632, 1_648):
        left = pixels.read(Box(36_000, 0, cut, 320), 0.25 * 16)
        right = pixels.read(Box(36_000 + cut, 0, 3_200 - cut, 320), 0.25 * 16)
        joined = np.concatenate([left, right], axis=1).astype(int)
        assert np.abs(joined - whole).max() <= 1
