"""The segments of a Zeiss CZI file (ZISRAW): directory of sub-blocks, metadata, attachments; no pixel is read.

From the layout that Zeiss publishes with libCZI: every segment begins with a name of 16 bytes and two sizes; the file
header points to the directory, whose entries say of each sub-block where it lies in the file and in the slide.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from coverslip.slides.errors import SlideCorrupt, SlideTruncated
from coverslip.slides.source import Source

FILE, DIRECTORY, METADATA = b"ZISRAWFILE", b"ZISRAWDIRECTORY", b"ZISRAWMETADATA"
ATTACHMENTS, ATTACHMENT, SUB_BLOCK = b"ZISRAWATTDIR", b"ZISRAWATTACH", b"ZISRAWSUBBLOCK"
HEAD = 32
ENTRY_HEAD, DIMENSION = 32, 20
SMALLEST_FIXED_PART = 256
ATTACHMENT_ENTRY = 128
MOST_SUB_BLOCKS = 2_000_000
MOST_ATTACHMENTS = 4096
MOST_XML = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SubBlock:
    """A picture's place: `x`, `y`, `width`, `height` in pixels of the finest level; `stored`: its own two sides."""

    position: int
    pixel_type: int
    compression: int
    x: int
    y: int
    width: int
    height: int
    stored: tuple[int, int]
    others: tuple[tuple[str, int], ...]
    """(dimension, place) of the other dimensions: C, Z, T, S, M, ..."""
    dimensions: int

    def at(self, dimension: str) -> int:
        """Its place along another dimension; 0 where it states none."""
        return next((place for name, place in self.others if name == dimension), 0)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file within the file: a label, a preview, a thumbnail. `offset`, `size`: its bytes."""

    name: str
    kind: str
    offset: int
    size: int


class Part:
    """A stretch of a source as a source of its own: an attachment is a whole CZI file."""

    def __init__(self, source: Source, offset: int, size: int) -> None:
        self._source, self._offset = source, offset
        self.name, self.size = source.name, size

    def read_at(self, offset: int, length: int) -> bytes:
        """As `Source.read_at`."""
        return self._source.read_at(self._offset + offset, max(0, min(length, self.size - offset)))

    def close(self) -> None:
        """The whole stays its owner's."""


def is_czi(head: bytes) -> bool:
    """Whether these are the first bytes of a CZI file."""
    return head.startswith(FILE + b"\0")


