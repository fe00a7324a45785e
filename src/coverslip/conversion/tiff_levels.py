"""Levels, label and macro as directories of a TIFF file; stored JPEG tiles share their tables (TIFF tag 347)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from coverslip import __version__
from coverslip.conversion.frames import DecodedFrames, passing_frames
from coverslip.conversion.plan import LevelPlan, Plan
from coverslip.conversion.result import Progress, Written
from coverslip.conversion.streams import Jpeg2000Header
from coverslip.slides.isolation import IsolatedSlide
from coverslip.slides.jpeg import EOI, SOI, segments
from coverslip.slides.slide import RgbImage, SlideProperties
from coverslip.vocabulary.units import Spacing

SOFTWARE = f"Coverslip {__version__}"
UM_PER_CM = 10_000.0
CLASSIC_LIMIT = 4 * 1024**3 - 64 * 1024**2
"""Bytes a TIFF with 32-bit offsets may hold; above it is written as BigTIFF."""
TABLES = (0xDB, 0xC4)
"""Markers of quantization and Huffman tables."""
REDUCED = 1
ROWS_PER_STRIP = 64
DEFLATE_LEVEL = 6
MAKE, MODEL, ASCII = 271, 272, 2
Tile = bytes | RgbImage


@dataclass(frozen=True, slots=True)
class _Tables:
    """The head of a level's tiles in two: what all share, and what each needs before its stored bytes."""

    shared: bytes | None
    before: bytes

    @classmethod
    def of(cls, head: bytes) -> _Tables:
        if not head:
            return cls(None, b"")
        parts = list(segments(head))
        tables = b"".join(head[part.start : part.end] for part in parts if part.marker in TABLES)
        others = b"".join(head[part.start : part.end] for part in parts if part.marker not in TABLES)
        return cls(SOI + tables + EOI if tables else None, SOI + others)


class LevelWriter:
    """Writes the levels of a plan as directories of an open `tifffile.TiffWriter`."""

    def __init__(self, tiff: Any, slide: IsolatedSlide, plan: Plan, workers: int, progress: Progress) -> None:
        self._tiff = tiff
        self._slide = slide
        self._plan = plan
        self._workers = workers
        self._progress = progress

    def level(self, level: LevelPlan, spacing: Spacing | None, description: str | None, **more: Any) -> Written:
        """One level; `more` goes to `TiffWriter.write`."""
        counted = _Counted(self._progress)
        options = {**_storage(level), **_resolution(spacing, level.downsample), **more}
        self._tiff.write(
            counted.over(self._tiles(level)),
            shape=(level.height, level.width) if is_grey(level) else (level.height, level.width, 3),
            dtype=np.uint8,
            tile=(level.tile_height, level.tile_width),
            iccprofile=self._plan.profile,
            description=description,
            software=SOFTWARE,
            metadata=None,
            extratags=_scanner(self._plan.properties),
            datetime=_moment(self._plan.properties.scanned_at),
            maxworkers=self._workers,
            **options,
        )
        return Written(
            file="",
            kind="volume",
            width=level.width,
            height=level.height,
            tiles=level.count,
            tile_bytes=counted.bytes,
            passed_through=level.passes,
            encoding=level.codec,
            reason=level.reason,
        )

    def beside(self, name: str, image: RgbImage) -> Written:
        """Label or macro, without loss, in strips: readers of pyramids take tiled directories for levels."""
        self._tiff.write(
            np.ascontiguousarray(image),
            photometric="rgb",
            compression="deflate",
            predictor=True,
            rowsperstrip=ROWS_PER_STRIP,
            description=name,
            software=SOFTWARE,
            metadata=None,
        )
        height, width = image.shape[:2]
        return Written("", {"macro": "overview"}.get(name, name), width, height, 1, image.nbytes, False, "deflate", "")

    def _tiles(self, level: LevelPlan) -> Iterator[Tile]:
        if level.places is None:
            frames = DecodedFrames(self._slide, level, self._plan.choice, self._workers)
            if level.codec == "deflate":
                yield from frames.pixels()  # tifffile compresses them
            else:
                yield from (bytes(data) for _, data in frames)
            return
        tables = _Tables.of(level.places.head)
        for head, stored in passing_frames(self._plan, level):
            yield (tables.before if head else b"") + bytes(stored)


class _Counted:
    """Tells of tiles as the writer takes them."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.bytes = 0

    def over(self, tiles: Iterator[Tile]) -> Iterator[Tile]:
        for tile in tiles:
            size = len(tile) if isinstance(tile, bytes) else tile.nbytes
            self.bytes += size
            yield tile
            self._progress.advance(1, size)


def is_grey(level: LevelPlan) -> bool:
    """Whether its tiles pass through and have one component."""
    if isinstance(level.header, Jpeg2000Header):
        return level.header.components == 1
    return level.header is not None and level.header.colours == "grey"


def _storage(level: LevelPlan) -> dict[str, Any]:
    """Compression, colours and tables, by the names of `TiffWriter.write`."""
    if level.codec == "deflate":
        arguments = {"level": DEFLATE_LEVEL}
        return {"compression": "deflate", "predictor": True, "photometric": "rgb", "compressionargs": arguments}
    if level.codec == "webp":
        return {"compression": "webp", "photometric": "rgb"}
    if isinstance(level.header, Jpeg2000Header):
        return {"compression": "jpeg2000", "photometric": "minisblack" if is_grey(level) else "rgb"}
    if level.header is None or level.places is None:
        return {"compression": "jpeg", "photometric": "ycbcr", "subsampling": (1, 1)}
    if level.header.colours == "grey":
        colours: dict[str, Any] = {"photometric": "minisblack"}
    elif level.header.colours == "rgb":
        # Without its argument, tifffile takes RGB in JPEG for YCbCr.
        colours = {"photometric": "rgb", "compressionargs": {"outcolorspace": "rgb"}}
    else:
        colours = {"photometric": "ycbcr", "subsampling": level.header.subsampling}
    return {"compression": "jpeg", "jpegtables": _Tables.of(level.places.head).shared, **colours}


def _resolution(spacing: Spacing | None, downsample: float) -> dict[str, Any]:
    if spacing is None:
        return {"resolutionunit": "none", "resolution": (1, 1)}
    here = spacing.scaled(downsample)
    return {"resolution": (UM_PER_CM / here.x_um, UM_PER_CM / here.y_um), "resolutionunit": "centimeter"}


def _scanner(properties: SlideProperties) -> list[tuple[int, int, int, str, bool]]:
    """Make and Model (TIFF tags 271, 272), as far as they are known and ASCII."""
    known = ((MAKE, properties.vendor), (MODEL, properties.scanner_model))
    return [(tag, ASCII, 0, text, True) for tag, text in known if text is not None and text.isascii()]


def _moment(iso: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(iso) if iso is not None and len(iso) > len("2026-01-01") else None
    except ValueError:
        return None


def largest_size(plan: Plan) -> int:
    """Bytes the file may come to: exact where tiles pass through, uncompressed where they are encoded anew."""
    total = 0
    for level in plan.levels:
        if level.passes:
            total += passing_frames(plan, level).about_bytes
        else:
            total += level.count * level.tile_width * level.tile_height * 3
        total += 32 * level.count
    return total


def least_size(plan: Plan) -> int:
    """Bytes the file takes at least."""
    return sum(passing_frames(plan, level).about_bytes for level in plan.levels if level.passes)
