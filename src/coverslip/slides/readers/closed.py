"""Slide formats that only their maker's programs read: known by their first bytes, so that one is told what to do.

The formats are unpublished, or published libraries for them may not be passed on. Where a scanner's own program exports
to SVS, TIFF or DICOM the slide comes in with its pixels and its scale.
"""

from __future__ import annotations

import string
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from coverslip.slides.errors import FormatClosed
from coverslip.slides.slide import Slide
from coverslip.slides.source import open_source

PRINTABLE = frozenset(string.digits.encode() + b"." + string.ascii_letters.encode() + b"\0 _-")
TIFFS = (b"II*\0", b"MM\0*")
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Microsoft's compound file, which several microscopes' programs write; told apart by the file's name."""


@dataclass(frozen=True, slots=True)
class ClosedFormat:
    """`name`: as people call it; `maker`: whose program exports it."""

    name: str
    maker: str


SDPC = ClosedFormat("SDPC", "Sqray (TEKSQRAY)")
TMAP = ClosedFormat("TMAP", "UNIC")
VSI = ClosedFormat("VSI/ETS", "Olympus / Evident")
LIF = ClosedFormat("LIF", "Leica Microsystems")
ND2 = ClosedFormat("ND2", "Nikon")
MDS = ClosedFormat("MDS", "Motic")
ZVI = ClosedFormat("ZVI", "Zeiss")
I2SYNTAX = ClosedFormat("i2syntax", "Philips")
DYQX = ClosedFormat("DYQX", "Sqray (TEKSQRAY)")
BY_ENDING = {".mds": MDS, ".zvi": ZVI}
"""Of compound files."""


class ClosedReader:
    """Takes files of closed formats, only to say that they must be exported."""

    name = "closed"
    reads_ranges = True

    def accepts(self, path: Path, head: bytes) -> bool:
        """True for a format that is known and closed."""
        return closed_format(path, head) is not None

    def open(self, path: Path) -> Slide:
        """Raises `FormatClosed`."""
        with closing(open_source(path)) as source:
            found = closed_format(path, source.read_at(0, 4096))
        known = found or ClosedFormat(path.suffix or "?", "?")
        raise FormatClosed(file=path.name, format=known.name, maker=known.maker)


def closed_format(path: Path, head: bytes) -> ClosedFormat | None:
    """Which closed format a file is of, from its first bytes; its name only tells apart what those leave open."""
    if head[:2] == b"SQ" and len(head) >= 18 and head[2] in b"0123456789vV" and PRINTABLE.issuperset(head[2:18]):
        return DYQX if path.suffix.lower() == ".dyqx" else SDPC
    if head[:4] == b"TMAP":
        return TMAP
    if head[:4] == b"SIS\0" or _is_vsi(path, head):
        return VSI
    if head[:4] == b"\x70\0\0\0" and head[8:9] == b"\x2a":
        return LIF
    if head[:4] == b"\xda\xce\xbe\x0a":
        return ND2
    if head[:8] == COMPOUND:
        return BY_ENDING.get(path.suffix.lower())
    if path.suffix.lower() == ".i2syntax" and head[:4] in (b"PK\x03\x04", b"\x89HDF"):
        return I2SYNTAX
    return None


def _is_vsi(path: Path, head: bytes) -> bool:
    """A TIFF with only the label and overview; the slide itself lies in `_NAME_/stack*/frame_t*.ets` beside it."""
    return head[:4] in TIFFS and path.suffix.lower() == ".vsi"
