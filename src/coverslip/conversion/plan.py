"""What of a slide passes through as it is stored, and what must be decoded and encoded anew, level by level and why."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar

from coverslip.conversion.cuts import Cuts
from coverslip.conversion.errors import LayersNotConverted
from coverslip.conversion.streams import NEAREST_SOF, Jpeg2000Header, JpegHeader, jpeg2000_header, jpeg_header
from coverslip.slides.colour.table import ColourSpace
from coverslip.slides.isolation import IsolatedSlide
from coverslip.slides.jpeg import BASELINE, EXTENDED
from coverslip.slides.slide import Compression, Level, SlideProperties
from coverslip.slides.source import open_source
from coverslip.slides.stored import StoredIndex, StoredLevel
from coverslip.slides.tile_index import LevelIndex, TileIndex

Header = JpegHeader | Jpeg2000Header
AnyHeader = TypeVar("AnyHeader", JpegHeader, Jpeg2000Header)
Target = Literal["dicom", "ome-tiff", "tiff"]
Codec = Literal["jpeg", "webp", "jpeg2000", "htj2k", "deflate"]
Wanted = Literal["lossless", "htj2k", "jpeg"]
Reason = Literal["", "not_stored_so", "grid", "tiles_differ", "jpeg_process", "tile_size", "asked"]
"""Why a level is decoded."""

QUALITY = 90
OWN_TILE = 512
"""Grid of levels that are decoded and whose own grid is none that readers expect."""
USUAL_TILES = range(128, 2049)
SAMPLED_TILES = 16
BITS = 8
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
class Places:
    """Where the stored tiles of a level lie, row by row; a tile no longer than `skip` is not stored."""

    files: tuple[str, ...]
    """Absolute paths."""
    offsets: array[int]
    lengths: array[int]
    numbers: array[int] | None
    """Of each tile, the position of its file in `files`; None: all in the first."""
    head: bytes
    """Bytes that replace the first `skip` bytes of each stored tile."""
    skip: int

    def length(self, tile: int) -> int:
        """Bytes of the complete tile; 0 where it is not stored."""
        stored = self.lengths[tile]
        return stored - self.skip + len(self.head) if stored > self.skip else 0

    def file(self, tile: int) -> int:
        """Position of its file."""
        return self.numbers[tile] if self.numbers is not None else 0


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
    places: Places | Cuts | None
    """Where the tiles lie that pass through; None where the level is decoded."""
    header: Header | None
    """Of its tiles, where they are JPEG or JPEG 2000 and pass through."""
    reason: Reason
    """Why it is decoded; empty where it passes through."""
    stored_lossless: bool | None = None
    """Of tiles that pass through, where the file says whether their compression lost anything."""

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
        return self.places is not None

    @property
    def source_lossless(self) -> bool:
        """Whether the slide stores the level without loss."""
        return self.stored_as in LOSSLESS


@dataclass(frozen=True, slots=True)
class Plan:
    """What is written, before anything is."""

    source: Path
    properties: SlideProperties
    levels: tuple[LevelPlan, ...]
    choice: Choice
    target: Target
    profile: bytes | None
    """The slide's ICC profile, byte by byte; None where it has none that can be used."""
    profile_refused: bool
    """Whether it has one that cannot be used."""


def plan_conversion(slide: IsolatedSlide, source: Path, target: Target, choice: Choice | None = None) -> Plan:
    """What will pass through. Raises `LayersNotConverted`, `SlideError`."""
    choice = choice or Choice()
    properties = slide.properties
    if len(properties.planes) > 1 or properties.channels:
        planes, channels = len(properties.planes), len(properties.channels)
        raise LayersNotConverted(file=source.name, planes=planes, channels=channels)
    none = (None,) * len(properties.levels)
    served = slide.tile_index() if choice.pass_through else TileIndex((), none)
    stored = slide.stored_index() if choice.pass_through else StoredIndex((), none)
    levels = []
    for number, level in enumerate(properties.levels):
        plain = _decoded(number, level, choice.codec(target), "not_stored_so" if choice.pass_through else "asked")
        jpeg, codestreams = served.levels[number], stored.levels[number]
        if jpeg is not None:
            plain = _served(plain, level, jpeg, served.files, target)
        elif codestreams is not None:
            plain = _codestreams(plain, level, codestreams, stored.files, target)
        levels.append(plain)
    if target == "dicom":
        levels = [levels[0], *(_as_large(levels[0], level, choice) for level in levels[1:])]
    profile = properties.icc_profile
    refused = profile is not None and slide.managed_colour(ColourSpace.SRGB).state == "unusable"
    usable = None if refused else profile
    return Plan(source.absolute(), properties, tuple(levels), choice, target, usable, refused)


