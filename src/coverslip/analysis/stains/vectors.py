"""The colours of haematoxylin and DAB on one slide, estimated robustly around what is known of them.

Reference colours: Ruifrok & Johnston 2001. The idea of looking for the extreme directions in the plane of
the two stains: Macenko et al., IEEE ISBI 2009. Macenko's estimate breaks down where one stain is missing (a field
without a positive nucleus), so each vector is only looked for in a cone around its reference, and moves from it as far
as there are pixels that say so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coverslip.analysis.errors import BlankField

HAEMATOXYLIN = (0.650, 0.704, 0.286)
DAB = (0.268, 0.570, 0.776)
"""Reference colours (red, green, blue), unit length; Ruifrok & Johnston 2001."""

CONE_DEGREES = 25.0
"""A pixel further than this from the reference says nothing about that stain; the references are 37 degrees apart."""
STAINED_DENSITY = 0.18
"""Length of the density vector above which a pixel counts as stained."""
BLACK_DENSITY = 2.6
"""Length above which a pixel is too dark for its hue to mean anything (ink, fold, saturated DAB)."""
LEAST_STAINED_SHARE = 0.0005
"""A field with a smaller share of stained pixels is blank: it cannot hold one small nucleus."""
PRIOR_PIXELS = 400.0
"""The reference weighs as much as this many pixels."""


@dataclass(frozen=True, slots=True)
class StainVectors:
    """Unit density vectors (red, green, blue) of the two stains, and how far each lies from its reference."""

    haematoxylin: tuple[float, float, float]
    dab: tuple[float, float, float]
    haematoxylin_degrees: float
    dab_degrees: float
    haematoxylin_pixels: int
    """Pixels that spoke for haematoxylin; 0: the reference was kept."""
    dab_pixels: int

    def matrix(self) -> NDArray[np.float64]:
        """(2, 3): haematoxylin, DAB."""
        return np.array([self.haematoxylin, self.dab])


def estimate_stain_vectors(density: NDArray[np.float32]) -> StainVectors:
    """Stain vectors of one slide region.

    `density`: (n, 3) optical densities of pixels sampled evenly over it. Each stained pixel is given to the reference
    nearer in angle if it lies in that one's cone; of these, the half that lies away from the other stain is kept
    (mixtures pull both estimates together); its median direction, weighed against the reference, is the estimate.
    Raises `BlankField` where too few pixels are stained.
    """
    length = np.linalg.norm(density, axis=1)
    stained = (length > STAINED_DENSITY) & (length < BLACK_DENSITY)
    if not len(density) or stained.sum() < max(8.0, LEAST_STAINED_SHARE * len(density)):
        raise BlankField
    direction = density[stained].astype(np.float64) / length[stained, None].astype(np.float64)
    references = np.array([unit(HAEMATOXYLIN), unit(DAB)])
    cosines = direction @ references.T
    estimates = []
    for own, other in ((0, 1), (1, 0)):
        inside = (cosines[:, own] > np.cos(np.radians(CONE_DEGREES))) & (cosines[:, own] > cosines[:, other])
        estimates.append(_pulled_estimate(direction[inside], cosines[inside, other], references[own]))
    (haematoxylin, haematoxylin_pixels), (dab, dab_pixels) = estimates
    return StainVectors(
        haematoxylin=_triple(haematoxylin),
        dab=_triple(dab),
        haematoxylin_degrees=angle_degrees(haematoxylin, references[0]),
        dab_degrees=angle_degrees(dab, references[1]),
        haematoxylin_pixels=haematoxylin_pixels,
        dab_pixels=dab_pixels,
    )


def angle_degrees(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Angle between two unit vectors, in degrees."""
    return float(np.degrees(np.arccos(np.clip(one @ other, -1.0, 1.0))))


def unit(vector: tuple[float, float, float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """The vector at unit length; (3,) float64."""
    array = np.asarray(vector, dtype=np.float64)
    return np.asarray(array / np.linalg.norm(array))


def _pulled_estimate(
    direction: NDArray[np.float64], closeness_to_other: NDArray[np.float64], reference: NDArray[np.float64]
) -> tuple[NDArray[np.float64], int]:
    if not len(direction):
        return reference, 0
    pure = direction[closeness_to_other <= np.median(closeness_to_other)]
    measured = unit(np.median(pure, axis=0))
    return unit(measured * len(pure) + reference * PRIOR_PIXELS), len(pure)


def _triple(vector: NDArray[np.float64]) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in vector)
    return red, green, blue
