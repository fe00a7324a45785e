"""What can be measured of a region's staining and focus before anything is counted on it (table 1.6 of the scoring
rules)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from coverslip.analysis.stains.deconvolution import MILLI, Deconvolution
from coverslip.analysis.stains.optical_density import DARKEST_WHITE, WhitePoint, optical_density
from coverslip.analysis.stains.vectors import DAB, HAEMATOXYLIN, STAINED_DENSITY, StainVectors, unit
from coverslip.slides.slide import RgbImage

MAGENTA_EXCESS = 0.20
"""A stained pixel is magenta where green is absorbed by so much more than red and blue (density vector of length 1)."""
MAGENTA_SHARE_LIMIT = 0.50
"""More magenta pixels than this: the section is H&E, or a red chromogen. Of the open fields looked at, those stained
with DAB have below 0.002, and 25 of 29 with H&E above 0.7 (the others are mostly pen)."""
MAGENTA_SHARE_WARNING = 0.15
COUNTERSTAIN_SHARE = 0.01
"""Share of stained pixels with haematoxylin's hue that shows that a counterstain was given."""
BACKGROUND_QUANTILE = 0.25
"""The palest quarter of the tissue stands for its background."""
FOCUS_PATCH_UM = 64.0
FOCUS_FINE_UM = (0.5, 1.0)
FOCUS_COARSE_UM = (1.5, 3.0)
SHARPNESS_LIMIT = 0.27
"""Fine over coarse detail below which a patch is out of focus: about a Gaussian blur of 1.4 um. Sharp fields lie above
0.44."""
DETAIL_FLOOR = 0.004
"""Coarse detail (OD) below which a patch shows too little to be judged."""


@dataclass(frozen=True, slots=True)
class StainQuality:
    """Staining of a region: white point 0 to 255, angles in degrees, densities base 10, shares of 1."""

    white_point: float
    haematoxylin_degrees: float
    dab_degrees: float
    counterstain_seen: bool
    background_dab_od: float
    magenta_share: float

    @property
    def is_not_dab(self) -> bool:
        """No light passes (fluorescence), or the stain is H&E or a red chromogen: a marker would be invented."""
        return self.white_point < DARKEST_WHITE or self.magenta_share > MAGENTA_SHARE_LIMIT

    @property
    def hue_is_doubtful(self) -> bool:
        """More magenta than an immunostain has: pen, eosin, blood."""
        return self.magenta_share > MAGENTA_SHARE_WARNING


def stain_quality(
    pixels: NDArray[np.uint8], white: WhitePoint, vectors: StainVectors, stains: Deconvolution
) -> StainQuality:
    """Judge a sample of the region. `pixels`: (n, 3) uint8 RGB, spread evenly over its tissue."""
    density = optical_density(pixels, white)
    length = np.linalg.norm(density, axis=1)
    stained = length > STAINED_DENSITY
    direction = density[stained] / length[stained, None]
    references = np.array([unit(HAEMATOXYLIN), unit(DAB)], dtype=np.float32)
    blue = np.argmax(direction @ references.T, axis=1) == 0
    excess = direction[:, 1] - np.maximum(direction[:, 0], direction[:, 2])
    _, dab = stains.separate(pixels[stained][None])
    return StainQuality(
        white_point=white.darkest,
        haematoxylin_degrees=vectors.haematoxylin_degrees,
        dab_degrees=vectors.dab_degrees,
        counterstain_seen=bool(np.count_nonzero(blue) >= COUNTERSTAIN_SHARE * len(blue)),
        background_dab_od=float(np.quantile(dab, BACKGROUND_QUANTILE)) / MILLI if dab.size else 0.0,
        magenta_share=float(np.count_nonzero(excess > MAGENTA_EXCESS) / max(1, len(excess))),
    )


def blurred_share(patches: list[RgbImage], white: WhitePoint, spacing_um: float) -> float | None:
    """Share of the judgeable patches of 64 um that are out of focus; None where none shows enough to be judged.

    A focused nucleus has an edge: detail of 0.5 to 1 um is then a fair part of that of 1.5 to 3 um. Noise is smoothed
    away first, so a noisy blurred scan does not pass for a sharp one.
    """
    side = max(8, round(FOCUS_PATCH_UM / spacing_um))
    verdicts: list[bool] = []
    for patch in patches:
        density = optical_density(patch, white).mean(axis=2)
        fine, coarse = (_band(density, band, spacing_um) for band in (FOCUS_FINE_UM, FOCUS_COARSE_UM))
        for top in range(0, density.shape[0] - side + 1, side):
            for left in range(0, density.shape[1] - side + 1, side):
                window = np.s_[top : top + side, left : left + side]
                detail = float(coarse[window].std())
                if detail > DETAIL_FLOOR:
                    verdicts.append(float(fine[window].std()) / detail < SHARPNESS_LIMIT)
    return float(np.mean(verdicts)) if verdicts else None


def _band(density: NDArray[np.float32], band_um: tuple[float, float], spacing_um: float) -> NDArray[np.float32]:
    inner, outer = (cv2.GaussianBlur(density, (0, 0), sigma / spacing_um) for sigma in band_um)
    return np.asarray(inner - outer, dtype=np.float32)
