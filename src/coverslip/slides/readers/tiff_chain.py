"""The chain of image directories of a TIFF file, walked before anything is parsed.

Parsers stop quietly at a directory that lies beyond the end of the file, and so lose the levels, label and macro after
it. Here that is an error, as are loops, and sizes that no slide has (TIFF 6.0, section 2; BigTIFF).
"""

from __future__ import annotations

import struct

from coverslip.slides.errors import SlideCorrupt, SlideTooLarge, SlideTruncated
from coverslip.slides.source import Source

LONGEST_SIDE_PX = 1_000_000
LARGEST_AREA_PX = 250_000_000_000
"""500,000 x 500,000: five times a whole glass slide at 0.1 um a pixel."""
MOST_DIRECTORIES = 4096
MOST_TAGS = 4096
WIDTH_TAG, LENGTH_TAG = 256, 257
SHORT, LONG, LONG8 = 3, 4, 16


def is_tiff(head: bytes) -> bool:
    """Whether these are the first bytes of a TIFF or BigTIFF file."""
    return head[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


def check_size(file: str, width: int, height: int) -> None:
    """Raises `SlideTooLarge` for sizes that no slide has, `SlideCorrupt` for none at all."""
    if width > LONGEST_SIDE_PX or height > LONGEST_SIDE_PX or width * height > LARGEST_AREA_PX:
        raise SlideTooLarge(file=file, width=width, height=height)
    if width <= 0 or height <= 0:
        raise SlideCorrupt(file=file, problem="image_size", width=width, height=height)


def check_chain(source: Source) -> int:
    """Walks all main directories of a TIFF; returns their number.

    Raises `SlideTruncated` where one lies beyond the end, `SlideTooLarge` for a TIFF bomb, `SlideCorrupt` for a loop.
    """
    file = source.name
    order, big, offset = _header(source)
    seen: set[int] = set()
    while offset:
        if offset in seen or len(seen) >= MOST_DIRECTORIES:
            raise SlideCorrupt(file=file, problem="directories_loop")
        seen.add(offset)
        offset = _directory(source, order, big, offset)
    if not seen:
        raise SlideCorrupt(file=file, problem="directories_none")
    return len(seen)


def _header(source: Source) -> tuple[str, bool, int]:
    head = source.read_at(0, 16)
    order = "<" if head[:2] == b"II" else ">"
    big = struct.unpack(order + "H", head[2:4])[0] == 43
    needed = 16 if big else 8
    if len(head) < needed:
        raise SlideTruncated(file=source.name, size=source.size, needed=needed)
    offset = struct.unpack(order + ("Q" if big else "I"), head[8:16] if big else head[4:8])[0]
    return order, big, int(offset)


def _directory(source: Source, order: str, big: bool, offset: int) -> int:
    file, size = source.name, source.size
    count_bytes, entry_bytes, next_bytes = (8, 20, 8) if big else (2, 12, 4)
    count_kind, next_kind = ("Q", "Q") if big else ("H", "I")
    raw = source.read_at(offset, count_bytes)
    if len(raw) < count_bytes:
        raise SlideTruncated(file=file, size=size, needed=offset + count_bytes)
    count = struct.unpack(order + count_kind, raw)[0]
    if count > MOST_TAGS:
        raise SlideCorrupt(file=file, problem="directory_tags", number=count)
    body = source.read_at(offset + count_bytes, count * entry_bytes + next_bytes)
    if len(body) < count * entry_bytes + next_bytes:
        raise SlideTruncated(file=file, size=size, needed=offset + count_bytes + count * entry_bytes + next_bytes)
    sides = {WIDTH_TAG: 1, LENGTH_TAG: 1}
    for start in range(0, count * entry_bytes, entry_bytes):
        tag, kind = struct.unpack(order + "HH", body[start : start + 4])
        if tag in sides:
            value = body[start + (12 if big else 8) : start + entry_bytes]
            sides[tag] = _number(order, kind, value)
    check_size(file, sides[WIDTH_TAG], sides[LENGTH_TAG])
    return int(struct.unpack(order + next_kind, body[count * entry_bytes :])[0])


def _number(order: str, kind: int, value: bytes) -> int:
    width = {SHORT: 2, LONG: 4, LONG8: 8}.get(kind, 4)
    letter = {2: "H", 4: "I", 8: "Q"}[width]
    return int(struct.unpack(order + letter, value[:width])[0])
