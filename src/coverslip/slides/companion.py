"""Levels that a file does not have and a viewer needs: which they are, and how they are made once, beside the original.

A screen shows any magnification from the next finer level. Where that level is more than four times finer, or the
coarsest level is still large, a view of the whole slide would need thousands of tiles. Such a slide gets a companion:
a tiled TIFF of only the levels that are missing, in steps of four. The original is never touched.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import cv2
import numpy as np

from coverslip.slides import jpeg
from coverslip.slides.region import read_scaled
from coverslip.slides.slide import Level, RgbImage, Slide, SlideProperties
from coverslip.vocabulary.geometry import Box

STEP = 4
"""Between made levels, as scanners do it. Steps of two would cost five times the bytes on the disk and, because the
viewer shows a level down to 0.35 of a screen pixel for each of its own, more bytes a view (decision 0090)."""
WIDEST_STEP = 4.5
"""Levels whose sizes were rounded differ by a little more than 4."""
HALVED_BELOW = 7.0
"""A gap between stored levels that is narrower is halved: in steps of four the last one would be next to nothing."""
COARSEST_PX = 2048
"""A level whose longer side has at most this many pixels shows the whole slide: 64 tiles of 256 px."""
SMALLEST_SIDE_PX = 64
TILE_PX = 512
MAKER = "Coverslip companion 1"
"""Part of the companion's name; raised when the same slide would give other bytes than before."""

Progress = Callable[[int, int], None]
"""Tiles done, tiles in all."""


def missing_levels(properties: SlideProperties) -> tuple[Level, ...]:
    """The levels to be made, finest first; none for a slide that is served well as it is.

    Downsamples are whole numbers and sizes are rounded up, so that the last row and column are not lost.
    """
    present = sorted({level.downsample for level in properties.levels})
    wanted: list[int] = []
    for finer, coarser in pairwise(present):
        factor = STEP if coarser / finer >= HALVED_BELOW else 2
        while coarser / finer > WIDEST_STEP:
            finer = round(finer * factor)
            wanted.append(finer)
    coarsest = present[-1]
    while max(properties.width, properties.height) / coarsest > COARSEST_PX:
        coarsest = round(coarsest * STEP)
        if min(properties.width, properties.height) / coarsest < SMALLEST_SIDE_PX:
            break
        wanted.append(coarsest)
    return tuple(_level(properties, downsample) for downsample in wanted)


def build(slide: Slide, levels: Sequence[Level], target: Path, progress: Progress = lambda done, total: None) -> None:
    """Write the companion with these levels of `missing_levels` to a new file.

    Each level is averaged from the next finer one. Memory stays below a few hundred megabytes whatever the slide's
    size: one row of tiles is held, and coarser levels wait encoded in files. The same slide gives the same bytes.
    Raises `SlideError` where the slide cannot be read, `OSError`; the target is then worthless and the caller's to
    remove.
    """
    import tifffile  # here: the server, which only asks what is missing, does without its memory

    total = sum(level.columns * level.rows for level in levels)
    done = 0

    def told(tiles: Iterator[bytes]) -> Iterator[bytes]:
        nonlocal done
        for tile in tiles:
            done += 1
            progress(done, total)
            yield tile

    with tempfile.TemporaryDirectory(prefix="coverslip-companion-", dir=target.parent) as folder:
        spools = [Spool(level, Path(folder) / str(number)) for number, level in enumerate(levels)]
        for finer, coarser in pairwise(spools):
            finer.coarser = coarser if _follows(slide.properties, finer.level, coarser.level) else None
        try:
            with tifffile.TiffWriter(target, bigtiff=True) as tiff:
                for spool in spools:
                    made = spool.tiles() if spool.filled else _rows(slide, spool.level, spool.coarser)
                    _write(tiff, spool.level, told(made))
        finally:
            for spool in spools:
                spool.close()