def _as_large(base: LevelPlan, level: LevelPlan, choice: Choice) -> LevelPlan:
    """A level in tiles as large as the base level's: wsidicom leaves levels out whose tiles are not."""
    width, height = base.tile_width, base.tile_height
    if (level.tile_width, level.tile_height) == (width, height):
        return level
    cuts = level.places
    if isinstance(cuts, Cuts) and level.tile_width == width and cuts.can_be(height):
        return replace(level, places=cuts.of_height(height), tile_height=height)
    anew = replace(level, tile_width=width, tile_height=height, places=None, header=None, codec=choice.codec("dicom"))
    return replace(anew, reason="tile_size") if level.passes else anew


def _served(plain: LevelPlan, level: Level, index: LevelIndex, files: tuple[str, ...], target: Target) -> LevelPlan:
    """The level as its tiles are served, or `plain` with the reason why they cannot pass."""
    if index.restarts is not None:
        return _cut(plain, level, Cuts.of(index, files[0]), target)
    places = Places(files, index.offsets, index.lengths, index.files, index.head, index.skip)
    if not _fits(level, index.columns, index.rows, target):
        return replace(plain, reason="grid")
    if index.media_type == "image/webp" and target != "dicom":
        return _passing(plain, level, "webp", places, None)
    if index.media_type != "image/jpeg":
        return plain
    headers = _headers(places, level.columns * level.rows, jpeg_header)
    if not _one_kind(headers, level):
        return replace(plain, reason="tiles_differ")
    header = headers[0]
    if header.process not in (BASELINE, EXTENDED) or header.precision != BITS:
        return replace(plain, reason="jpeg_process")
    return _passing(plain, level, "jpeg", places, header)


def _cut(plain: LevelPlan, level: Level, cuts: Cuts, target: Target) -> LevelPlan:
    """The level cut from its one stream."""
    if target != "dicom" and level.tile_width % TIFF_STEP:
        return replace(plain, reason="grid")
    try:
        header = jpeg_header(cuts.first())
    except ValueError:
        return replace(plain, reason="tiles_differ")
    if header.process not in (BASELINE, EXTENDED) or header.precision != BITS:
        return replace(plain, reason="jpeg_process")
    return replace(_passing(plain, level, "jpeg", cuts, header), tile_height=cuts.tile_height)


def _codestreams(
    plain: LevelPlan, level: Level, stored: StoredLevel, files: tuple[str, ...], target: Target
) -> LevelPlan:
    """The level as its codestreams are stored, or `plain` with the reason why they cannot pass."""
    places = Places(files, stored.offsets, stored.lengths, stored.files, b"", 0)
    if not _fits(level, stored.columns, stored.rows, target):
        return replace(plain, reason="grid")
    if stored.components == "ycbcr" or (stored.codestream == "htj2k" and target != "dicom"):
        return plain  # neither has a name in the result: YCbCr without the codec's transform, HTJ2K in TIFF
    count = level.columns * level.rows
    headers = _headers(places, count, jpeg2000_header)
    if not _one_kind(headers, level) or not all(stored.lengths[:count]):
        return replace(plain, reason="tiles_differ")
    header = headers[0]
    if header.precision != BITS or header.subsampled or header.high_throughput != (stored.codestream == "htj2k"):
        return plain
    return replace(_passing(plain, level, stored.codestream, places, header), stored_lossless=stored.lossless)


def _fits(level: Level, columns: int, rows: int, target: Target) -> bool:
    whole = level.tile_width % TIFF_STEP == level.tile_height % TIFF_STEP == 0
    return (columns, rows) == (level.columns, level.rows) and (target == "dicom" or whole)


def _one_kind(headers: list[AnyHeader], level: Level) -> bool:
    """Whether all are built alike and as large as the level's tiles."""
    sizes = {(header.width, header.height) for header in headers}
    return len({header.kind for header in headers}) == 1 and sizes == {(level.tile_width, level.tile_height)}


def _headers(places: Places, count: int, read: Callable[[bytes], AnyHeader]) -> list[AnyHeader]:
    """Of some tiles, those that have one: a damaged tile says so when it is copied."""
    stored = [tile for tile in range(count) if places.length(tile)]
    found = []
    for tile in stored[:: max(1, len(stored) // SAMPLED_TILES)]:
        source = open_source(Path(places.files[places.file(tile)]))
        try:
            length = min(places.lengths[tile] - places.skip, NEAREST_SOF)
            start = places.head + source.read_at(places.offsets[tile] + places.skip, length)
        finally:
            source.close()
        with suppress(ValueError):
            found.append(read(start))
    return found


def _decoded(number: int, level: Level, codec: Codec, reason: Reason) -> LevelPlan:
    usual = level.tile_width in USUAL_TILES and level.tile_height in USUAL_TILES
    fits = usual and level.tile_width % TIFF_STEP == level.tile_height % TIFF_STEP == 0
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
        places=None,
        header=None,
        reason=reason,
    )


def _passing(plain: LevelPlan, level: Level, codec: Codec, places: Places | Cuts, header: Header | None) -> LevelPlan:
    return replace(
        plain,
        tile_width=level.tile_width,
        tile_height=level.tile_height,
        codec=codec,
        places=places,
        header=header,
        reason="",
    )
