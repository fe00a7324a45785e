"""Optical density: how much light a stain took away, on a scale where stains add up.

Beer-Lambert: `od = -log10(intensity / white)`; Ruifrok & Johnston, Anal Quant Cytol Histol 2001;23:291-299.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coverslip.analysis.errors import BlankField

DARKEST_INTENSITY = 1.0
"""Intensities below this count as this, so that black (ink, folds) has a finite optical density."""
BRIGHT_SHARE = 0.02
"""The white point is looked for among this share of the brightest pixels of a field."""
DARKEST_WHITE = 120.0
"""A white darker than this in every channel, and for a DAB stain in any, shows no lamp behind glass."""


@dataclass(frozen=True, slots=True)
class WhitePoint:
    """Intensity of the empty slide under the lamp, per channel, 0 to 255."""

    red: float
    green: float
    blue: float

    @property
    def darkest(self) -> float:
        """The smallest of the three; table 1.6 of the scoring rules asks for 200."""
        return min(self.red, self.green, self.blue)

    def array(self) -> NDArray[np.float64]:
        """(3,) float64."""
        return np.array([self.red, self.green, self.blue])


def estimate_white_point(pixels: NDArray[np.uint8]) -> WhitePoint:
    """White point of a field, from its brightest pixels.

    `pixels`: (n, 3) uint8 RGB. The median colour of the brightest 2 % is taken: the mean of many pixels is not moved by
    a specular spot, and a field without any empty area gives its palest tissue, which then serves as the
    zero of the densities (a pale field is not read as stained). Raises `BlankField` for an empty or a black field.
    """
    if len(pixels) == 0:
        raise BlankField
    luminance = pixels.astype(np.uint16).sum(axis=1)
    bright = pixels[luminance >= np.quantile(luminance, 1.0 - BRIGHT_SHARE, method="lower")]
    red, green, blue = (float(value) for value in np.median(bright, axis=0))
    if max(red, green, blue) < DARKEST_WHITE:
        raise BlankField
    return WhitePoint(max(red, 1.0), max(green, 1.0), max(blue, 1.0))


def optical_density(rgb: NDArray[np.uint8], white: WhitePoint) -> NDArray[np.float32]:
    """Base-10 optical density of each channel. `rgb`: (..., 3) uint8; returns (..., 3) float32, never negative."""
    tables = density_tables(white).astype(np.float32)
    return np.stack([tables[channel][rgb[..., channel]] for channel in range(3)], axis=-1)


def density_tables(white: WhitePoint) -> NDArray[np.float64]:
    """Optical density of each of the 256 intensities of each channel; (3, 256) float64."""
    intensity = np.maximum(np.arange(256, dtype=np.float64), DARKEST_INTENSITY)
    return np.maximum(-np.log10(intensity[None, :] / white.array()[:, None]), 0.0)
