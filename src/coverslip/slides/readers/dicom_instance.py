"""One DICOM instance of a slide: its header and where its frames lie; no pixel is read."""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import pydicom
import pydicom.config
from pydicom.errors import InvalidDicomError

from coverslip.slides.errors import FormatDeclined, SlideCorrupt, damage_is_corruption
from coverslip.slides.readers.dicom_frames import FrameTable, PixelElement
from coverslip.slides.source import Source, as_file, open_source

# pydicom repeats the values of damaged headers in its warnings, and a value may be a name: nothing of it is logged.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE

PREFIX_AT, PREFIX = 128, b"DICM"
META_AT = 132
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
DEFLATED, BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
UNREAD = {DEFLATED: "dicom_deflated", BIG_ENDIAN: "dicom_big_endian"}
TRANSFER_SYNTAX = (2, 0x10)
LONG_VRS = (b"OB", b"OW", b"OF", b"SQ", b"UT", b"UN")
LARGEST_META = 64 * 1024
OPEN_SOURCES = 48


def is_dicom(head: bytes) -> bool:
    """Whether these are the first bytes of a DICOM file (PS3.10 section 7.1)."""
    return head[PREFIX_AT : PREFIX_AT + len(PREFIX)] == PREFIX


class OpenSources:
    """The sources of a slide's files, the last used kept open: a slide may lie in more files than may be open."""

    def __init__(self) -> None:
        self._open: OrderedDict[Path, Source] = OrderedDict()

    def of(self, path: Path) -> Source:
        """Raises `SlideMissing`, `OSError`."""
        if path not in self._open:
            self._open[path] = open_source(path)
            if len(self._open) > OPEN_SOURCES:
                _, oldest = self._open.popitem(last=False)
                oldest.close()
        self._open.move_to_end(path)
        return self._open[path]

    def close(self) -> None:
        """Give them all back."""
        while self._open:
            self._open.popitem()[1].close()


class Instance:
    """The header of one instance, `header` as pydicom has it; `frames` found when first asked for."""

    def __init__(self, path: Path, sources: OpenSources, name: str) -> None:
        """`name`: what messages call the slide. Raises `SlideCorrupt`, `FormatDeclined`."""
        self.path = path.absolute()
        self.name = name
        self._sources = sources
        source = sources.of(self.path)
        self.syntax = transfer_syntax(source, name)
        if self.syntax in UNREAD:
            raise FormatDeclined(file=name, problem=UNREAD[self.syntax])
        with damage_is_corruption(name), as_file(source) as file:
            try:
                self.header: Any = pydicom.dcmread(file, stop_before_pixels=True)
            except InvalidDicomError as error:
                raise SlideCorrupt(file=name, problem="header_unread") from error
            self._pixels_at = file.tell()

    @cached_property
    def frames(self) -> FrameTable:
        """Where the frames lie. Raises `SlideCorrupt`, `SlideTruncated`."""
        with damage_is_corruption(self.name):
            element = PixelElement(self._source, self._pixels_at, self.syntax != IMPLICIT, self.name)
            count = self.number("NumberOfFrames", 1)
            if self.syntax in (IMPLICIT, EXPLICIT):
                return element.native(count, self.frame_bytes)
            header = self.header
            return element.compressed(
                count, header.get("ExtendedOffsetTable"), header.get("ExtendedOffsetTableLengths")
            )

    @property
    def frame_bytes(self) -> int:
        """Bytes of a frame that is not compressed."""
        pixels = self.number("Rows") * self.number("Columns") * self.number("SamplesPerPixel", 1)
        return pixels * self.number("BitsAllocated") // 8

    def read(self, frame: int) -> bytes:
        """The stored bytes of a frame."""
        return self.frames.read(self._source, frame)

    def number(self, keyword: str, default: int | None = None) -> int:
        """A whole number that the header must state, or `default`. Raises `SlideCorrupt`."""
        return self._value(keyword, int, default)

    def text(self, keyword: str) -> str | None:
        """A text of the header; None where it is missing or empty."""
        return text_of(self.header, keyword)

    def _value(self, keyword: str, kind: Callable[[Any], int], default: int | None) -> int:
        value = self.header.get(keyword)
        if value is None or value == "":
            if default is None:
                raise SlideCorrupt(file=self.name, problem="dicom_unstated", value=keyword)
            return default
        return kind(value)

    @property
    def _source(self) -> Source:
        return self._sources.of(self.path)


def text_of(dataset: Any, keyword: str) -> str | None:
    """A text attribute of a data set; None where it is missing or empty."""
    return str(dataset.get(keyword, "") or "").strip() or None


def items(dataset: Any, keyword: str) -> list[Any]:
    """The items of a sequence; none where it is missing."""
    return list(dataset.get(keyword) or ())


def first_item(dataset: Any, keyword: str) -> Any:
    """The first item of a sequence; an empty data set where it is missing."""
    return next(iter(items(dataset, keyword)), pydicom.Dataset())


def transfer_syntax(source: Source, file: str) -> str:
    """From the file meta information (PS3.10 7.1), which is always explicit little endian. Raises `SlideCorrupt`."""
    meta = source.read_at(META_AT, LARGEST_META)
    at = 0
    while at + 8 <= len(meta):
        group, element = struct.unpack_from("<HH", meta, at)
        if group != 2:
            break
        if meta[at + 4 : at + 6] in LONG_VRS:
            length, value = int.from_bytes(meta[at + 8 : at + 12], "little"), at + 12
        else:
            length, value = int.from_bytes(meta[at + 6 : at + 8], "little"), at + 8
        if (group, element) == TRANSFER_SYNTAX:
            return meta[value : value + length].rstrip(b"\0 ").decode("ascii", "replace")
        at = value + length
    raise SlideCorrupt(file=file, problem="dicom_syntax_unstated")
