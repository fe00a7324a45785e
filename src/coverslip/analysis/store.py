"""A reading's cell table as a stored blob, and as the bytes the viewer reads."""

from __future__ import annotations

import io
import struct
from itertools import pairwise

import numpy as np

from coverslip.analysis.cells import COLUMNS, GROUP_PX, CellTable, store_square
from coverslip.annotations.cells import CellStore, Columns, write_cells
from coverslip.annotations.errors import CellStoreUnreadable
from coverslip.vocabulary.geometry import Box

VIEWER_MAGIC = b"CVC1"
POSITIVE_BIT, COUNTED_BIT = 1, 2


def to_blob(cells: CellTable) -> bytes:
    """The store of a table that stands in store order; the same table gives the same bytes."""
    column, row = store_square(cells)
    change = np.flatnonzero((np.diff(column) != 0) | (np.diff(row) != 0)) + 1
    edges = [0, *change.tolist(), len(cells)] if len(cells) else []
    groups: list[tuple[Box, Columns]] = []
    for start, end in pairwise(edges):
        bounds = Box(int(column[start]) * GROUP_PX, int(row[start]) * GROUP_PX, GROUP_PX, GROUP_PX)
        groups.append((bounds, {name: getattr(cells, name)[start:end] for name in COLUMNS}))
    buffer = io.BytesIO()
    write_cells(groups, buffer)
    return buffer.getvalue()


def from_blob(data: bytes) -> CellTable:
    """The whole table. Raises `CellStoreUnreadable`."""
    store = CellStore(data)
    if len(store) == 0:
        return CellTable.empty()
    if missing := set(COLUMNS) - set(store.columns):
        raise CellStoreUnreadable(problem="cells_columns", value=", ".join(sorted(missing)))
    return CellTable(*(store.column(name) for name in COLUMNS))


def to_viewer(cells: CellTable) -> bytes:
    """`CVC1`, uint32 n, then little-endian columns: float32 x, y, dab_od, and uint8 state.

    Bit 0 of the state: positive; bit 1: counted. Rows as in the store, so a row's number is the index that edits name.
    """
    state = cells.positive * np.uint8(POSITIVE_BIT) + cells.counted * np.uint8(COUNTED_BIT)
    columns = (cells.x, cells.y, cells.dab_od)
    floats = b"".join(column.astype("<f4").tobytes() for column in columns)
    return VIEWER_MAGIC + struct.pack("<I", len(cells)) + floats + state.astype(np.uint8).tobytes()
