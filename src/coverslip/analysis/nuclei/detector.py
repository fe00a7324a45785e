"""Finds nuclei in one image at a working spacing near 0.5 um/px: blobs of nuclear stain, round enough, apart enough."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coverslip.analysis.nuclei.blobs import (
    APART_ROUNDS,
    KERNEL_SUM,
    BlobScale,
    gaussian,
    peaks,
    reach_px,
    responses,
    roundness,
    strongest_apart,
)
from coverslip.analysis.nuclei.segments import REACH_RADII, measure
from coverslip.analysis.nuclei.signal import NuclearSignal
from coverslip.analysis.nuclei.tumour import tumour_evidence
from coverslip.analysis.stains.deconvolution import Deconvolution
from coverslip.slides.slide import RgbImage

RADII_UM = (3.0, 4.2, 5.9)
"""Nuclear radii of the blob scales: lymphocyte-sized, usual and large tumour nuclei (diameter 6 to 12 um)."""
SCALE_RATIO = 1.7
SMOOTHING_UM = 0.6
"""Chromatin texture finer than this does not split a nucleus."""
LARGE_BLOB_PREFERENCE = 0.35
"""Exponent of the radius in the weight of a scale: above 0, one large nucleus wins over its own parts."""
CURVATURE_SIGMA_UM = 1.1
CURVATURE_STEP_RADII = 0.9
ROUNDNESS_GAIN = 6.5
"""A blob keeps its full strength down to a roundness of 1 / 6.5 and loses it in proportion below: stroma fades out."""
APART_RADII = 0.576
"""Two nuclei lie at least this share of the sum of their radii apart."""


@dataclass(frozen=True, slots=True)
class Nuclei:
    """Nuclei of one image, in reading order of their seeds; every array is (n,).

    The seed is a whole pixel of the image and decides which tile a nucleus belongs to; `offset_x` and `offset_y` lead
    from it to the nucleus' centre, in pixels.
    """

    seed_column: NDArray[np.int64]
    seed_row: NDArray[np.int64]
    offset_x: NDArray[np.float64]
    offset_y: NDArray[np.float64]
    strength: NDArray[np.float64]
    """Contrast of the blob, 0 to 1."""
    tumour_evidence: NDArray[np.float64]
    """Log odds of being a tumour cell's."""
    haematoxylin_od: NDArray[np.float64]
    dab_od: NDArray[np.float64]
    area_um2: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NucleusDetector:
    """A detector tuned to the stains of one slide region.

    `least_strength`: contrast a blob needs, 0 to 1. The same pixels give the same nuclei to the digit in any image that
    reaches `margin_px` beyond them.
    """

    stains: Deconvolution
    signal: NuclearSignal
    spacing_um: float
    least_strength: float

    @property
    def scales(self) -> tuple[BlobScale, ...]:
        """Blob sizes looked for."""
        middle = math.sqrt(RADII_UM[0] * RADII_UM[-1])
        weights = ((radius / middle) ** LARGE_BLOB_PREFERENCE for radius in RADII_UM)
        return tuple(BlobScale.of(r, SCALE_RATIO, SMOOTHING_UM, w) for r, w in zip(RADII_UM, weights, strict=True))

    @property
    def margin_px(self) -> int:
        """How far beyond a nucleus the image must reach for the nucleus not to depend on the image."""
        largest = RADII_UM[-1] / self.spacing_um
        blur = reach_px(self.scales[-1].outer_sigma_um / self.spacing_um) + 1
        curvature = reach_px(CURVATURE_SIGMA_UM / self.spacing_um) + CURVATURE_STEP_RADII * largest
        neighbour = APART_ROUNDS * 2.0 * APART_RADII * largest
        segment = 2.0 * REACH_RADII * largest
        return math.ceil(max(blur, curvature) + neighbour + segment) + 1

    def find(self, rgb: RgbImage) -> Nuclei:
        """All nuclei of an image. `rgb`: (h, w, 3) uint8 at `spacing_um`."""
        stains = self.stains.separate(rgb)
        signal = self.signal.image(*stains)
        response, scale_index = responses(signal, self.scales, self.spacing_um)
        rows, columns = peaks(response, self.least_strength)
        radius_px = np.array(RADII_UM)[scale_index[rows, columns]] / self.spacing_um
        step = np.maximum(1, np.rint(radius_px * CURVATURE_STEP_RADII)).astype(np.int64)
        blurred = gaussian(signal, CURVATURE_SIGMA_UM / self.spacing_um)
        fading = np.clip(roundness(blurred, rows, columns, step) * ROUNDNESS_GAIN, 0.0, 1.0)
        strength = response[rows, columns].astype(np.float64) * fading
        strong = strength >= self.least_strength
        rows, columns, radius_px, strength = rows[strong], columns[strong], radius_px[strong], strength[strong]
        kept = strongest_apart(rows, columns, strength, radius_px, APART_RADII)
        rows, columns, radius_px, strength = rows[kept], columns[kept], radius_px[kept], strength[kept]
        surround = gaussian(signal, self.scales[-1].outer_sigma_um / self.spacing_um)[rows, columns]
        surround_level = surround.astype(np.float64) / KERNEL_SUM**2
        segments = measure(signal, stains, (rows, columns), radius_px, surround_level)
        return Nuclei(
            seed_column=columns,
            seed_row=rows,
            offset_x=segments.offset_x,
            offset_y=segments.offset_y,
            strength=strength,
            tumour_evidence=tumour_evidence(
                strength=strength,
                axis_ratio=segments.axis_ratio,
                surround=surround_level / 255.0,
                relative_haematoxylin=segments.haematoxylin_od / self.signal.haematoxylin_reference,
                dab_od=segments.dab_od,
            ),
            haematoxylin_od=segments.haematoxylin_od,
            dab_od=segments.dab_od,
            area_um2=segments.area_px * self.spacing_um**2,
        )
