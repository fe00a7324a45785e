"""A pyramidal, tiled JPEG TIFF written as a stream: any size with the memory of two rows of tiles a level."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import cv2
import numpy as np
import simplejpeg
import tifffile
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]

TILE_PX = 256
CLASSIC_LIMIT_BYTES = 2**32 - 2**25
_SPOOL_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class PageSize:
    """Width and height of one level, in pixels."""

    width: int
    height: int

    @property
    def columns(self) -> int:
        """Tiles in a row."""
        return -(-self.width // TILE_PX)


@dataclass(frozen=True, slots=True)
class Extra:
    """A picture beside the pyramid: thumbnail, label or macro."""

    rgb: Rgb
    description: str
    subfile_type: int = 0
    """TIFF NewSubfileType; Aperio's files have 0 for the thumbnail, 1 for the label, 9 for the macro image."""
    lossless: bool = False


def level_sizes(width: int, height: int, factor: int = 4, smallest_px: int = 1024) -> list[PageSize]:
    """Level 0 and every level `factor` times smaller, until one is no larger than `smallest_px`."""
    sizes = [PageSize(width, height)]
    while max(sizes[-1].width, sizes[-1].height) > smallest_px:
        sizes.append(PageSize(max(sizes[-1].width // factor, 1), max(sizes[-1].height // factor, 1)))
    return sizes


class _Level:
    """One level while it is being written: pixels wait for a whole row of tiles, tiles wait in a spool."""

    def __init__(self, size: PageSize, quality: int) -> None:
        self.size, self._quality = size, quality
        self._waiting: list[Rgb] = []
        self._rows_waiting = 0
        self._spool: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES)  # noqa: SIM115
        self.lengths: list[int] = []

    def add(self, band: Rgb) -> None:
        """Take the next rows of pixels, (n, width, 3)."""
        self._waiting.append(band)
        self._rows_waiting += band.shape[0]
        if self._rows_waiting >= TILE_PX:
            rows = np.concatenate(self._waiting) if len(self._waiting) > 1 else self._waiting[0]
            whole = self._rows_waiting // TILE_PX * TILE_PX
            for top in range(0, whole, TILE_PX):
                self._encode(rows[top : top + TILE_PX])
            self._waiting, self._rows_waiting = [rows[whole:]], self._rows_waiting - whole

    def finish(self) -> None:
        """Encode the last, partial row of tiles."""
        if self._rows_waiting:
            self._encode(np.concatenate(self._waiting))
            self._waiting, self._rows_waiting = [], 0

    def tiles(self) -> Iterator[bytes]:
        """The encoded tiles in order; the spool is gone afterwards."""
        self._spool.seek(0)
        for length in self.lengths:
            yield self._spool.read(length)
        self._spool.close()

    @property
    def bytes(self) -> int:
        """Size of all tiles."""
        return sum(self.lengths)

    def _encode(self, rows: Rgb) -> None:
        below = TILE_PX - rows.shape[0]
        beside = self.size.columns * TILE_PX - self.size.width
        if below or beside:
            rows = np.pad(rows, ((0, below), (0, beside), (0, 0)), mode="edge")
        for left in range(0, rows.shape[1], TILE_PX):
            tile = np.ascontiguousarray(rows[:, left : left + TILE_PX])
            data = simplejpeg.encode_jpeg(tile, quality=self._quality, colorspace="RGB", colorsubsampling="420")
            self._spool.write(data)
            self.lengths.append(len(data))


class PyramidWriter:
    """Takes bands of level 0 from top to bottom, then writes the file with all its pages."""

    def __init__(self, width: int, height: int, *, quality: int = 85, factor: int = 4) -> None:
        self._factor = factor
        self.sizes = level_sizes(width, height, factor)
        self._levels = [_Level(size, quality) for size in self.sizes]
        self._carried: list[list[Rgb]] = [[] for _ in self.sizes]

    def add(self, band: Rgb) -> None:
        """The next rows of level 0, (n, width, 3) uint8."""
        self._add(0, band)

    def write(
        self,
        path: Path,
        descriptions: Iterable[str],
        extras: Iterable[Extra],
        software: str,
        micrometres: float,
        icc_profile: bytes | None = None,
    ) -> None:
        """Write the file. `descriptions`: one a level; the first of `extras` follows level 0, the others the levels.

        The same pixels and words give the same bytes.
        """
        for level in self._levels:
            level.finish()
        first, *others = extras
        large = sum(level.bytes for level in self._levels) > CLASSIC_LIMIT_BYTES
        with tifffile.TiffWriter(path, bigtiff=large, byteorder="<") as tiff:
            for index, (level, description) in enumerate(zip(self._levels, descriptions, strict=True)):
                spacing = micrometres * self._factor**index
                _write_tiles(tiff, level, description, software if index == 0 else None, spacing, icc_profile)
                if index == 0:
                    _write_extra(tiff, first)
            for extra in others:
                _write_extra(tiff, extra)

    def _add(self, index: int, band: Rgb) -> None:
        level = self._levels[index]
        level.add(band)
        if index + 1 == len(self._levels):
            return
        carried = self._carried[index]
        carried.append(band)
        rows = sum(part.shape[0] for part in carried)
        whole = rows // self._factor * self._factor
        if whole >= self._factor * 16 or (whole and whole >= level.size.height):
            together = np.concatenate(carried)
            self._carried[index] = [together[whole:]]
            self._add(index + 1, _smaller(together[:whole], self.sizes[index + 1].width, self._factor))

    def flush(self) -> None:
        """Bring the rows that still wait down the pyramid; after the last band."""
        for index in range(len(self._levels) - 1):
            rows = np.concatenate(self._carried[index]) if self._carried[index] else None
            self._carried[index] = []
            if rows is not None and (whole := rows.shape[0] // self._factor * self._factor):
                self._add(index + 1, _smaller(rows[:whole], self.sizes[index + 1].width, self._factor))


def _smaller(rows: Rgb, width: int, factor: int) -> Rgb:
    part = rows[:, : width * factor] if rows.shape[1] >= width * factor else rows
    return np.asarray(cv2.resize(part, (width, rows.shape[0] // factor), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _write_tiles(
    tiff: tifffile.TiffWriter,
    level: _Level,
    description: str,
    software: str | None,
    spacing_um: float,
    icc: bytes | None,
) -> None:
    tiff.write(
        level.tiles(),
        shape=(level.size.height, level.size.width, 3),
        dtype=np.uint8,
        photometric="ycbcr",
        subsampling=(2, 2),
        compression="jpeg",
        tile=(TILE_PX, TILE_PX),
        description=description,
        software=software,
        metadata=None,
        iccprofile=icc,
        resolution=(1e4 / spacing_um, 1e4 / spacing_um),
        resolutionunit="CENTIMETER",
    )


def _write_extra(tiff: tifffile.TiffWriter, extra: Extra) -> None:
    """One strip: LZW for a label (sharp edges), JPEG for a photograph."""
    common = {
        "description": extra.description,
        "rowsperstrip": extra.rgb.shape[0],
        "subfiletype": extra.subfile_type,
        "metadata": None,
        "software": False,
    }
    if extra.lossless:
        tiff.write(extra.rgb, photometric="rgb", compression="lzw", predictor=2, **common)
        return
    data = simplejpeg.encode_jpeg(np.ascontiguousarray(extra.rgb), 90, "RGB", "420")
    tiff.write(
        iter([data]),
        shape=extra.rgb.shape,
        dtype=np.uint8,
        photometric="ycbcr",
        subsampling=(2, 2),
        compression="jpeg",
        **common,
    )
