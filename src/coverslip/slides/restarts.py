"""Tiles cut from one large JPEG stream at its restart markers (ITU-T T.81, B.2.1 and E.1.4), without decoding.

Between two restart markers lies an interval that can be decoded by itself: a run of blocks of one line of blocks. A
tile is the intervals of several lines that stand below each other, joined by restart markers of their own, under the
stream's header with the tile's size in it. Where the intervals begin is not copied into the index: the file has a table
of it (Hamamatsu's `McuStarts`), of which a tile reads its part.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass

ReadAt = Callable[[int, int], bytes]
"""Bytes from an offset, at most so many."""
EOI = b"\xff\xd9"
RESTARTS = tuple(bytes((0xFF, 0xD0 + number)) for number in range(8))


@dataclass(frozen=True, slots=True)
class Restarts:
    """The intervals of one stream. Offsets in bytes from the start of the file."""

    stream: int
    """Where the stream begins, from which the table counts."""
    stream_end: int
    table: int
    """Where the table is: a 32-bit little-endian number for each interval."""
    high_table: int | None
    """Where the numbers' upper 32 bits are; None: they are nought."""
    across: int
    """Intervals in a line."""
    down: int
    """Lines."""
    line_height: int
    """Pixels."""
    lines: int
    """Lines in a tile; the tiles of the last row may have fewer."""
    height_at: int
    """Where in the head the picture's height stands, two bytes."""

    def tile(self, read_at: ReadAt, head: bytes, column: int, row: int) -> bytes:
        """The complete JPEG of a tile. Raises ValueError where the file is cut off or the table points elsewhere."""
        first = row * self.lines
        lines = min(self.lines, self.down - first)
        starts = self._starts(read_at, first * self.across + column, lines)
        parts = [head[: self.height_at], (lines * self.line_height).to_bytes(2, "big"), head[self.height_at + 2 :]]
        for line, (start, end) in enumerate(starts):
            stored = read_at(start, end - start)
            if len(stored) != end - start or len(stored) < 3 or stored[-2:] not in (EOI, *RESTARTS):
                raise ValueError("no restart marker where the table says")
            parts.append(stored[:-2])
            parts.append(RESTARTS[line % 8] if line + 1 < lines else EOI)
        return b"".join(parts)

    def _starts(self, read_at: ReadAt, first: int, lines: int) -> list[tuple[int, int]]:
        """Start and end of an interval in each of these lines."""
        count = (lines - 1) * self.across + 2
        known = min(count, self.across * self.down - first)
        numbers = self._numbers(read_at, self.table, first, known)
        if self.high_table is not None:
            high = self._numbers(read_at, self.high_table, first, known)
            numbers = [low + (upper << 32) for low, upper in zip(numbers, high, strict=True)]
        ends = [*(self.stream + number for number in numbers), self.stream_end]
        pairs = [(ends[line * self.across], ends[line * self.across + 1]) for line in range(lines)]
        if any(not self.stream <= start < end <= self.stream_end for start, end in pairs):
            raise ValueError("a table of restart markers that points elsewhere")
        return pairs

    def _numbers(self, read_at: ReadAt, table: int, first: int, count: int) -> list[int]:
        data = read_at(table + 4 * first, 4 * count)
        if len(data) != 4 * count:
            raise ValueError("the file ends inside a table")
        numbers = array("I")
        numbers.frombytes(data)
        return numbers.tolist()
