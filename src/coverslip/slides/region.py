"""Pixels of a slide at any resolution: the best stored level, decoded small where it helps, area-averaged to size.

Every output pixel is the mean of exactly the part of the slide that it covers: pixel j of a level with downsample d
covers [j*d, (j+1)*d) of level 0, so that no half-pixel shift arises between levels and neighbouring reads join without
a seam.
"""

from __future__ import annotations

import math
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from coverslip.slides.slide import RgbImage, Slide
from coverslip.slides.tiled import ReducedReads, check_region_size, white_image
from coverslip.vocabulary.geometry import Box

TOLERANCE = 0.01
"""A level up to 1 % coarser than asked for is still used: scanners state 0.2502 um where 0.25 is asked."""
SOURCE_PIXELS_AT_ONCE = 16 * 1024 * 1024
STORED_PIXELS_AT_ONCE = 64 * 1024 * 1024
"""Decoded small, a part may have more stored pixels than it gives: as many as a slow decoder does in a few seconds."""


def read_scaled(slide: Slide, bounds: Box, size: tuple[int, int]) -> RgbImage:
    """`bounds` (level 0) drawn in `size` (width, height) pixels; (height, width, 3) uint8, white beyond the slide.

    Raises `RegionTooLarge`, `TileUnreadable`. Memory stays bounded: large sources are drawn in parts.
    """
    width, height = size
    check_region_size(Box(0, 0, width, height))
    step = bounds.width / width, bounds.height / height
    level, reduction = best_source(slide, min(step))
    pitch = slide.properties.levels[level].downsample * reduction
    stored = slide.properties.levels[level].downsample
    covered = min(SOURCE_PIXELS_AT_ONCE * pitch * pitch, STORED_PIXELS_AT_ONCE * stored * stored)
    side = max(16, math.isqrt(int(covered / max(1.0, step[0] * step[1]))))
    if width <= side and height <= side:
        return _part(slide, level, reduction, bounds, step, Box(0, 0, width, height))
    image = white_image(width, height)
    for top in range(0, height, side):
        for left in range(0, width, side):
            part = Box(left, top, min(side, width - left), min(side, height - top))
            image[part.y : part.bottom, part.x : part.right] = _part(slide, level, reduction, bounds, step, part)
    return image


def best_source(slide: Slide, step: float) -> tuple[int, int]:
    """(level, DCT reduction) whose pixels are nearest below `step` level-0 pixels, the coarsest level first."""
    levels = slide.properties.levels
    fine_enough = [n for n, level in enumerate(levels) if level.downsample <= step * (1 + TOLERANCE)] or [0]
    level = max(fine_enough, key=lambda n: levels[n].downsample)
    reduction = 1
    if isinstance(slide, ReducedReads):
        room = step * (1 + TOLERANCE) / levels[level].downsample
        reduction = max([1, *(factor for factor in slide.reductions(level) if factor <= room)])
    return level, reduction


def _part(slide: Slide, level: int, reduction: int, bounds: Box, step: tuple[float, float], part: Box) -> RgbImage:
    """One part of the output: the source pixels it covers, resampled."""
    pitch = slide.properties.levels[level].downsample * reduction
    across = Resampling.of(bounds.x + part.x * step[0], step[0], part.width, pitch)
    down = Resampling.of(bounds.y + part.y * step[1], step[1], part.height, pitch)
    source = Box(across.first, down.first, across.count, down.count)
    if reduction > 1:
        pixels = cast(ReducedReads, slide).reduced_region(level, reduction, source)  # `best_source` has looked
    else:
        pixels = slide.region(level, source)
    return resample(pixels, across, down)


class Resampling:
    """One direction of a resampling: source pixels `first` ... `first + count - 1` give `size` output pixels."""

    def __init__(self, start: float, step: float, size: int) -> None:
        """`start`: left edge of the first output pixel, `step`: width of each, in source pixels."""
        self.step = step
        self.size = size
        if step >= 1 - 1e-9:
            self.first = math.floor(start + 1e-6)
            last = math.ceil(start + step * size - 1e-6)
        else:
            self.first = math.floor(start + step / 2 - 0.5)
            last = math.floor(start + step * (size - 0.5) - 0.5) + 2
        self.count = max(1, last - self.first)
        self.offset = start - self.first
        whole = abs(step - round(step)) < 1e-9 and abs(self.offset - round(self.offset)) < 1e-6
        self.factor = round(step) if whole and self.count == round(step) * size else None
        """Whole source pixels an output pixel covers, where edges fall on edges."""

    @classmethod
    def of(cls, start: float, step: float, size: int, pitch: float) -> Resampling:
        """From pixels of level 0; `pitch`: level-0 pixels a source pixel covers."""
        return cls(start / pitch, step / pitch, size)

    def blend(self, lines: NDArray[np.float32]) -> NDArray[np.float32]:
        """Lines of source pixels, (count, n), blended into lines of output pixels, (size, n)."""
        column, share = self._area() if self.step >= 1 - 1e-9 else self._linear()
        inside = (column >= 0) & (column < self.count)
        share = np.where(inside, share, 0)
        weights = (share / share.sum(axis=1, keepdims=True)).astype(np.float32)
        taken = np.clip(column, 0, self.count - 1)
        blended: NDArray[np.float32] = weights[:, :1] * lines[taken[:, 0]]
        for tap in range(1, column.shape[1]):
            blended += weights[:, tap, None] * lines[taken[:, tap]]
        return blended

    def _area(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Source pixels that touch each output pixel, (size, taps), and how much of each it covers."""
        left = self.offset + self.step * np.arange(self.size)
        right = left + self.step
        taps = math.ceil(self.step) + 1
        column = np.floor(left + 1e-6).astype(np.int64)[:, None] + np.arange(taps)
        share = np.clip(np.minimum(right[:, None], column + 1) - np.maximum(left[:, None], column), 0, None)
        return column, share

    def _linear(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The two source pixels around the middle of each output pixel, (size, 2), and their weights."""
        centre = self.offset + self.step * (np.arange(self.size) + 0.5) - 0.5
        column = np.floor(centre).astype(np.int64)[:, None] + np.arange(2)
        return column, 1 - np.abs(centre[:, None] - column)


def resample(pixels: RgbImage, across: Resampling, down: Resampling) -> RgbImage:
    """`pixels`: (down.count, across.count, 3) uint8; returns (down.size, across.size, 3) uint8."""
    if across.factor == 1 and down.factor == 1:
        return pixels
    if across.factor is not None and down.factor is not None:
        return np.asarray(cv2.resize(pixels, (across.size, down.size), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    rows = down.blend(pixels.reshape(down.count, -1).astype(np.float32))
    columns = rows.reshape(down.size, across.count, 3).transpose(1, 0, 2).reshape(across.count, -1)
    image = across.blend(columns).reshape(across.size, down.size, 3).transpose(1, 0, 2)
    return np.asarray(np.clip(np.rint(image), 0, 255), dtype=np.uint8)
