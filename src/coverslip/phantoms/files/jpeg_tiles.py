"""JPEG tiles as scanners store them: abbreviated, without tables and without a word on their colours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import imagecodecs
import numpy as np

from coverslip.phantoms.files.picture import Rgb
from coverslip.slides.jpeg import APP0, APP14, BASELINE, EOI, SOI, SOS, segments

Colours = Literal["rgb", "ycbcr", "grey"]
QUALITY = 90


def abbreviated(tiles: Iterator[Rgb], colours: Colours) -> tuple[bytes, list[bytes]]:
    """JPEG tables and the tiles without them and without colour markers, as scanners store them."""
    tables, stored = b"", []
    for tile in tiles:
        stream = encoded(tile, colours)
        parts = list(segments(stream))
        shared = [part for part in parts if part.marker in (0xDB, 0xC4)]
        dropped = [part for part in parts if part.marker in (0xDB, 0xC4, APP0, APP14)]
        tables = SOI + b"".join(stream[part.start : part.end] for part in shared) + EOI
        kept, at = b"", 0
        for part in dropped:
            kept, at = kept + stream[at : part.start], part.end
        stored.append(_numbered(kept + stream[at:]))
    return tables, stored


def encoded(tile: Rgb, colours: Colours) -> bytes:
    """One JPEG stream; chroma halved in YCbCr; `grey` takes the first channel."""
    if colours == "grey":
        return bytes(imagecodecs.jpeg8_encode(np.ascontiguousarray(tile[..., 0]), level=QUALITY))
    sampling = "444" if colours == "rgb" else "420"
    return bytes(
        imagecodecs.jpeg8_encode(
            tile, level=QUALITY, colorspace="rgb", outcolorspace=colours, subsampling=sampling, optimize=False
        )
    )


def _numbered(stream: bytes) -> bytes:
    """Components called 1, 2, 3, as scanners call them: libjpeg calls them R, G, B, from which decoders guess RGB."""
    changed = bytearray(stream)
    for part in segments(stream):
        if part.marker in (BASELINE, SOS):
            first, step = (part.start + 10, 3) if part.marker == BASELINE else (part.start + 5, 2)
            for number in range(stream[first - 1]):
                changed[first + step * number] = number + 1
    return bytes(changed)
