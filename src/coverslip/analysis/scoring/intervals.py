"""95 % intervals of a positive share, in per cent: Wilson for a plain count, block bootstrap over tiles for a slide."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z_95 = 1.96
RESAMPLES = 2_000
_CHUNK = 100


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`, in per cent, 0 <= low <= high <= 100."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.low <= self.high <= 100.0:
            raise ValueError(f"no interval of per cent: {self.low} to {self.high}")

    @property
    def width(self) -> float:
        """In percentage points."""
        return self.high - self.low

    def straddles(self, cut_off: float) -> bool:
        """Whether the cut-off lies strictly inside: both decisions are then within the interval (row G6)."""
        return self.low < cut_off < self.high


def wilson(share: float, n: float, z: float = Z_95) -> Interval:
    """Wilson score interval of a share (0 to 1) seen on n cells; n may be an effective, fractional size.

    centre = (p + z²/2n) / (1 + z²/n), half = z·sqrt(p(1-p)/n + z²/4n²) / (1 + z²/n). Wilson 1927.
    Raises ValueError for n <= 0 or a share outside 0 to 1. It ignores clustering of positive cells.
    """
    if n <= 0 or not 0.0 <= share <= 1.0:
        raise ValueError(f"share {share} of {n} cells")
    scale = 1.0 + z * z / n
    centre = (share + z * z / (2.0 * n)) / scale
    half = z * math.sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n)) / scale
    return _around(100.0 * share, 100.0 * (centre - half), 100.0 * (centre + half))


def block_bootstrap(
    positive: NDArray[np.integer], total: NDArray[np.integer], seed: int = 0, resamples: int = RESAMPLES
) -> Interval | None:
    """Percentile interval of sum(positive)/sum(total) when whole tiles (256 to 500 um) are drawn with replacement.

    `positive`, `total`: (t,) whole numbers, one a tile; tiles without cells are left out. Returns None with fewer
    than two tiles that hold cells. The same tiles in any order and the same seed give the same interval to the digit.
    """
    held = np.asarray(total) > 0
    pairs = np.stack([np.asarray(total)[held], np.asarray(positive)[held]]).astype(np.int64)
    tiles = pairs.shape[1]
    if tiles < 2:
        return None
    pairs = pairs[:, np.lexsort(pairs)]
    generator = np.random.Generator(np.random.PCG64(seed))
    even = np.full(tiles, 1.0 / tiles)
    shares = np.empty(resamples)
    for start in range(0, resamples, _CHUNK):
        stop = min(start + _CHUNK, resamples)
        sums = generator.multinomial(tiles, even, size=stop - start) @ pairs.T
        shares[start:stop] = 100.0 * sums[:, 1] / sums[:, 0]
    low, high = np.percentile(shares, [2.5, 97.5])
    return _around(100.0 * int(pairs[1].sum()) / int(pairs[0].sum()), float(low), float(high))


def wider(first: Interval, second: Interval | None) -> Interval:
    """The wider of both, the first where they are equally wide: the one that claims less."""
    return first if second is None or first.width >= second.width else second


def _around(estimate: float, low: float, high: float) -> Interval:
    return Interval(max(0.0, min(low, estimate)), min(100.0, max(high, estimate)))
