"""Cells on disk: columns, one row group a square of the slide; never one database row a nucleus.

A store is a zip without compression: `index.json` (columns with dtypes, groups with bounds and row counts) and one
`<group>/<column>.npy` for each group and column (NumPy format 1.0, little-endian). A reader fetches the index and then
only the columns and groups it needs, also from object storage by ranges. The same rows give the same bytes, so the
store's SHA-256 names its content.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from coverslip.annotations.errors import CellStoreUnreadable
from coverslip.vocabulary.geometry import Box

FORMAT = "coverslip-cells"
VERSION = 1
INDEX = "index.json"
MEDIA_TYPE = "application/vnd.coverslip.cells+zip"
_EPOCH = (1980, 1, 1, 0, 0, 0)

Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class RowGroup:
    """The cells of one square of the slide: `bounds` in pixels of level 0, `rows` cells, the first being row `first`
    of all."""

    bounds: Box
    rows: int
    first: int


def write_cells(groups: Iterable[tuple[Box, Columns]], target: IO[bytes]) -> None:
    """Write a store. Every group has the same columns with the same dtypes; a column is (rows of the group,).

    Raises ValueError where groups disagree: that is the caller's fault, not the data's.
    """
    described: list[dict[str, Any]] = []
    dtypes: dict[str, str] = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for number, (bounds, columns) in enumerate(groups):
            found = {name: _dtype(values) for name, values in columns.items()}
            dtypes = dtypes or found
            rows = {len(values) for values in columns.values()}
            if found != dtypes or len(rows) != 1:
                raise ValueError(f"group {number} has other columns than the first, or columns of unequal length")
            for name, values in columns.items():
                _put(archive, f"{number}/{name}.npy", _npy(values))
            described.append({"bounds": [bounds.x, bounds.y, bounds.width, bounds.height], "rows": rows.pop()})
        index = {"format": FORMAT, "version": VERSION, "columns": dtypes, "groups": described}
        _put(archive, INDEX, json.dumps(index, separators=(",", ":")).encode("ascii"))


class CellStore:
    """A store opened for reading; `source` is a file or the whole bytes. Raises `CellStoreUnreadable`."""

    def __init__(self, source: bytes | IO[bytes]) -> None:
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)
            index = json.loads(self._archive.read(INDEX))
            if index["format"] != FORMAT or index["version"] != VERSION:
                raise CellStoreUnreadable(problem="cells_version", technical=f"{index['format']} {index['version']}")
            self.dtypes: dict[str, str] = dict(index["columns"])
            self.groups: tuple[RowGroup, ...] = _row_groups(index["groups"])
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
            raise CellStoreUnreadable(problem="parser_refused", technical=str(error)) from error

    def __len__(self) -> int:
        return sum(group.rows for group in self.groups)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self.dtypes)

    def column(self, name: str, groups: Sequence[int] | None = None) -> NDArray[Any]:
        """One column over some groups (None: all), in their order. Raises `CellStoreUnreadable`, KeyError (no such
        column)."""
        dtype = np.dtype(self.dtypes[name])
        wanted = range(len(self.groups)) if groups is None else groups
        parts = [self._part(number, name, dtype) for number in wanted]
        return np.concatenate(parts) if parts else np.zeros(0, dtype)

    def groups_in(self, bounds: Box) -> list[int]:
        """Numbers of the groups whose square meets a box of level 0."""
        return [n for n, group in enumerate(self.groups) if group.bounds.intersection(bounds) is not None]

    def _part(self, number: int, name: str, dtype: np.dtype[Any]) -> NDArray[Any]:
        try:
            values = np.load(io.BytesIO(self._archive.read(f"{number}/{name}.npy")), allow_pickle=False)
        except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
            raise CellStoreUnreadable(problem="cells_column", group=number, name=name, technical=str(error)) from error
        if values.dtype != dtype or values.shape != (self.groups[number].rows,):
            raise CellStoreUnreadable(
                problem="cells_column", group=number, name=name, technical=f"{values.dtype} {values.shape}"
            )
        return np.asarray(values)


def _row_groups(described: list[dict[str, Any]]) -> tuple[RowGroup, ...]:
    groups, first = [], 0
    for entry in described:
        groups.append(RowGroup(Box(*entry["bounds"]), int(entry["rows"]), first))
        first += int(entry["rows"])
    return tuple(groups)


def _dtype(values: NDArray[Any]) -> str:
    return str(values.dtype.newbyteorder("<").str)


def _npy(values: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    little = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"), copy=False))
    np.lib.format.write_array(buffer, little, version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.external_attr = 0o600 << 16
    archive.writestr(entry, data)
