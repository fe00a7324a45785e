"""Stored JPEG tiles made complete: tables and colour marker inserted, decoded and encoded by libjpeg-turbo.

TIFF stores a tile without its quantization and Huffman tables (TIFF tag 347, Technical Note 2 of TIFF 6.0) and says its
colours in the Photometric tag, which no browser sees. The head made here says the same inside the stream: an Adobe
APP14 marker with transform 0 for RGB, and nothing for YCbCr, which is what a decoder assumes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import simplejpeg

from coverslip.slides.markers import APP0, APP14, BASELINE, EXTENDED, FRAMES, PROGRESSIVE, SOI, SOS, build_of
from coverslip.slides.slide import RgbImage

__all__ = [
    "APP0", "APP14", "APP14_RGB", "BASELINE", "EOI", "EXTENDED", "PROGRESSIVE", "SOI", "SOS", "TILE_QUALITY",
    "Colours", "Segment", "Splice", "complete", "decode", "encode", "segments", "splice",
]  # fmt: skip

Colours = Literal["rgb", "ycbcr", "grey"]

EOI = b"\xff\xd9"
APP14_RGB = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
"""Adobe marker, 14 bytes long, version 100, no flags, transform 0: three components are R, G, B."""

TILE_QUALITY = 90
HARMLESS = "extraneous bytes before marker"
"""libjpeg's warning about filler bytes that some scanners write; no pixel is touched by it."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One marker segment: `start` and `end` in bytes, `end` exclusive."""

    marker: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Splice:
    """How a stored tile becomes a complete JPEG: `head` replaces its first `skip` bytes."""

    head: bytes
    skip: int

    def apply(self, stored: bytes) -> bytes:
        """The complete JPEG stream."""
        return self.head + stored[self.skip :]

    def fits(self, stored: bytes) -> bool:
        """Whether this tile is built as those on which it was proven. Raises ValueError where it is not JPEG."""
        build = build_of(stored)
        return build is not None and build.cut == self.skip


def segments(stream: bytes) -> Iterator[Segment]:
    """Marker segments up to and including SOS. Raises ValueError where the stream is not JPEG."""
    if stream[:2] != SOI:
        raise ValueError("no JPEG start marker")
    at = 2
    while at + 4 <= len(stream):
        if stream[at] != 0xFF:
            raise ValueError(f"no marker at byte {at}")
        marker = stream[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xD9:
            return
        end = at + 2 + int.from_bytes(stream[at + 2 : at + 4], "big")
        yield Segment(marker, at, end)
        if marker == SOS:
            return
        at = end


def splice(sample: bytes, tables: bytes | None, colours: Colours) -> Splice | None:
    """How tiles that are built like `sample` become complete JPEGs that show `colours`; None: they cannot.

    `tables`: value of TIFF tag 347. A JFIF marker in an RGB tile is cut out (decoders let it overrule APP14), as is
    an APP14 marker of the tile itself; both only where they stand first, else the tile must be decoded. Raises
    ValueError where `sample` is not JPEG.
    """
    build = build_of(sample)
    if build is None:
        return None
    marker = APP14_RGB if colours == "rgb" else b""
    return Splice(SOI + marker + _table_segments(tables), build.cut)


def complete(stored: bytes, tables: bytes | None, colours: Colours) -> bytes | None:
    """One tile as a complete JPEG that shows `colours`, however it is built; None: no frame that libjpeg is asked for.

    Markers that speak of colours are left out wherever they stand. Raises ValueError where it is not JPEG.
    """
    parts = list(segments(stored))
    if not parts or parts[-1].marker != SOS or not any(part.marker in FRAMES for part in parts):
        return None
    marker = APP14_RGB if colours == "rgb" else b""
    kept = (stored[part.start : part.end] for part in parts if part.marker not in (APP0, APP14))
    return b"".join((SOI, marker, _table_segments(tables), *kept, stored[parts[-1].end :]))


def _table_segments(tables: bytes | None) -> bytes:
    if not tables:
        return b""
    return b"".join(tables[part.start : part.end] for part in segments(tables) if part.marker not in (APP0, APP14, SOS))


def decode(stream: bytes, reduction: int = 1) -> RgbImage:
    """Pixels of a complete JPEG; (h, w, 3) uint8; `reduction` 2, 4 or 8 decodes that much smaller (DCT scaling).

    Raises ValueError for a damaged stream: a decoder that goes on would fill the missing part with grey.
    """
    floor = {}
    if reduction > 1:
        height, width, _, _ = simplejpeg.decode_jpeg_header(stream)
        floor = {"min_height": -(-height // reduction), "min_width": -(-width // reduction), "min_factor": 1}
    try:
        image = simplejpeg.decode_jpeg(stream, colorspace="RGB", **floor)
    except ValueError as error:
        if HARMLESS not in str(error):
            raise
        image = simplejpeg.decode_jpeg(stream, colorspace="RGB", strict=False, **floor)
    return np.asarray(image, dtype=np.uint8)


def encode(image: RgbImage, quality: int = TILE_QUALITY) -> bytes:
    """`image`: (h, w, 3) uint8; returns a JPEG with full chroma (4:4:4): thin brown membranes keep their colour."""
    pixels = np.ascontiguousarray(image)
    return bytes(simplejpeg.encode_jpeg(pixels, quality=quality, colorspace="RGB", colorsubsampling="444"))
