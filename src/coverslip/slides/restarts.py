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
BLOCK_BITS = (16 + 11) + 63 * (16 + 10)
"""The longest block of baseline JPEG (T.81, F.1.2): codes of 16 bits, 11 more for the first number, 10 for others."""
BLOCK_BYTES = 2 * -(-BLOCK_BITS // 8)
"""Each byte may be followed by a stuffed zero."""
PADDING_BYTES = 64
"""Fill bytes and the marker behind an interval."""
LARGEST_TILE_BYTES = 8 * 1024 * 1024
"""Of a tile's intervals together: 30 bytes for each of its pixels, where a scanner writes one."""
TABLE_AT_ONCE = 64 * 1024
"""Bytes of the table read to have a tile's lines in one piece; beyond it each line is read by itself."""
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
    longest: int
    """Bytes an interval can have at most, by its pixels: see `longest_interval`."""

    def tile(self, read_at: ReadAt, head: bytes, column: int, row: int) -> bytes:
        """The complete JPEG of a tile.

        Raises ValueError where the file is cut off or the table points elsewhere, before anything long is read.
        """
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
        if 4 * count <= TABLE_AT_ONCE:
            ends = self._ends(read_at, first, count)
            pairs = [(ends[line * self.across], ends[line * self.across + 1]) for line in range(lines)]
        else:
            pairs = []
            for line in range(lines):
                start, end = self._ends(read_at, first + line * self.across, 2)
                pairs.append((start, end))
        if any(not self.stream <= start < end <= self.stream_end for start, end in pairs):
            raise ValueError("a table of restart markers that points elsewhere")
        lengths = [end - start for start, end in pairs]
        if max(lengths) > self.longest or sum(lengths) > LARGEST_TILE_BYTES:
            raise ValueError("a table of restart markers between which lies more than their pixels can be")
        return pairs

    def _ends(self, read_at: ReadAt, first: int, count: int) -> list[int]:
        """Where `count` intervals begin, as places in the file; behind the last one the stream ends."""
        known = min(count, self.across * self.down - first)
        numbers = self._numbers(read_at, self.table, first, known)
        if self.high_table is not None:
            high = self._numbers(read_at, self.high_table, first, known)
            numbers = [low + (upper << 32) for low, upper in zip(numbers, high, strict=True)]
        return [*(self.stream + number for number in numbers), self.stream_end][:count]

    def _numbers(self, read_at: ReadAt, table: int, first: int, count: int) -> list[int]:
        data = read_at(table + 4 * first, 4 * count)
        if len(data) != 4 * count:
            raise ValueError("the file ends inside a table")
        numbers = array("I")
        numbers.frombytes(data)
        return numbers.tolist()


def longest_interval(units: int, blocks: int) -> int:
    """Bytes that no interval of so many coded units (MCU) of `blocks` blocks each exceeds in baseline JPEG."""
    return units * blocks * BLOCK_BYTES + PADDING_BYTES
