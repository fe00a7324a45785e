"""A slide as an algorithm sees it: pixels at the spacing it asks for."""

from __future__ import annotations

import cv2
import numpy as np

from coverslip.slides.errors import SpacingUnknown
from coverslip.slides.region import read_scaled
from coverslip.slides.slide import RgbImage, Slide
from coverslip.slides.tiled import exact_downsample
from coverslip.vocabulary.geometry import Box
from coverslip.vocabulary.units import Spacing


class SlidePixels:
    """`PixelSource` over an open slide. Pixels count as square with side `spacing.mean_um`. Not for several threads."""

    def __init__(self, slide: Slide, spacing: Spacing | None = None, *, file: str = "") -> None:
        """`spacing`: of level 0, stated by a person where the file says none.

        Raises `SpacingUnknown` where neither says: what is measured is measured in micrometres.
        """
        known = spacing if spacing is not None else slide.properties.spacing
        if known is None:
            raise SpacingUnknown(file=file)
        self._slide = slide
        self._spacing: Spacing = known

    @property
    def spacing(self) -> Spacing:
        """Of level 0."""
        return self._spacing

    @property
    def bounds(self) -> Box:
        """The whole of level 0."""
        return self._slide.properties.bounds

    def read(self, bounds: Box, spacing_um: float) -> RgbImage:
        """Pixels of `bounds` (level 0) averaged to `spacing_um`; (h, w, 3) uint8; white outside the slide.

        h = round(bounds.height * source spacing / spacing_um), at least 1. Where the ratio is a whole number and
        `bounds` starts at a multiple of it, an output pixel is the mean of the same source pixels whatever `bounds` is.
        """
        factor = spacing_um / self.spacing.mean_um
        level, downsample = self._level_for(factor)
        size = (max(1, round(bounds.width / factor)), max(1, round(bounds.height / factor)))
        if downsample != round(downsample):
            # Edges of pixels do not fall on each other: rounding would shift neighbouring reads against one another.
            return read_scaled(self._slide, bounds, size)
        source = Box(
            round(bounds.x / downsample),
            round(bounds.y / downsample),
            max(1, round(bounds.width / downsample)),
            max(1, round(bounds.height / downsample)),
        )
        pixels = self._slide.region(level, source)
        if size == (source.width, source.height):
            return pixels
        shrinking = size[0] <= source.width and size[1] <= source.height
        scaled = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_CUBIC)
        return np.asarray(scaled, dtype=np.uint8)

    def _level_for(self, factor: float) -> tuple[int, float]:
        best = (0, 1.0)
        levels = self._slide.properties.levels
        for index, level in enumerate(levels):
            downsample = exact_downsample((levels[0].width, levels[0].height), (level.width, level.height))
            if best[1] < downsample <= factor * (1.0 + 1e-6):
                best = (index, downsample)
        return best
