"""Hamamatsu NDPI: every level one JPEG stream with restart markers, classic TIFF with 64-bit offsets.

Source: OpenSlide's documentation, "Hamamatsu format" (tags, McuStarts, the upper halves of offsets after a directory).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import cv2
import imagecodecs
import numpy as np

from coverslip.phantoms.files.directories import (
    DATE,
    FLOAT,
    MAKE,
    MODEL,
    SLONG,
    STRIP_COUNTS,
    STRIP_OFFSETS,
    Directory,
    one_strip,
    packed,
)
from coverslip.phantoms.files.picture import Rgb, halved, tissue
from coverslip.slides.jpeg import segments

FORMAT, MAGNIFICATION, X_OFFSET, Y_OFFSET, PLANE, STARTS, REFERENCE, STARTS_HIGH = (
    65420,
    65421,
    65422,
    65423,
    65424,
    65426,
    65427,
    65432,
)
BLOCK_WIDTH, QUALITY = 16, 90


@dataclass(frozen=True, slots=True)
class NdpiOptions:
    """How the slide is written."""

    factors: tuple[int, ...] = (1, 2, 4)
    interval: int | None = 8
    """Blocks between restart markers: a whole part of each level's width, else the whole width; None: no markers."""
    planes_nm: tuple[int, ...] = (0,)
    """Offsets of the focal planes in nanometres."""
    spacing_um: float = 0.23
    gap: int = 0
    """Bytes left empty before the first image (a hole in the file), to try offsets beyond 4 GB."""
    high_bytes: bool = False
    """Write the table of the restart markers' upper halves even where they are nought."""


def write_ndpi(path: Path, image: Rgb, options: NdpiOptions | None = None) -> Path:
    """An NDPI of the picture: levels of every plane, then the macro image and a map."""
    options = options or NdpiOptions()
    directories = []
    for factor in options.factors:
        for plane in options.planes_nm:
            level = halved(image, factor) if factor > 1 else image
            if plane:
                level = np.asarray(cv2.GaussianBlur(level, (0, 0), 2.0), dtype=np.uint8)
            directories.append(_level(level, 40.0 / factor, plane, factor, options))
    macro = tissue(240, 80, 6)
    stream = bytes(imagecodecs.jpeg8_encode(macro, level=QUALITY, subsampling="420"))
    directories.append(_tagged(one_strip(macro, stream), -1.0, 0))
    directories.append(_tagged(one_strip(np.full((20, 60, 1), 200, np.uint8)), -2.0, 0))
    return _write(path, directories, options.gap)


def _level(level: Rgb, power: float, plane: int, factor: int, options: NdpiOptions) -> Directory:
    blocks = -(-level.shape[1] // BLOCK_WIDTH)
    wanted = options.interval or 0
    interval = wanted if wanted and blocks % wanted == 0 else blocks if wanted else 0
    made = _tagged(one_strip(level, _stream(level, interval)), power, plane)
    if interval:
        starts = _starts(made.blocks[0])
        made.number(STARTS, *starts)
        if options.high_bytes:
            made.number(STARTS_HIGH, *[0] * len(starts))
    return made.resolution(options.spacing_um * factor)


def _stream(level: Rgb, interval: int) -> bytes:
    """JPEG with chroma halved across, restart markers every `interval` blocks."""
    settings = {
        cv2.IMWRITE_JPEG_QUALITY: QUALITY,
        cv2.IMWRITE_JPEG_RST_INTERVAL: interval,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR: cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    }
    done, data = cv2.imencode(".jpg", level[..., ::-1], [number for pair in settings.items() for number in pair])
    assert done
    return bytes(data.tobytes())


def _starts(stream: bytes) -> list[int]:
    """Where each restart interval begins, from the start of the stream."""
    first = list(segments(stream))[-1].end
    markers = [at + 2 for at in range(first, len(stream) - 1) if stream[at] == 0xFF and 0xD0 <= stream[at + 1] <= 0xD7]
    return [first, *markers]


def _tagged(made: Directory, power: float, plane: int) -> Directory:
    made.tags[MAGNIFICATION] = (FLOAT, [power])
    made.text(MAKE, "Hamamatsu").text(MODEL, "NanoZoomer").text(REFERENCE, "S24-1-A1")
    made.text(DATE, "2024/03/14 08:30:00")
    made.number(FORMAT, 1).number(PLANE, plane, kind=SLONG)
    return made.number(X_OFFSET, 0, kind=SLONG).number(Y_OFFSET, 0, kind=SLONG)


def _write(path: Path, directories: list[Directory], gap: int) -> Path:
    """Classic TIFF whose offsets have 64 bits: their upper halves follow each directory."""
    with path.open("wb") as file:
        file.write(b"II*\0" + b"\0" * 8)
        file.seek(12 + gap)
        link = 4
        for directory in directories:
            start = file.tell()
            for block in directory.blocks:
                file.write(block)
            directory.number(STRIP_OFFSETS, start & 0xFFFFFFFF).number(STRIP_COUNTS, len(directory.blocks[0]))
            entries, upper = b"", b""
            for tag, (kind, value) in sorted(directory.tags.items()):
                count, data = packed(kind, value)
                high = start >> 32 if tag == STRIP_OFFSETS else 0
                if len(data) > 4:
                    place = file.tell()
                    file.write(data)
                    data, high = struct.pack("<I", place & 0xFFFFFFFF), place >> 32
                entries += struct.pack("<HHI", tag, kind, count) + data.ljust(4, b"\0")
                upper += struct.pack("<I", high)
            here = file.tell()
            file.write(struct.pack("<H", len(directory.tags)) + entries)
            after = file.tell()
            file.write(b"\0" * 8 + upper)
            end = file.tell()
            file.seek(link)
            file.write(struct.pack("<Q", here))
            file.seek(end)
            link = after
    return path
