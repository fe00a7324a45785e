"""Large slides in small files: every tile of every level names one of a few stored tiles, which TIFF allows.

A slide of 60,000 x 60,000 pixels is 4 MB, so that 200 different ones fit on any disk; reading one is no different from
reading a slide whose tiles are all stored, except that the disk's own cache is warm at once.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import imagecodecs
import numpy as np
import simplejpeg

from coverslip.phantoms.files.picture import tissue

TILE = 256
DIFFERENT = 16
GRAIN = 12.0
QUALITY = 84
ASCII, SHORT, LONG, UNDEFINED, LONG8 = 2, 3, 4, 7, 16
JPEG, APERIO_RGB = 7, 33005
RGB, YCBCR = 2, 6
SIZES = {ASCII: 1, SHORT: 2, LONG: 4, UNDEFINED: 1, LONG8: 8}


def picture(seed: int, side: int = TILE) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """One tile of tissue with noise; (side, side, 3)."""
    random = np.random.default_rng(seed)
    noisy = tissue(side, side, seed) + random.normal(0, GRAIN, (side, side, 3))
    return np.ascontiguousarray(noisy.clip(0, 255).astype(np.uint8))


def write_shared(
    path: Path,
    side: int,
    downsamples: Sequence[int],
    seed: int,
    *,
    tile: int = TILE,
    jpeg2000: bool = False,
    profile: bytes = b"",
) -> None:
    """An SVS of `side` x `side` pixels, 0.25 um a pixel at level 0: JPEG YCbCr 4:2:0, or JPEG 2000 RGB.

    `profile`: ICC, none where empty.
    """
    pictures = [picture(seed * DIFFERENT + n, tile) for n in range(DIFFERENT)]
    if jpeg2000:
        tiles = [imagecodecs.jpeg2k_encode(one, level=38, codecformat="J2K", reversible=False) for one in pictures]
    else:
        tiles = [
            simplejpeg.encode_jpeg(one, quality=QUALITY, colorspace="RGB", colorsubsampling="420") for one in pictures
        ]
    compression, photometric = (APERIO_RGB, RGB) if jpeg2000 else (JPEG, YCBCR)
    with path.open("wb") as file:
        file.write(struct.pack("<2sHHHQ", b"II", 43, 8, 0, 0))
        places = []
        for stored in tiles:
            places.append((file.tell(), len(stored)))
            file.write(stored)
        link = 8
        for number, downsample in enumerate(downsamples):
            width = -(-side // downsample)
            count = (-(-width // tile)) ** 2
            chosen = [places[(n * 7919 + n // 13) % DIFFERENT] for n in range(count)]
            words = f"Aperio Image Library v12.0.0\n{width}x{width} seed {seed}|AppMag = 40|MPP = 0.25"
            text = words.encode() + b"\0"
            tags: list[tuple[int, int, bytes]] = [
                (254, LONG, struct.pack("<I", 0 if number == 0 else 1)),
                (256, LONG, struct.pack("<I", width)),
                (257, LONG, struct.pack("<I", width)),
                (258, SHORT, struct.pack("<3H", 8, 8, 8)),
                (259, SHORT, struct.pack("<H", compression)),
                (262, SHORT, struct.pack("<H", photometric)),
                (270, ASCII, text),
                (277, SHORT, struct.pack("<H", 3)),
                (284, SHORT, struct.pack("<H", 1)),
                (322, LONG, struct.pack("<I", tile)),
                (323, LONG, struct.pack("<I", tile)),
                (324, LONG8, np.array([place[0] for place in chosen], "<u8").tobytes()),
                (325, LONG, np.array([place[1] for place in chosen], "<u4").tobytes()),
            ]
            if not jpeg2000:
                tags.append((530, SHORT, struct.pack("<2H", 2, 2)))
            if profile:
                tags.append((34675, UNDEFINED, profile))
            link = _directory(file, tags, link)


def _directory(out: IO[bytes], tags: list[tuple[int, int, bytes]], link: int) -> int:
    """Append a BigTIFF directory, let `link` point to it; returns where its own link stands."""
    entries = b""
    for tag, kind, value in tags:
        if len(value) > 8:
            out.seek(0, 2)
            out.write(b"\0" * (-out.tell() % 8))
            inline = struct.pack("<Q", out.tell())
            out.write(value)
        else:
            inline = value.ljust(8, b"\0")
        entries += struct.pack("<HHQ", tag, kind, len(value) // SIZES[kind]) + inline
    out.seek(0, 2)
    out.write(b"\0" * (-out.tell() % 8))
    start = out.tell()
    out.write(struct.pack("<Q", len(tags)) + entries + struct.pack("<Q", 0))
    out.seek(link)
    out.write(struct.pack("<Q", start))
    out.seek(0, 2)
    return start + 8 + len(entries)
