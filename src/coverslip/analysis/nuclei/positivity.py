"""Where positive ends and negative begins: an optical density that follows the slide, within bounds.

Laboratories differ (the density that separates both was found between 0.2 and 0.4 of an OD), so a field whose nuclei
form two clear groups is cut between them (Otsu, IEEE Trans Syst Man Cybern 1979;9:62-66). Otsu's cut is meaningless
where there is one group only, as in a field with few positive nuclei, so it is used only if it explains enough of the
spread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST_NUCLEI = 30
SMALLEST_GROUP = 0.05
"""Both groups hold at least this share of the nuclei."""
TWO_GROUPS = 0.70
"""Share of the variance that the cut must explain; the best cut of one normal group explains 2 / pi = 0.64."""
_CUTS_TRIED = 41


@dataclass(frozen=True, slots=True)
class PositiveCut:
    """Nuclei with a mean DAB density of at least `dab_od` are positive; `adaptive`: found in the field."""

    dab_od: float
    adaptive: bool


def find_cut(dab_od: NDArray[np.float32], usual: float, lowest: float, highest: float) -> PositiveCut:
    """The cut for the nuclei of one region.

    `dab_od`: (n,) mean DAB densities of the counted nuclei; `usual`: the cut where they do not form two groups;
    `lowest` and `highest` bound the search. Works on square roots, which even out the widths of both groups.
    The order of the nuclei does not matter.
    """
    count = len(dab_od)
    if count < FEWEST_NUCLEI:
        return PositiveCut(usual, adaptive=False)
    values = np.sort(np.sqrt(np.maximum(dab_od.astype(np.float64), 0.0)))
    sums = np.concatenate([[0.0], np.cumsum(values)])
    variance = float(np.mean((values - sums[-1] / count) ** 2))
    cuts = np.linspace(np.sqrt(lowest), np.sqrt(highest), _CUTS_TRIED)
    below = np.searchsorted(values, cuts, side="left")
    allowed = (below >= SMALLEST_GROUP * count) & (count - below >= SMALLEST_GROUP * count)
    if variance <= 0.0 or not allowed.any():
        return PositiveCut(usual, adaptive=False)
    below, cuts = below[allowed], cuts[allowed]
    difference = (sums[-1] - sums[below]) / (count - below) - sums[below] / below
    between = below * (count - below) / count**2 * difference**2
    best = float(between.max())
    if best / variance < TWO_GROUPS:
        return PositiveCut(usual, adaptive=False)
    equal = cuts[between >= best * (1.0 - 1e-9)]  # the gap between both groups, where there is one
    return PositiveCut(float(equal[len(equal) // 2] ** 2), adaptive=True)
