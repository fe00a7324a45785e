"""Tiles cut from one large JPEG stream at its restart markers (NDPI), all of one height as DICOM and TIFF want them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from coverslip.slides.errors import TileUnreadable
from coverslip.slides.restarts import EOI, RESTARTS, ReadAt, Restarts
from coverslip.slides.source import open_source
from coverslip.slides.tile_index import LevelIndex

LINE_STEP = 16


@dataclass(frozen=True, slots=True)
class Cuts:
    """How the tiles of a level are cut."""

    file: str
    """Absolute path."""
    restarts: Restarts
    stream_head: bytes
    """The stream's header with a tile's width in it."""
    head: bytes = b""
    """As of `Places`: nothing is put before a tile that is cut."""

    @classmethod
    def of(cls, index: LevelIndex, file: str) -> Cuts:
        """Tiles as high as those that are served, rounded down to whole 16 pixels."""
        cut = index.restarts
        assert cut is not None
        step = max(1, LINE_STEP // cut.line_height)
        lines = max(step, cut.lines - cut.lines % step)
        return cls(file, replace(cut, lines=lines), index.head)

    def can_be(self, height: int) -> bool:
        """Whether tiles of this height can be cut."""
        return height % self.restarts.line_height == 0

    def of_height(self, height: int) -> Cuts:
        """The same level in tiles of another height."""
        return replace(self, restarts=replace(self.restarts, lines=height // self.restarts.line_height))

    @property
    def tile_height(self) -> int:
        """Pixels."""
        return self.restarts.lines * self.restarts.line_height

    @property
    def rows(self) -> int:
        """Of tiles."""
        return -(-self.restarts.down // self.restarts.lines)

    @property
    def count(self) -> int:
        """Tiles."""
        return self.restarts.across * self.rows

    @property
    def about_bytes(self) -> int:
        """Of all tiles, nearly."""
        return self.restarts.stream_end - self.restarts.stream + self.count * len(self.stream_head)

    def tile(self, read_at: ReadAt, tile: int) -> bytes:
        """A complete JPEG of the full height. Raises ValueError where the file is damaged.

        Below the level's last line, that line's interval is repeated: filler, as every format has it at the border.
        """
        cut = self.restarts
        column, row = tile % cut.across, tile // cut.across
        found = cut.tile(read_at, self.stream_head, column, row)
        there = min(cut.lines, cut.down - row * cut.lines)
        if there == cut.lines:
            return found
        size = len(self.stream_head)
        last = replace(cut, lines=1).tile(read_at, self.stream_head, column, cut.down - 1)[size : -len(EOI)]
        height = self.tile_height.to_bytes(2, "big")
        parts = [found[: cut.height_at], height, found[cut.height_at + 2 : -len(EOI)]]
        for line in range(there, cut.lines):
            parts += [RESTARTS[(line - 1) % 8], last]
        return b"".join([*parts, EOI])

    def first(self) -> bytes:
        """The first tile. Raises ValueError, `OSError`."""
        source = open_source(Path(self.file))
        try:
            return self.tile(source.read_at, 0)
        finally:
            source.close()


class CutFrames:
    """The tiles of a level, cut one by one. Raises `TileUnreadable`."""

    def __init__(self, cuts: Cuts, level: int) -> None:
        self._cuts = cuts
        self._level = level

    @property
    def about_bytes(self) -> int:
        """Of all tiles together."""
        return self._cuts.about_bytes

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        source = open_source(Path(self._cuts.file))
        try:
            for tile in range(self._cuts.count):
                try:
                    yield b"", self._cuts.tile(source.read_at, tile)
                except ValueError as error:
                    column, row = tile % self._cuts.restarts.across, tile // self._cuts.restarts.across
                    raise TileUnreadable(
                        level=self._level, column=column, row=row, problem="codec_refused", technical=str(error)
                    ) from error
        finally:
            source.close()
