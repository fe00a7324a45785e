"""A picture in memory as an algorithm sees a slide: for tests of algorithms, Coverslip's own and plug-ins'."""

from __future__ import annotations

import cv2
import numpy as np

from coverslip.slides.slide import RgbImage
from coverslip.vocabulary.geometry import Box
from coverslip.vocabulary.units import Spacing


class ArrayPixels:
    """`PixelSource` over an array. `rgb`: (h, w, 3) uint8; white beyond its edges, as a slide is."""

    def __init__(self, rgb: RgbImage, spacing_um: float) -> None:
        self._rgb = rgb
        self.spacing = Spacing.square(spacing_um)
        self.bounds = Box(0, 0, rgb.shape[1], rgb.shape[0])
        self.reads: list[Box] = []
        """Every box that was asked for, in order."""

    def read(self, bounds: Box, spacing_um: float) -> RgbImage:
        """Pixels of `bounds` averaged to `spacing_um`."""
        self.reads.append(bounds)
        part = np.full((bounds.height, bounds.width, 3), 255, dtype=np.uint8)
        shared = bounds.intersection(self.bounds)
        if shared is not None:
            x, y = shared.x - bounds.x, shared.y - bounds.y
            source = self._rgb[shared.y : shared.bottom, shared.x : shared.right]
            part[y : y + shared.height, x : x + shared.width] = source
        factor = spacing_um / self.spacing.mean_um
        size = (max(1, round(bounds.width / factor)), max(1, round(bounds.height / factor)))
        return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
