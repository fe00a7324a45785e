"""KFB as KFBIO's scanners write it, as far as the public reader `kfbslide` describes it.

Sections (a kind, 0xEEEE, content, an end mark) for the scan, the macro and the label, then a table of 64 bytes a tile
and the JPEG tiles one after the other in the table's order, for each power of the scanner: 40, 20, 10, ...
"""

from __future__ import annotations

import struct
from pathlib import Path

import simplejpeg

from coverslip.phantoms.files.picture import Rgb, halved

QUALITY = 92
SCAN, MACRO, LABEL = 1, 2, 3


def write_kfb(
    path: Path,
    image: Rgb,
    *,
    mpp: float = 0.25,
    power: int = 40,
    factors: tuple[int, ...] = (1, 2, 4),
    tile: int = 64,
    macro: Rgb,
    label: Rgb,
) -> Path:
    """One KFB file; tiles at the right and lower border are as small as what is left."""
    entries, tiles = [], []
    for factor in factors:
        level = halved(image, factor) if factor > 1 else image
        for top in range(0, level.shape[0], tile):
            for left in range(0, level.shape[1], tile):
                part = level[top : top + tile, left : left + tile]
                stored = _jpeg(part)
                entries.append((left, top, part.shape[1], part.shape[0], power / factor, len(stored)))
                tiles.append(stored)
    pictures = [(MACRO, macro, _jpeg(macro)), (LABEL, label, _jpeg(label))]
    header_bytes = 4 + 88 + 4
    section_bytes = 4 + 44 + 4
    macro_at = header_bytes
    label_at = macro_at + section_bytes + len(pictures[0][2])
    index_at = label_at + section_bytes + len(pictures[1][2])
    index_end = index_at + 64 * len(entries)
    fields = bytearray(88)
    fields[0:4] = b"KFB\0"
    struct.pack_into("<fIIII", fields, 8, 1.6, len(entries), image.shape[0], image.shape[1], power)
    fields[28:32] = b"JPEG"
    struct.pack_into("<IqIIQQf", fields, 36, 60, 1_710_405_000, macro_at, label_at, index_end, index_at, mpp)
    struct.pack_into("<I", fields, 84, tile)
    body = _section(SCAN, bytes(fields))
    for kind, picture, stored in pictures:
        what = bytearray(44)
        struct.pack_into("<II", what, 4, picture.shape[0], picture.shape[1])
        struct.pack_into("<II", what, 16, len(stored), section_bytes)
        body += _section(kind, bytes(what)) + stored
    for x, y, width, height, scale, size in entries:
        body += struct.pack("<4xIIIIf8xI28x", x, y, width, height, scale, size)
    path.write_bytes(body + b"".join(tiles))
    return path


def _jpeg(pixels: Rgb) -> bytes:
    return bytes(simplejpeg.encode_jpeg(pixels.copy(), quality=QUALITY, colorspace="RGB", colorsubsampling="444"))


def _section(kind: int, content: bytes) -> bytes:
    return bytes([0xF1, kind, 0xEE, 0xEE]) + content + bytes([0xFF, kind, 0xEE, 0xEE])
