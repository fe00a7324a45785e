"""Bright blobs of the size of a nucleus: differences of Gaussians over several sizes, and their peaks.

Lindeberg, Int J Comput Vis 1998;30:79-116 (scale space); Lowe, Int J Comput Vis 2004;60:91-110 (differences of
Gaussians). Every convolution is exact: 8-bit pixels, kernels of whole numbers that add up to 256 in each direction, so
each sum is a whole number below 2^24 and float32 holds it without rounding. A pixel thus gets the same response in any
tile, on any processor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from coverslip.vocabulary.geometry import near_pairs

KERNEL_SUM = 256
TRUNCATION_SIGMAS = 3.0
APART_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class BlobScale:
    """One size of blob: `radius_um` and the two Gaussians whose difference answers to it, in micrometres."""

    radius_um: float
    inner_sigma_um: float
    outer_sigma_um: float
    weight: float

    @classmethod
    def of(cls, radius_um: float, ratio: float, smoothing_um: float, weight: float) -> BlobScale:
        """The Laplacian of a disc peaks at sigma = radius / sqrt 2; `ratio`: outer / inner sigma."""
        sigma = radius_um / math.sqrt(2.0)
        inner, outer = sigma / math.sqrt(ratio), sigma * math.sqrt(ratio)
        return cls(radius_um, math.hypot(inner, smoothing_um), math.hypot(outer, smoothing_um), weight)


def gaussian(image: NDArray[np.uint8] | NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    """Blurred image, times 65,536. `image`: (h, w) whole numbers 0 to 255; edges are mirrored."""
    kernel = _whole_kernel(sigma_px)
    source = np.asarray(image, dtype=np.float32)
    return np.asarray(cv2.sepFilter2D(source, cv2.CV_32F, kernel, kernel, borderType=cv2.BORDER_REFLECT_101))


def reach_px(sigma_px: float) -> int:
    """How far a pixel can influence the blurred image."""
    return len(_whole_kernel(sigma_px)) // 2


def responses(
    signal: NDArray[np.uint8], scales: tuple[BlobScale, ...], spacing_um: float
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Strongest answer of all scales, and which scale gave it.

    `signal`: (h, w) uint8; returns (h, w) float32, 1.0 = a blob of full contrast answered fully, and (h, w) uint8.
    """
    source = signal.astype(np.float32)
    best = np.full(signal.shape, -np.inf, dtype=np.float32)
    index = np.zeros(signal.shape, dtype=np.uint8)
    for number, scale in enumerate(scales):
        difference = gaussian(source, scale.inner_sigma_um / spacing_um)
        difference -= gaussian(source, scale.outer_sigma_um / spacing_um)
        difference *= np.float32(scale.weight / (255.0 * KERNEL_SUM * KERNEL_SUM))
        stronger = difference > best
        np.copyto(best, difference, where=stronger)
        index[stronger] = number
    return best, index


def peaks(response: NDArray[np.float32], least: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of local maxima (8 neighbours) of at least `least`, in reading order."""
    highest = cv2.dilate(response, np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero((response >= highest) & (response >= np.float32(least)))
    return rows, columns


def roundness(
    blurred: NDArray[np.float32], rows: NDArray[np.int64], columns: NDArray[np.int64], step_px: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Smaller over larger curvature of the signal at each point: 1 round, near 0 a fibre, <= 0 a saddle.

    `blurred`: (h, w); `rows`, `columns`, `step_px`: (n,), the step being the distance over which curvature is taken;
    returns (n,).
    """
    height, width = blurred.shape

    def at(down: int, right: int) -> NDArray[np.float64]:
        r = np.clip(rows + down * step_px, 0, height - 1)
        c = np.clip(columns + right * step_px, 0, width - 1)
        return np.asarray(blurred[r, c], dtype=np.float64)

    centre = 2.0 * at(0, 0)
    across, along = at(0, 1) + at(0, -1) - centre, at(1, 0) + at(-1, 0) - centre
    mixed = (at(1, 1) + at(-1, -1) - at(1, -1) - at(-1, 1)) / 4.0
    spread = np.sqrt((across - along) ** 2 + 4.0 * mixed**2)
    larger, smaller = (spread - across - along) / 2.0, (-spread - across - along) / 2.0
    return np.asarray(np.where(larger > 0, smaller / np.maximum(larger, 1e-9), 0.0))


def strongest_apart(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    strength: NDArray[np.float64],
    radius_px: NDArray[np.float64],
    spread: float,
) -> NDArray[np.bool_]:
    """Which points to keep, so that no two are nearer than `spread` times the sum of their radii.

    Greedy from the strongest, in `APART_ROUNDS` rounds: a point without a stronger undecided neighbour stays and ends
    its neighbours. What is still undecided then hangs on a long chain and is dropped, so that the answer at a point
    depends only on its surroundings. Equal strengths: the earlier in reading order wins. Returns (n,) bool.
    """
    undecided, kept = np.ones(len(rows), dtype=np.bool_), np.zeros(len(rows), dtype=np.bool_)
    if len(rows) == 0:
        return kept
    order = np.lexsort((columns, rows, -strength))
    first, second = near_pairs(columns[order], rows[order], 2.0 * spread * float(radius_px.max()))
    stronger, weaker = order[np.minimum(first, second)], order[np.maximum(first, second)]
    squared = (rows[stronger] - rows[weaker]) ** 2 + (columns[stronger] - columns[weaker]) ** 2
    clash = squared < (spread * (radius_px[stronger] + radius_px[weaker])) ** 2
    stronger, weaker = stronger[clash], weaker[clash]
    for _ in range(APART_ROUNDS):
        open_pair = undecided[stronger] & undecided[weaker]
        stays = undecided.copy()
        stays[weaker[open_pair]] = False
        kept |= stays
        ended = stays[stronger] & open_pair
        undecided &= ~stays
        undecided[weaker[ended]] = False
    return kept


def _whole_kernel(sigma_px: float) -> NDArray[np.float32]:
    radius = max(1, math.ceil(TRUNCATION_SIGMAS * sigma_px))
    weights = np.exp(-(np.arange(-radius, radius + 1) ** 2) / (2.0 * sigma_px * sigma_px))
    whole = np.rint(weights / weights.sum() * KERNEL_SUM)
    whole[radius] += KERNEL_SUM - whole.sum()
    kept = whole[: radius + 1][np.flatnonzero(whole[: radius + 1])[0] :]
    return np.concatenate([kept, kept[-2::-1]]).astype(np.float32)