class CziFile:
    """The parsed header and directories of one file."""

    def __init__(self, source: Source, file: str) -> None:
        """`file`: what messages call it. Raises `SlideCorrupt`, `SlideTruncated`."""
        self.source, self.file = source, file
        head = self._segment(0, FILE, 80)
        directory, metadata = struct.unpack_from("<qq", head, 52)
        (attachments,) = struct.unpack_from("<q", head, 72)
        if struct.unpack_from("<i", head, 48)[0] != 0:
            raise SlideCorrupt(file=file, problem="czi_part")
        if struct.unpack_from("<i", head, 68)[0] != 0 or directory <= 0:
            raise SlideCorrupt(file=file, problem="scan_unfinished")
        self.sub_blocks = self._sub_blocks(directory)
        self.xml = self._xml(metadata) if metadata > 0 else ""
        self.attachments = self._attachments(attachments) if attachments > 0 else []

    def stored(self, block: SubBlock) -> bytes:
        """The bytes of a sub-block's picture. Raises ValueError, EOFError where they are not there."""
        head = self.source.read_at(block.position, HEAD + 16)
        if len(head) < HEAD + 16 or not head.startswith(SUB_BLOCK):
            raise ValueError("no sub-block where the directory says")
        metadata, _, size = struct.unpack_from("<iiq", head, HEAD)
        fixed = max(SMALLEST_FIXED_PART, 16 + ENTRY_HEAD + DIMENSION * block.dimensions)
        if metadata < 0 or not 0 <= size <= self.source.size:
            raise ValueError("a sub-block of no size")
        data = self.source.read_at(block.position + HEAD + fixed + metadata, size)
        if len(data) != size:
            raise EOFError("the file ends inside the sub-block")
        return data

    def end_of(self, block: SubBlock) -> int:
        """At least so many bytes the file must have for this block: its head."""
        return block.position + HEAD + SMALLEST_FIXED_PART

    def _segment(self, position: int, name: bytes, length: int) -> bytes:
        """The first `length` bytes of a segment's data."""
        head = self.source.read_at(position, HEAD + length)
        if len(head) < HEAD + length:
            raise SlideTruncated(file=self.file, size=self.source.size, needed=position + HEAD + length)
        if not head.startswith(name + b"\0"):
            raise SlideCorrupt(file=self.file, problem="czi_segment", value=name.decode())
        return head[HEAD:]

    def _sub_blocks(self, position: int) -> list[SubBlock]:
        (count,) = struct.unpack_from("<i", self._segment(position, DIRECTORY, 128), 0)
        if not 0 < count <= MOST_SUB_BLOCKS:
            raise SlideCorrupt(file=self.file, problem="czi_directory", number=count)
        (used,) = struct.unpack_from("<q", self.source.read_at(position + 24, 8), 0)
        length = min(used, self.source.size) - 128
        body = self.source.read_at(position + HEAD + 128, max(0, length))
        found, at = [], 0
        for _ in range(count):
            if at + ENTRY_HEAD > len(body):
                raise SlideTruncated(
                    file=self.file, size=self.source.size, needed=position + HEAD + 128 + at + ENTRY_HEAD
                )
            block, at = self._entry(body, at)
            found.append(block)
        needed = max(self.end_of(block) for block in found)
        if needed > self.source.size:
            raise SlideTruncated(file=self.file, size=self.source.size, needed=needed)
        return found

    def _entry(self, body: bytes, at: int) -> tuple[SubBlock, int]:
        schema, pixel_type, position, _, compression = struct.unpack_from("<2siqii", body, at)
        (count,) = struct.unpack_from("<i", body, at + 28)
        end = at + ENTRY_HEAD + DIMENSION * count
        if schema != b"DV" or not 2 <= count <= 32 or position < 0:
            raise SlideCorrupt(file=self.file, problem="czi_entry")
        if end > len(body):
            raise SlideTruncated(file=self.file, size=self.source.size, needed=self.source.size + end - len(body))
        sides: dict[str, tuple[int, int, int]] = {}
        for number in range(count):
            name, start, size, _, stored = struct.unpack_from("<4siifi", body, at + ENTRY_HEAD + DIMENSION * number)
            sides[name.rstrip(b"\0").decode("ascii", "replace")] = (start, size, stored)
        if "X" not in sides or "Y" not in sides:
            raise SlideCorrupt(file=self.file, problem="czi_place")
        (x, width, stored_width), (y, height, stored_height) = sides.pop("X"), sides.pop("Y")
        stored = (stored_width or width, stored_height or height)
        if min(width, height, *stored) <= 0:
            raise SlideCorrupt(file=self.file, problem="czi_size")
        others = tuple((name, start) for name, (start, _, _) in sides.items())
        return SubBlock(position, pixel_type, compression, x, y, width, height, stored, others, count), end

    def _xml(self, position: int) -> str:
        (size,) = struct.unpack_from("<i", self._segment(position, METADATA, 256), 0)
        if not 0 <= size <= MOST_XML:
            raise SlideCorrupt(file=self.file, problem="czi_metadata")
        return self.source.read_at(position + HEAD + 256, size).decode("utf-8", "replace")

    def _attachments(self, position: int) -> list[Attachment]:
        (count,) = struct.unpack_from("<i", self._segment(position, ATTACHMENTS, 256), 0)
        if not 0 <= count <= MOST_ATTACHMENTS:
            raise SlideCorrupt(file=self.file, problem="czi_attachments", number=count)
        body = self.source.read_at(position + HEAD + 256, count * ATTACHMENT_ENTRY)
        found = []
        for at in range(0, len(body) - ATTACHMENT_ENTRY + 1, ATTACHMENT_ENTRY):
            (place,) = struct.unpack_from("<q", body, at + 12)
            kind, name = (
                body[at + start : at + end].split(b"\0")[0].decode("utf-8", "replace")
                for start, end in ((40, 48), (48, 128))
            )
            head = self.source.read_at(place, HEAD + 4) if place >= 0 else b""
            if head.startswith(ATTACHMENT) and len(head) == HEAD + 4:
                size = max(0, struct.unpack_from("<i", head, HEAD)[0])
                found.append(Attachment(name, kind, place + HEAD + 256, size))
        return found
