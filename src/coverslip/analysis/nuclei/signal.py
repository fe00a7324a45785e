"""One grey value a pixel that says how much nuclear stain lies there, alike for pale and dark staining."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coverslip.analysis.stains.deconvolution import MILLI, StainImage

DAB_WEIGHT = 1.16
"""Weight of DAB beside haematoxylin divided by its reference: a strongly brown nucleus is as bright as a blue one."""
SOFTNESS = 1.05
"""Signal at which the response has bent to 63 % of its ceiling; without it one black nucleus hides its pale
neighbours."""
PALEST_REFERENCE = 0.10
DARKEST_REFERENCE = 0.55
"""Bounds of the haematoxylin reference (OD): below, only noise is amplified; above, the nuclei are over-stained."""
REFERENCE_QUANTILE = 0.89
"""Of the pixels that carry haematoxylin and no DAB: about the density inside a nucleus, beside stroma and cytoplasm."""
_STEPS = 4096
_SIGNAL_PER_STEP = 1.0 / 512.0


@dataclass(frozen=True, slots=True)
class NuclearSignal:
    """Turns the two stains into the nuclear signal; `haematoxylin_reference`: OD of a typical nucleus of the region."""

    haematoxylin_reference: float

    def image(self, haematoxylin: StainImage, dab: StainImage) -> NDArray[np.uint8]:
        """`haematoxylin`, `dab`: (h, w) int16, thousandths of an OD; returns (h, w) uint8, 255 = saturated.

        signal = 255 * (1 - exp(-(H / reference + 1.16 * D) / 1.05)); whole-number arithmetic, so exact on any tile.
        """
        fixed_point = 1 << 16
        per_haematoxylin = round(fixed_point / (MILLI * self.haematoxylin_reference * _SIGNAL_PER_STEP))
        per_dab = round(fixed_point * DAB_WEIGHT / (MILLI * _SIGNAL_PER_STEP))
        total = haematoxylin.astype(np.int64) * per_haematoxylin + dab.astype(np.int64) * per_dab
        return np.asarray(_response_table()[np.minimum(total >> 16, _STEPS - 1)], dtype=np.uint8)


def haematoxylin_reference(haematoxylin: StainImage, dab: StainImage) -> float:
    """Haematoxylin density (OD) of a typical unstained nucleus, from a sample of the region's pixels.

    Without enough blue pixels (every nucleus brown) the upper bound is returned: nothing is amplified.
    """
    blue = haematoxylin[(dab < 0.1 * MILLI) & (haematoxylin > 0.02 * MILLI)]
    if blue.size < 200:
        return DARKEST_REFERENCE
    found = float(np.quantile(blue, REFERENCE_QUANTILE)) / MILLI
    return min(max(found, PALEST_REFERENCE), DARKEST_REFERENCE)


def _response_table() -> NDArray[np.uint8]:
    signal = np.arange(_STEPS) * _SIGNAL_PER_STEP
    return np.asarray(np.floor(255.0 * (1.0 - np.exp(-signal / SOFTNESS))), dtype=np.uint8)
