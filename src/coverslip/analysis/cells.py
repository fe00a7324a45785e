"""The nuclei of one reading, stored by the column."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

GROUP_PX = 4096
"""Side of the square of level 0 whose nuclei lie together in a table and in the store (one row group)."""


@dataclass(frozen=True, slots=True)
class CellTable:
    """One row a nucleus; every column is (n,). Positions are pixels of level 0, the slide's corner being (0, 0).

    Rows stand in the order of the store: by square of 4,096 px, within it by (y, x). A row's number is the nucleus'
    index in edits, exports and the viewer.
    """

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

    def taken(self, rows: NDArray[Any]) -> CellTable:
        """Some of the rows: indices in the order wanted, or a (n,) bool mask."""
        return CellTable(*(getattr(self, name)[rows] for name in COLUMNS))

    def with_positive(self, positive: NDArray[np.bool_]) -> CellTable:
        """The same nuclei with other classes."""
        return replace(self, positive=positive)

    def with_counted(self, counted: NDArray[np.bool_]) -> CellTable:
        """The same nuclei, others of them counted."""
        return replace(self, counted=counted)

    @property
    def positives(self) -> int:
        """Counted positive nuclei."""
        return int(np.count_nonzero(self.positive & self.counted))

    @property
    def negatives(self) -> int:
        """Counted negative nuclei."""
        return int(np.count_nonzero(~self.positive & self.counted))


COLUMNS = ("x", "y", "positive", "counted", "dab_od", "haematoxylin_od", "area_um2")


def in_store_order(cells: CellTable) -> CellTable:
    """The table sorted as it is stored, so that the order tells nothing of the tiles it was found in."""
    return cells.taken(np.lexsort((cells.x, cells.y, *store_square(cells))))


def store_square(cells: CellTable) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Column and row of the square of each nucleus; two (n,) int64."""
    column, row = (np.floor_divide(values, GROUP_PX).astype(np.int64) for values in (cells.x, cells.y))
    return column, row
