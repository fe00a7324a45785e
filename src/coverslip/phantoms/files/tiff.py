"""TIFF without a vendor: pyramidal, tiled, striped, and one that lies about its size."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tifffile

from coverslip.phantoms.files.picture import Rgb, halved


def write_tiff(
    path: Path,
    image: Rgb,
    *,
    factors: Sequence[int] = (1,),
    mpp: float | None = None,
    big_endian: bool = False,
    **options: Any,
) -> Path:
    """A TIFF with the given levels as pages; `options` go to `tifffile.TiffWriter.write`; deflate by default."""
    chosen: dict[str, Any] = {"compression": "deflate", "photometric": "rgb", **options}
    with tifffile.TiffWriter(path, byteorder=">" if big_endian else "<") as tiff:
        for factor in factors:
            level = halved(image, factor) if factor > 1 else image
            resolution = None if mpp is None else (1e4 / (mpp * factor), 1e4 / (mpp * factor))
            unit = None if mpp is None else "centimeter"
            reduced = int(factor > 1)
            tiff.write(level, metadata=None, resolution=resolution, resolutionunit=unit, subfiletype=reduced, **chosen)
    return path


def bomb(path: Path, side: int = 4_000_000) -> Path:
    """A TIFF of 200 bytes that declares `side` x `side` pixels."""
    tags = [
        (256, 4, 1, side),
        (257, 4, 1, side),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (277, 3, 1, 1),
        (322, 4, 1, 256),
        (323, 4, 1, 256),
        (324, 4, 1, 16),
        (325, 4, 1, 16),
    ]
    body = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    path.write_bytes(b"II*\x00" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + body + b"\0" * 64)
    return path
