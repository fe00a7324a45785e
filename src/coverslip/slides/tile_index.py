"""Where the stored tiles of a slide lie in its files, so that one is served by a single `os.pread`, undecoded.

The index is built once (in the sandbox) and is plain numbers: it can be sent between processes and kept in memory.
A 60,000 x 60,000 slide of 256 px tiles has about 73,000 tiles and an index of about 900 kB.
"""

from __future__ import annotations

import os
from array import array
from dataclasses import dataclass, replace
from typing import Literal

from coverslip.errors import Problem
from coverslip.slides.errors import LevelOutside, TileOutside, TileUnreadable
from coverslip.slides.markers import build_of
from coverslip.slides.restarts import ReadAt, Restarts

MediaType = Literal["image/jpeg", "image/png", "image/webp"]

LARGEST_PASSED_BYTES = 16 * 1024 * 1024
"""A stored tile longer than that is left to the sandbox, whatever the file says of it."""


class BuiltOtherwise(Exception):
    """A stored tile that does not become complete as its neighbours do: it has to be decoded."""


@dataclass(frozen=True, slots=True)
class LevelIndex:
    """Stored tiles of one level, row by row. A tile of length 0 is not stored."""

    columns: int
    rows: int
    offsets: array[int]
    """Type code Q, bytes from the start of the file."""
    lengths: array[int]
    """Type code Q, bytes."""
    files: array[int] | None
    """Type code H, for each tile the position of its file in `TileIndex.files`; None: all in the first."""
    size: tuple[int, int]
    """Width and height that each stored tile has in pixels, at the borders too."""
    head: bytes
    """Bytes that replace the first `skip` bytes of each stored tile."""
    skip: int
    media_type: MediaType
    restarts: Restarts | None = None
    """Set where a tile is cut from one stream at its restart markers; `offsets` and `lengths` are empty then."""


@dataclass(frozen=True, slots=True)
class TilePlace:
    """Where the bytes of one tile are; `file`: position in `TileIndex.files`."""

    file: int
    offset: int
    length: int
    skip: int
    """Bytes at the start of what is stored that `head` replaces."""
    head: bytes
    size: tuple[int, int]
    """Width and height in pixels."""
    media_type: MediaType
    level: int
    column: int
    row: int
    restarts: Restarts | None = None

    def read(self, descriptor: int) -> bytes:
        """The complete tile, read from the open file.

        Raises `TileUnreadable` where the file ends or is no JPEG, `BuiltOtherwise` where it must be decoded.
        """
        if self.restarts is None:
            return self._complete(os.pread(descriptor, self.length, self.offset))
        return self.read_by(lambda offset, length: os.pread(descriptor, length, offset))

    def read_by(self, read_at: ReadAt) -> bytes:
        """As `read`, from any source of bytes."""
        if self.restarts is None:
            return self._complete(read_at(self.offset, self.length))
        try:
            return self.restarts.tile(read_at, self.head, self.column, self.row)
        except ValueError as error:
            raise self.unreadable(Problem("codec_refused", technical=str(error))) from error

    def _complete(self, stored: bytes) -> bytes:
        """The tile from its stored bytes.

        How tiles become complete was found out on a few of them; each is held against that before it is shown.
        """
        if len(stored) != self.length:
            raise self.unreadable(Problem("tile_cut_off"))
        if self.media_type != "image/jpeg":
            return self.head + stored
        try:
            build = build_of(stored)
        except ValueError as error:
            raise self.unreadable(Problem("codec_refused", technical=str(error))) from error
        if build is None or build != (self.skip, *self.size):
            raise BuiltOtherwise
        return b"".join((self.head, memoryview(stored)[self.skip :]))

    def unreadable(self, problem: Problem) -> TileUnreadable:
        """The error for this tile."""
        return TileUnreadable(level=self.level, column=self.column, row=self.row, problem=problem)


@dataclass(frozen=True, slots=True)
class TileIndex:
    """The tiles of a slide that pass through; None for a level whose tiles must be decoded."""

    files: tuple[str, ...]
    """Absolute paths."""
    levels: tuple[LevelIndex | None, ...]

    def place(self, level: int, column: int, row: int) -> TilePlace | None:
        """Where a tile is stored; None where it must be decoded. Raises `LevelOutside`, `TileOutside`. O(1)."""
        if not 0 <= level < len(self.levels):
            raise LevelOutside(level=level, levels=len(self.levels))
        index = self.levels[level]
        if index is None:
            return None
        if not (0 <= column < index.columns and 0 <= row < index.rows):
            raise TileOutside(level=level, column=column, row=row)
        if index.restarts is not None:
            cut = index.restarts
            whole = cut.stream_end - cut.stream
            return TilePlace(0, cut.stream, whole, 0, index.head, index.size, index.media_type, level, column, row, cut)
        number = row * index.columns + column
        length = index.lengths[number]
        if length <= index.skip or length > LARGEST_PASSED_BYTES:
            return None
        file = index.files[number] if index.files is not None else 0
        return TilePlace(
            file, index.offsets[number], length, index.skip, index.head, index.size, index.media_type,
            level, column, row,
        )  # fmt: skip


def combined(levels: list[tuple[list[str], LevelIndex | None]]) -> TileIndex:
    """The index of a slide whose levels lie in different files: each level with the files its tiles name."""
    files = list(dict.fromkeys(file for names, index in levels if index is not None for file in names))
    renumbered: list[LevelIndex | None] = []
    for names, index in levels:
        if index is None:
            renumbered.append(None)
            continue
        numbers = [files.index(name) for name in names]
        if index.files is None and numbers[0] == 0:
            renumbered.append(index)
            continue
        named = index.files if index.files is not None else array("H", bytes(2 * len(index.offsets)))
        renumbered.append(replace(index, files=array("H", [numbers[number] for number in named])))
    return TileIndex(tuple(files), tuple(renumbered))
