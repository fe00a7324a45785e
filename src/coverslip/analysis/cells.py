"""The nuclei of one reading, stored by the column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class CellTable:
    """One row a nucleus; every column is (n,). Positions are pixels of level 0, sorted by (y, x) within a tile."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    positive: NDArray[np.bool_]
    counted: NDArray[np.bool_]
    """False for a nucleus that is shown but not part of the score (stroma, immune cell)."""
    dab_od: NDArray[np.float32]
    """Mean DAB optical density of the nucleus, base 10."""
    haematoxylin_od: NDArray[np.float32]
    area_um2: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.x)

    @classmethod
    def empty(cls) -> CellTable:
        """No nuclei."""
        f, b = np.zeros(0, np.float32), np.zeros(0, np.bool_)
        return cls(f, f, b, b, f, f, f)

    @classmethod
    def concatenated(cls, tables: list[CellTable]) -> CellTable:
        """All rows of several tables, in their order."""
        if not tables:
            return cls.empty()
        return cls(*(np.concatenate([getattr(t, name) for t in tables]) for name in COLUMNS))


COLUMNS = ("x", "y", "positive", "counted", "dab_od", "haematoxylin_od", "area_um2")
