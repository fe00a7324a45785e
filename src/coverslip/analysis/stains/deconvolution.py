"""How much haematoxylin and how much DAB lies in each pixel; Ruifrok & Johnston 2001.

Done in whole numbers (thousandths of an optical density) by table look-up: a pixel gives the same two values whatever
tile it is read in, whatever the vector width of the processor.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from coverslip.analysis.stains.optical_density import WhitePoint, density_tables
from coverslip.analysis.stains.vectors import StainVectors
from coverslip.slides.slide import RgbImage

MILLI = 1000
"""Units a density of 1.0 is made of."""

StainImage = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Deconvolution:
    """Separates the two stains of one slide region. Build with `Deconvolution.of`."""

    tables: NDArray[np.int16]
    """(2, 3, 256): for each stain and channel, what an intensity adds to the stain, in thousandths."""

    @classmethod
    def of(cls, white: WhitePoint, vectors: StainVectors) -> Deconvolution:
        """The separation that least squares gives for this white point and these vectors."""
        weights = np.linalg.pinv(vectors.matrix())
        tables = density_tables(white)[None] * weights.T[:, :, None] * MILLI
        return cls(np.clip(np.rint(tables), -10_000, 10_000).astype(np.int16))

    def separate(self, rgb: RgbImage) -> tuple[StainImage, StainImage]:
        """Haematoxylin and DAB. `rgb`: (h, w, 3) uint8; returns two (h, w) int16, thousandths of an OD, never
        negative."""
        haematoxylin, dab = (self._stain(rgb, index) for index in range(2))
        return haematoxylin, dab

    def _stain(self, rgb: RgbImage, index: int) -> StainImage:
        total = np.asarray(cv2.LUT(cv2.extractChannel(rgb, 0), self.tables[index, 0]))
        for channel in (1, 2):
            part = cv2.LUT(cv2.extractChannel(rgb, channel), self.tables[index, channel])
            cv2.add(total, part, dst=total)
        return np.asarray(np.maximum(total, 0, out=total), dtype=np.int16)
