"""What of a slide passes through as it is stored, and what must be decoded and encoded anew, level by level and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from coverslip.conversion.errors import LayersNotConverted
from coverslip.conversion.streams import NEAREST_SOF, JpegHeader, jpeg_header
from coverslip.slides.isolation import IsolatedSlide
from coverslip.slides.jpeg import BASELINE, EXTENDED
from coverslip.slides.slide import Compression, Level, SlideProperties
from coverslip.slides.source import open_source
from coverslip.slides.tile_index import LevelIndex, TileIndex

Target = Literal["dicom", "ome-tiff", "tiff"]
Codec = Literal["jpeg", "webp", "jpeg2000", "htj2k", "deflate"]
Wanted = Literal["lossless", "htj2k", "jpeg"]
Reason = Literal["", "not_stored_so", "grid", "tiles_differ", "jpeg_process", "asked"]
"""Why a level is decoded."""

QUALITY = 90
OWN_TILE = 512
"""Grid of levels that are decoded and whose own grid is none that readers expect."""
USUAL_TILES = range(128, 2049)
SAMPLED_TILES = 16
TIFF_STEP = 16
"""TIFF 6.0 section 15: sides of tiles are multiples of 16."""
LOSSLESS: frozenset[Compression] = frozenset({"none", "lzw", "deflate", "zstd", "jpegls"})


@dataclass(frozen=True, slots=True)
class Choice:
    """How levels that cannot pass through are encoded; `quality`: of JPEG, 1 to 100."""

    wanted: Wanted = "lossless"
    quality: int = QUALITY
    pass_through: bool = True
    """False: every level is decoded and encoded anew."""

    def codec(self, target: Target) -> Codec:
        """What this means in a format: lossless is JPEG 2000 in DICOM and deflate in TIFF, which every reader knows."""
        if self.wanted == "lossless":
            return "jpeg2000" if target == "dicom" else "deflate"
        return self.wanted


@dataclass(frozen=True, slots=True)
class LevelPlan:
    """One level of the result."""

    level: int
    """Its number in the slide."""
    width: int
    height: int
    downsample: float
    tile_width: int
    tile_height: int
    codec: Codec
    stored_as: Compression
    """How the slide itself stores it."""
    index: LevelIndex | None
    """Where the tiles lie that pass through; None where the level is decoded."""
    header: JpegHeader | None
    """Of its tiles, where they are JPEG and pass through."""
    reason: Reason
    """Why it is decoded, one of `Reason`; empty where it passes through."""

    @property
    def columns(self) -> int:
        """Tiles in a row."""
        return -(-self.width // self.tile_width)

    @property
    def rows(self) -> int:
        """Rows of tiles."""
        return -(-self.height // self.tile_height)

    @property
    def count(self) -> int:
        """Tiles in all."""
        return self.columns * self.rows

    @property
    def passes(self) -> bool:
        """Whether the stored tiles are taken as they are."""
        return self.index is not None

    @property
    def source_lossless(self) -> bool:
        """Whether the slide stores the level without loss."""
        return self.stored_as in LOSSLESS


@dataclass(frozen=True, slots=True)
class Plan:
    """What is written, before anything is."""

    source: Path
    files: tuple[str, ...]
    """In which the tiles that pass through lie; `LevelIndex.files` counts in them."""
    properties: SlideProperties
    levels: tuple[LevelPlan, ...]
    choice: Choice
    target: Target


def plan_conversion(slide: IsolatedSlide, source: Path, target: Target, choice: Choice | None = None) -> Plan:
    """What will pass through. Raises `LayersNotConverted`, `SlideError`."""
    choice = choice or Choice()
    properties = slide.properties
    if len(properties.planes) > 1 or properties.channels:
        planes, channels = len(properties.planes), len(properties.channels)
        raise LayersNotConverted(file=source.name, planes=planes, channels=channels)
    index = slide.tile_index() if choice.pass_through else TileIndex((), (None,) * len(properties.levels))
    levels = []
    for number, level in enumerate(properties.levels):
        stored, header, reason = _passing(index, number, level, target)
        if not choice.pass_through:
            reason = "asked"
        if stored is None:
            levels.append(_decoded(number, level, choice.codec(target), reason))
        else:
            codec: Codec = "webp" if stored.media_type == "image/webp" else "jpeg"
            levels.append(_plan(number, level, codec, stored, header))
    return Plan(source.absolute(), index.files, properties, tuple(levels), choice, target)


def _passing(
    index: TileIndex, number: int, level: Level, target: Target
) -> tuple[LevelIndex | None, JpegHeader | None, Reason]:
    """The level's tiles where they pass, what they say of themselves, and why they do not pass."""
    stored = index.levels[number]
    if stored is None or stored.restarts is not None:  # pieces of one stream (NDPI) are no frames of their own
        return None, None, "not_stored_so"
    if stored.columns != level.columns or stored.rows != level.rows:
        return None, None, "grid"
    if target != "dicom" and (level.tile_width % TIFF_STEP or level.tile_height % TIFF_STEP):
        return None, None, "grid"
    if stored.media_type == "image/webp" and target != "dicom":
        return stored, None, ""
    if stored.media_type != "image/jpeg":
        return None, None, "not_stored_so"
    headers = {header for header in _samples(index, number, stored) if header is not None}
    if len({(header.colours, header.sampling, header.process) for header in headers}) != 1:
        return None, None, "tiles_differ"
    header = next(iter(headers))
    if header.process not in (BASELINE, EXTENDED) or header.precision != 8:
        return None, None, "jpeg_process"
    if any((found.width, found.height) != (level.tile_width, level.tile_height) for found in headers):
        return None, None, "tiles_differ"
    return stored, header, ""


def _samples(index: TileIndex, number: int, level: LevelIndex) -> Iterator[JpegHeader | None]:
    """Of some tiles, their headers; None for a tile that has none."""
    count = level.columns * level.rows
    stored = [tile for tile in range(count) if level.lengths[tile] > level.skip]
    for tile in stored[:: max(1, len(stored) // SAMPLED_TILES)]:
        file = level.files[tile] if level.files is not None else 0
        source = open_source(Path(index.files[file]))
        try:
            length = min(level.lengths[tile] - level.skip, NEAREST_SOF)
            start = level.head + source.read_at(level.offsets[tile] + level.skip, length)
        finally:
            source.close()
        try:
            yield jpeg_header(start)
        except ValueError:
            yield None


def _decoded(number: int, level: Level, codec: Codec, reason: Reason) -> LevelPlan:
    usual = level.tile_width in USUAL_TILES and level.tile_height in USUAL_TILES
    fits = usual and level.tile_width % 16 == level.tile_height % 16 == 0
    size = (level.tile_width, level.tile_height) if fits else (OWN_TILE, OWN_TILE)
    return LevelPlan(
        level=number,
        width=level.width,
        height=level.height,
        downsample=level.downsample,
        tile_width=size[0],
        tile_height=size[1],
        codec=codec,
        stored_as=level.compression,
        index=None,
        header=None,
        reason=reason,
    )


def _plan(number: int, level: Level, codec: Codec, stored: LevelIndex, header: JpegHeader | None) -> LevelPlan:
    return LevelPlan(
        level=number,
        width=level.width,
        height=level.height,
        downsample=level.downsample,
        tile_width=level.tile_width,
        tile_height=level.tile_height,
        codec=codec,
        stored_as=level.compression,
        index=stored,
        header=header,
        reason="",
    )