class Spool:
    """A level that is made from the rows of the next finer one, its encoded tiles waiting in a file for their turn."""

    def __init__(self, level: Level, path: Path) -> None:
        self.level = level
        self.filled = False
        self.coarser: Spool | None = None
        self._file: IO[bytes] = path.open("w+b")
        self._lengths: list[int] = []
        self._waiting: list[RgbImage] = []
        self._waiting_rows = 0

    def take(self, rows: RgbImage, factor: int, *, last: bool) -> None:
        """Rows of the finer level in their order, whole multiples of `factor` but for the last."""
        self.filled = True
        self._waiting.append(shrunk(rows, factor))
        self._waiting_rows += self._waiting[-1].shape[0]
        while self._waiting_rows >= TILE_PX or (last and self._waiting_rows):
            together = np.concatenate(self._waiting)
            self._waiting, self._waiting_rows = [together[TILE_PX:]], max(0, together.shape[0] - TILE_PX)
            band = together[:TILE_PX]
            if self.coarser is not None:
                step = round(self.coarser.level.downsample / self.level.downsample)
                self.coarser.take(band, step, last=last and not self._waiting_rows)
            for tile in _encoded(band):
                self._file.write(tile)
                self._lengths.append(len(tile))

    def tiles(self) -> Iterator[bytes]:
        """The encoded tiles, row by row."""
        self._file.seek(0)
        for length in self._lengths:
            yield self._file.read(length)

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


def shrunk(rows: RgbImage, factor: int) -> RgbImage:
    """Means of `factor` x `factor` pixels; what is missing at the right and lower border repeats the last pixel."""
    height, width = rows.shape[:2]
    down, across = -height % factor, -width % factor
    if down or across:
        rows = np.asarray(cv2.copyMakeBorder(rows, 0, down, 0, across, cv2.BORDER_REPLICATE), dtype=np.uint8)
    size = (rows.shape[1] // factor, rows.shape[0] // factor)
    return np.asarray(cv2.resize(rows, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _level(properties: SlideProperties, downsample: int) -> Level:
    return Level(
        width=-(-properties.width // downsample),
        height=-(-properties.height // downsample),
        downsample=float(downsample),
        tile_width=TILE_PX,
        tile_height=TILE_PX,
        compression="jpeg",
        passthrough=True,
    )


def _follows(properties: SlideProperties, finer: Level, coarser: Level) -> bool:
    """Whether the coarser level is averaged from the finer made one: no stored level lies between."""
    fine, coarse = finer.downsample, coarser.downsample
    between = any(fine < level.downsample < coarse for level in properties.levels)
    return not between and coarse % fine == 0


def _rows(slide: Slide, level: Level, coarser: Spool | None) -> Iterator[bytes]:
    """The encoded tiles of a level drawn from the slide, row by row; `coarser` is fed on the way."""
    step = round(level.downsample)
    for row in range(level.rows):
        top = row * TILE_PX
        height = min(TILE_PX, level.height - top)
        bounds = Box(0, top * step, level.width * step, height * step)
        band = read_scaled(slide, bounds, (level.width, height))
        if coarser is not None:
            last = row + 1 == level.rows
            coarser.take(band, round(coarser.level.downsample / level.downsample), last=last)
        yield from _encoded(band)


def _encoded(band: RgbImage) -> Iterator[bytes]:
    """A row of tiles as JPEG, border tiles filled up to their full size by repeating the last pixel."""
    for left in range(0, band.shape[1], TILE_PX):
        tile = band[:, left : left + TILE_PX]
        height, width = tile.shape[:2]
        if (height, width) != (TILE_PX, TILE_PX):
            beyond = (0, TILE_PX - height, 0, TILE_PX - width)
            tile = np.asarray(cv2.copyMakeBorder(tile, *beyond, cv2.BORDER_REPLICATE), dtype=np.uint8)
        yield jpeg.encode(tile)


def _write(tiff: Any, level: Level, tiles: Iterator[bytes]) -> None:
    tiff.write(
        tiles,
        shape=(level.height, level.width, 3),
        dtype="uint8",
        tile=(TILE_PX, TILE_PX),
        photometric="ycbcr",
        subsampling=(1, 1),
        compression="jpeg",
        software=MAKER,
        metadata=None,
    )


def levels_to_json(levels: Sequence[Level]) -> list[dict[str, Any]]:
    """For the slide's record, which says which levels its companion holds."""
    return [asdict(level) for level in levels]


def levels_beside(properties: SlideProperties, document: Mapping[str, Any]) -> tuple[Level, ...]:
    """The missing levels of a recorded slide: those its companion was made with, else those it would be made with."""
    recorded = document.get("companion_levels")
    return missing_levels(properties) if recorded is None else tuple(Level(**level) for level in recorded)
