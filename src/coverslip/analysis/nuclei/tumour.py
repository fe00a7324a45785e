"""Which of the nuclei found are taken for tumour cells: one linear rule over five measurements.

A nucleus speaks for a tumour cell by standing out clearly, by a compact outline and by lying among
other nuclei; it speaks against it by being much darker blue than the region's usual nucleus (lymphocytes, pyknotic
stroma). The weights are those of a logistic regression on 400 rendered fields with known nuclei and on the openly
licensed EndoNuke fields; how, and with what result, stands in `docs/decisions`. A pathologist's tumour region does
better than any such rule, and nothing here replaces one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STRENGTH_WEIGHT = 2.25
"""Per e-fold of the contrast of the blob."""
AXIS_RATIO_WEIGHT = 2.40
SURROUND_WEIGHT = 5.88
"""Per full contrast of the nuclear signal around the nucleus."""
HAEMATOXYLIN_WEIGHT = -1.77
"""Per e-fold of the haematoxylin density relative to the region's reference."""
DAB_WEIGHT = -0.18
"""Per e-fold of the DAB density."""
INTERCEPT = 1.35


def tumour_evidence(
    strength: NDArray[np.float64],
    axis_ratio: NDArray[np.float64],
    surround: NDArray[np.float64],
    relative_haematoxylin: NDArray[np.float64],
    dab_od: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Log odds that each nucleus is a tumour cell's; all arrays (n,), `strength` and `surround` 0 to 1."""
    return np.asarray(
        INTERCEPT
        + STRENGTH_WEIGHT * np.log(np.maximum(strength, 1e-6))
        + AXIS_RATIO_WEIGHT * axis_ratio
        + SURROUND_WEIGHT * surround
        + HAEMATOXYLIN_WEIGHT * np.log(relative_haematoxylin + 0.10)
        + DAB_WEIGHT * np.log(dab_od + 0.05)
    )
