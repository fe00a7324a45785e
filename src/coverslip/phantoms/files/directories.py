"""TIFF files put together tag by tag, for dialects that general writers do not speak.

Sources: TIFF 6.0 (1992), section 2; BigTIFF (Aware Systems, 2008); for Hamamatsu's 64-bit offsets in classic TIFF the
description of OpenSlide's documentation ("Hamamatsu format").
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coverslip.phantoms.files.jpeg_tiles import Colours, abbreviated
from coverslip.phantoms.files.picture import Rgb, cut

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SLONG, FLOAT, LONG8 = 1, 2, 3, 4, 5, 7, 9, 11, 16
_LETTERS = {SHORT: "H", LONG: "I", SLONG: "i", FLOAT: "f", LONG8: "Q"}
_TEXT = (BYTE, ASCII, UNDEFINED)
WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC, DESCRIPTION, MAKE, MODEL = 256, 257, 258, 259, 262, 270, 271, 272
STRIP_OFFSETS, SAMPLES, ROWS_PER_STRIP, STRIP_COUNTS, X_RESOLUTION, Y_RESOLUTION = 273, 277, 278, 279, 282, 283
RESOLUTION_UNIT, SOFTWARE, DATE, SUBFILE, PLANAR = 296, 305, 306, 254, 284
TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_COUNTS, TABLES, SUBSAMPLING = 322, 323, 324, 325, 347, 530
XMP, ICC, IMAGE_DEPTH = 700, 34675, 32997
UNCOMPRESSED, JPEG = 1, 7
PHOTOMETRICS = {"rgb": 2, "ycbcr": 6, "grey": 1}


@dataclass(slots=True)
class Directory:
    """One image: its tags and its stored tiles or strips."""

    blocks: list[bytes]
    """b"" for one that is not stored."""
    tiled: bool
    tags: dict[int, tuple[int, Any]] = field(default_factory=dict)
    """Tag -> (kind, value): bytes for texts, a list of numbers, a list of pairs for `RATIONAL`."""

    def text(self, tag: int, value: str | bytes) -> Directory:
        """Set a text; returns the directory."""
        data = value.encode() if isinstance(value, str) else value
        self.tags[tag] = (ASCII, data + b"\0") if tag != XMP else (BYTE, data)
        return self

    def number(self, tag: int, *values: int, kind: int = LONG) -> Directory:
        """Set numbers; returns the directory."""
        self.tags[tag] = (kind, list(values))
        return self

    def resolution(self, micrometres: float) -> Directory:
        """Set the pixel size in the resolution tags; returns the directory."""
        parts = 10_000 if micrometres > 0.1 else 1  # both sides of the ratio have 32 bits
        per_centimetre = (round(1e4 / micrometres * parts), parts)
        self.tags[X_RESOLUTION] = self.tags[Y_RESOLUTION] = (RATIONAL, [per_centimetre])
        return self.number(RESOLUTION_UNIT, 3, kind=SHORT)


def jpeg_tiles(image: Rgb, tile: tuple[int, int], colours: Colours = "ycbcr") -> Directory:
    """An image in JPEG tiles of `tile` (width, height), whose tables stand in tag 347."""
    tables, blocks = abbreviated(cut(image, tile), colours)
    shown = image[..., :1] if colours == "grey" else image
    made = _described(shown, JPEG, PHOTOMETRICS[colours], Directory(blocks, tiled=True))
    made.number(TILE_WIDTH, tile[0]).number(TILE_LENGTH, tile[1])
    made.tags[TABLES] = (UNDEFINED, tables)
    if colours == "ycbcr":
        made.number(SUBSAMPLING, 2, 2, kind=SHORT)
    return made


def one_strip(image: Rgb, data: bytes | None = None) -> Directory:
    """An image in one strip: the JPEG stream `data` in YCbCr, or uncompressed."""
    blocks = [data if data is not None else image.tobytes()]
    made = Directory(blocks, tiled=False)
    colours: Colours = "grey" if image.shape[2] == 1 else "rgb" if data is None else "ycbcr"
    _described(image, UNCOMPRESSED if data is None else JPEG, PHOTOMETRICS[colours], made)
    if data is not None:
        made.number(SUBSAMPLING, 2, 2, kind=SHORT)
    return made.number(ROWS_PER_STRIP, image.shape[0])


def _described(image: Rgb, compression: int, photometric: int, made: Directory) -> Directory:
    samples = image.shape[2]
    made.number(WIDTH, image.shape[1]).number(LENGTH, image.shape[0])
    made.number(BITS, *[8] * samples, kind=SHORT).number(COMPRESSION, compression, kind=SHORT)
    made.number(PHOTOMETRIC, photometric, kind=SHORT).number(SAMPLES, samples, kind=SHORT)
    return made.number(PLANAR, 1, kind=SHORT)


def write_directories(path: Path, directories: list[Directory], *, big: bool = True) -> Path:
    """A little-endian TIFF with these images in this order; `big`: BigTIFF."""
    out = bytearray(b"II+\0\x08\0\0\0" + b"\0" * 8 if big else b"II*\0" + b"\0" * 4)
    link = 8 if big else 4
    for directory in directories:
        offsets, counts = [], []
        for block in directory.blocks:
            out += b"\0" * (-len(out) % 2)
            offsets.append(len(out) if block else 0)
            counts.append(len(block))
            out += block
        kind = LONG8 if big else LONG
        directory.number(TILE_OFFSETS if directory.tiled else STRIP_OFFSETS, *offsets, kind=kind)
        directory.number(TILE_COUNTS if directory.tiled else STRIP_COUNTS, *counts, kind=kind)
        link = _append(out, directory, link, big=big)
    path.write_bytes(out)
    return path


def _append(out: bytearray, directory: Directory, link: int, *, big: bool) -> int:
    """Adds one directory, links it from `link` and returns where its own link stands."""
    room, letter = (8, "Q") if big else (4, "I")
    entries = b""
    for tag, (kind, value) in sorted(directory.tags.items()):
        count, data = packed(kind, value)
        if len(data) <= room:
            field_ = data.ljust(room, b"\0")
        else:
            out += b"\0" * (-len(out) % 2)
            field_ = struct.pack("<" + letter, len(out))
            out += data
        entries += struct.pack("<HH" + letter, tag, kind, count) + field_
    out += b"\0" * (-len(out) % 2)
    out[link : link + room] = struct.pack("<" + letter, len(out))
    out += struct.pack("<" + ("Q" if big else "H"), len(directory.tags)) + entries
    out += b"\0" * room
    return len(out) - room


def packed(kind: int, value: Any) -> tuple[int, bytes]:
    """Number of values and their bytes."""
    if kind in _TEXT:
        return len(value), bytes(value)
    if kind == RATIONAL:
        return len(value), b"".join(struct.pack("<II", *pair) for pair in value)
    return len(value), struct.pack(f"<{len(value)}{_LETTERS[kind]}", *value)
