"""The shipped algorithm contract, run on every algorithm."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from coverslip.analysis.algorithm import Algorithm, PixelSource
from coverslip.analysis.algorithms.ki67 import Ki67Classical
from coverslip.phantoms.field import field
from coverslip.slides.slide import RgbImage
from coverslip.testing.contracts.algorithm import AlgorithmContract
from coverslip.testing.pixels import ArrayPixels


@cache
def rendered(spacing_um: float) -> RgbImage:
    return field(21, (900, 760), spacing_um).rgb


class TestKi67Classical(AlgorithmContract):
    def algorithm(self) -> Algorithm:
        return Ki67Classical()

    def same_with_other_tiles(self) -> Sequence[Algorithm]:
        return [Ki67Classical(tile_px=97), Ki67Classical(tile_px=256)]

    def field(self) -> PixelSource:
        return ArrayPixels(rendered(0.25), 0.25)


class TestKi67ClassicalAtAnOddSpacing(AlgorithmContract):
    def algorithm(self) -> Algorithm:
        return Ki67Classical()

    def same_with_other_tiles(self) -> Sequence[Algorithm]:
        return [Ki67Classical(tile_px=131)]

    def field(self) -> PixelSource:
        return ArrayPixels(rendered(0.3457), 0.3457)


class TestKi67ClassicalOnFinePixels(AlgorithmContract):
    def algorithm(self) -> Algorithm:
        return Ki67Classical()

    def same_with_other_tiles(self) -> Sequence[Algorithm]:
        return [Ki67Classical(tile_px=131)]

    def field(self) -> PixelSource:
        return ArrayPixels(field(22, 1400, 0.16).rgb, 0.16)
