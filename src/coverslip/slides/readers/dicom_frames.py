"""Where the frames of a DICOM instance lie in its file (PS3.5 A.4 and 8.2, PS3.3 C.7.6.3.1.8).

From the extended offset table, else the basic one, else by one pass over the item tags; never by reading the pixels.
After that a frame is found at once, whatever the size of the instance.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass, field

import numpy as np

from coverslip.slides.errors import SlideCorrupt, SlideTruncated
from coverslip.slides.source import Source

ITEM, SEQUENCE_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
ITEM_HEAD = 8
UNDEFINED = 0xFFFFFFFF
PIXEL_DATA = struct.pack("<HH", 0x7FE0, 0x0010)
STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ")
"""First bytes of JPEG and JPEG-LS, of JPEG 2000 and HTJ2K, of JP2: a frame begins here."""
CHECKED_FRAMES = 16
MOST_FRAMES = 50_000_000


@dataclass(slots=True)
class FrameTable:
    """`offsets` and `lengths` in bytes, one for each frame; `pieces` of frames stored in several fragments."""

    offsets: array[int]
    lengths: array[int]
    pieces: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    def read(self, source: Source, number: int) -> bytes:
        """The bytes of a frame. Raises EOFError where the file ends inside it."""
        parts = self.pieces.get(number) or [(self.offsets[number], self.lengths[number])]
        data = b"".join(source.read_at(offset, length) for offset, length in parts)
        if len(data) != sum(length for _, length in parts):
            raise EOFError("the file ends inside the frame")
        return data

    @property
    def end(self) -> int:
        """The first byte after the last frame."""
        if not self.offsets:
            return 0
        ends = np.frombuffer(self.offsets, np.uint64) + np.frombuffer(self.lengths, np.uint64)
        return max([int(ends.max()), *(offset + length for parts in self.pieces.values() for offset, length in parts)])


class PixelElement:
    """The Pixel Data element: `start` is its first byte in the file (the tag)."""

    def __init__(self, source: Source, start: int, explicit: bool, file: str) -> None:
        """Raises `SlideCorrupt` where there is none, `SlideTruncated`."""
        head = source.read_at(start, 12)
        if head[:4] != PIXEL_DATA:
            raise SlideCorrupt(file=file, problem="pixels_none")
        long = 12 if explicit else 8
        if len(head) < long:
            raise SlideTruncated(file=file, size=source.size, needed=start + long)
        self.length = int.from_bytes(head[long - 4 : long], "little")
        self.value = start + long
        self.encapsulated = self.length == UNDEFINED
        self._source, self._file = source, file

    def native(self, frames: int, frame_bytes: int) -> FrameTable:
        """Frames stored one after the other, not compressed."""
        needed = frames * frame_bytes
        if self.encapsulated or not 0 < needed <= self.length or frames > MOST_FRAMES:
            raise SlideCorrupt(file=self._file, problem="pixels_short")
        if self.value + needed > self._source.size:
            raise SlideTruncated(file=self._file, size=self._source.size, needed=self.value + needed)
        places = np.arange(frames, dtype=np.uint64) * np.uint64(frame_bytes) + np.uint64(self.value)
        lengths = np.full(frames, frame_bytes, dtype=np.uint64)
        return self._checked(FrameTable(array("Q", places.tobytes()), array("Q", lengths.tobytes())))

    def compressed(self, frames: int, extended: bytes | None, lengths: bytes | None) -> FrameTable:
        """Frames stored as fragments; `extended`, `lengths`: values of the Extended Offset Table and its Lengths."""
        if not self.encapsulated:
            raise SlideCorrupt(file=self._file, problem="pixels_not_in_items")
        if not 0 < frames <= MOST_FRAMES:
            raise SlideCorrupt(file=self._file, problem="frames_number", number=frames)
        tag, basic = self._item(self.value)
        if tag != ITEM:
            raise SlideCorrupt(file=self._file, problem="offset_table_none")
        first = self.value + ITEM_HEAD + basic
        if extended and lengths:
            table = self._by_extended_table(frames, first, extended, lengths)
        elif basic >= 4 * frames and frames:
            table = self._by_basic_table(frames, first)
        else:
            table = self._by_walking(frames, first)
        return self._checked(table)

    def _by_extended_table(self, frames: int, first: int, extended: bytes, lengths: bytes) -> FrameTable:
        if len(extended) != 8 * frames or len(lengths) != 8 * frames:
            raise SlideCorrupt(file=self._file, problem="offset_table_misfit")
        offsets = np.frombuffer(extended, "<u8").astype(np.uint64)
        sizes = np.frombuffer(lengths, "<u8").astype(np.uint64)
        limit = np.uint64(self._source.size)
        if offsets.max(initial=0) > limit or sizes.max(initial=0) > limit:
            needed = first + int(offsets.max()) + int(sizes.max())
            raise SlideTruncated(file=self._file, size=self._source.size, needed=needed)
        starts = offsets + np.uint64(first + ITEM_HEAD)
        return FrameTable(array("Q", starts.tobytes()), array("Q", sizes.tobytes()))

    def _by_basic_table(self, frames: int, first: int) -> FrameTable:
        """Each frame reaches to the next. That it is one fragment is checked on a sample and on the largest.

        Writers split a frame only where it exceeds a size, so the largest frames tell; where one is split the items
        are walked.
        """
        raw = self._source.read_at(self.value + ITEM_HEAD, 4 * frames)
        if len(raw) < 4 * frames:
            raise SlideTruncated(file=self._file, size=self._source.size, needed=self.value + ITEM_HEAD + 4 * frames)
        starts = np.frombuffer(raw, "<u4").astype(np.int64) + first
        last = int(starts[-1])
        tag, size = self._item(last)
        spans = np.diff(np.append(starts, last + ITEM_HEAD + size))
        if tag != ITEM or spans.min(initial=ITEM_HEAD) < ITEM_HEAD:
            raise SlideCorrupt(file=self._file, problem="offset_table_misfit")
        lengths = spans - ITEM_HEAD
        picked = {*range(0, frames, max(1, frames // CHECKED_FRAMES)), *np.argsort(lengths)[-CHECKED_FRAMES:].tolist()}
        for number in picked:
            tag, size = self._item(int(starts[number]))
            if tag != ITEM:
                raise SlideCorrupt(file=self._file, problem="offset_table_misfit")
            if size != lengths[number]:
                return self._by_walking(frames, first)
        after, _ = self._item(last + ITEM_HEAD + int(lengths[-1]))
        if after == ITEM:
            return self._by_walking(frames, first)
        offsets = (starts + ITEM_HEAD).astype(np.uint64)
        return FrameTable(array("Q", offsets.tobytes()), array("Q", lengths.astype(np.uint64).tobytes()))

    def _by_walking(self, frames: int, first: int) -> FrameTable:
        fragments: list[tuple[int, int]] = []
        at = first
        while True:
            tag, size = self._item(at)
            if tag == SEQUENCE_END or not tag:
                break
            if tag != ITEM or size == UNDEFINED:
                raise SlideCorrupt(file=self._file, problem="fragment_none", at=at)
            fragments.append((at + ITEM_HEAD, size))
            at += ITEM_HEAD + size
            if len(fragments) > MOST_FRAMES:
                raise SlideCorrupt(file=self._file, problem="fragments_many")
        if len(fragments) < frames:
            raise SlideTruncated(file=self._file, size=self._source.size, needed=max(at, self._source.size) + ITEM_HEAD)
        if len(fragments) == frames:
            return FrameTable(array("Q", [at for at, _ in fragments]), array("Q", [size for _, size in fragments]))
        return self._joined(frames, fragments)

    def _joined(self, frames: int, fragments: list[tuple[int, int]]) -> FrameTable:
        """Fragments of the same frame put together: a new frame begins where a code stream begins."""
        parts: list[list[tuple[int, int]]] = []
        for at, size in fragments:
            begins = self._source.read_at(at, 8).startswith(STARTS) if frames > 1 else not parts
            if begins:
                parts.append([])
            if not parts:
                raise SlideCorrupt(file=self._file, problem="fragments_left")
            parts[-1].append((at, size))
        if len(parts) != frames:
            raise SlideCorrupt(file=self._file, problem="frames_missing", stated=frames, stored=len(parts))
        table = FrameTable(array("Q"), array("Q"))
        for number, pieces in enumerate(parts):
            table.offsets.append(pieces[0][0])
            table.lengths.append(pieces[0][1])
            if len(pieces) > 1:
                table.pieces[number] = pieces
        return table

    def _item(self, at: int) -> tuple[bytes, int]:
        head = self._source.read_at(at, ITEM_HEAD)
        return (head[:4], int.from_bytes(head[4:], "little")) if len(head) == ITEM_HEAD else (b"", 0)

    def _checked(self, table: FrameTable) -> FrameTable:
        if table.end > self._source.size:
            raise SlideTruncated(file=self._file, size=self._source.size, needed=table.end)
        return table
