"""Hamamatsu NDPI: each level one JPEG stream, cut at its restart markers without decoding where they allow it.

Sources: OpenSlide's documentation, "Hamamatsu format", on the tags and 64-bit offsets; ITU-T T.81 for restart markers.
A level whose intervals span much of its width gives tiles too wide for a screen: its stripes are decoded and cut.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coverslip.errors import Problem
from coverslip.slides import jpeg
from coverslip.slides.errors import FormatDeclined, SlideCorrupt, SlideTruncated
from coverslip.slides.readers.tiff_chain import check_size
from coverslip.slides.readers.tiff_decodable import JPEG, YCBCR, undecodable
from coverslip.slides.readers.tiff_dialect import dialect
from coverslip.slides.readers.tiff_file import OpenTiff, Page, icc_profile, opening, tag_text
from coverslip.slides.readers.tiff_images import LevelImage, TiffImage, check_shape
from coverslip.slides.readers.tiff_layers import LayeredTiffSlide
from coverslip.slides.readers.tiff_metadata import TIFF_DATES, iso_date, tag_metadata
from coverslip.slides.readers.tiff_mosaic import MosaicLevel, Part
from coverslip.slides.readers.tiff_slide import Picture, TiffSlide, described
from coverslip.slides.restarts import Restarts, longest_interval
from coverslip.slides.slide import Compression, FocalPlane, RgbImage, SlideProperties
from coverslip.slides.source import Source
from coverslip.slides.spacing import StatedSpacing, checked_by_levels
from coverslip.slides.tile_index import LevelIndex, TileIndex

MAGNIFICATION, PLANE, STARTS, REFERENCE, STARTS_HIGH, BARCODE = 65421, 65424, 65426, 65427, 65432, 65468
MACRO, MAP = -1.0, -2.0
WIDEST_TILE_PX = 4096
TALLEST_TILE_PX = 512
TILE_AREA_PX = 512 * 512
"""About what a tile made of several lines of intervals covers."""
RESTART_INTERVAL, SCAN = 0xDD, 0xDA
MOST_BLOCKS = 10
"""In a coded unit: T.81, B.2.3."""
LARGEST_HEAD = 65_536
LARGEST_WHOLE_PX = 64 * 1024 * 1024


class NdpiReader:
    """Reads NDPI of 8 bit in colour; anything else in NDPI is declined by name."""

    name = "ndpi"
    reads_ranges = True

    def accepts(self, path: Path, head: bytes) -> bool:
        """True where the first directory has Hamamatsu's tag."""
        return dialect(path, head) == "ndpi"

    def open(self, path: Path) -> TiffSlide:
        """Open it. Raises `SlideTruncated`, `SlideTooLarge`, `SlideCorrupt`, `FormatDeclined`."""
        with opening(path, ndpi=True) as opened:
            return _opened(opened)


def _opened(opened: OpenTiff) -> TiffSlide:
    file, pages = opened.path.name, opened.pages
    planes: dict[int, list[Page]] = {}
    associated: dict[str, Picture] = {}
    for page in pages:
        power, plane = _value(page, MAGNIFICATION), int(_value(page, PLANE) or 0)
        check_size(file, page.imagewidth, page.imagelength)
        if power is None or power == MAP:
            continue
        if power == MACRO:
            associated.setdefault("macro", _Whole(page, opened.source).picture)
        else:
            planes.setdefault(plane, []).append(page)
    if not planes:
        raise SlideCorrupt(file=file, problem="level_none")
    offsets = sorted(planes)
    shown = min(range(len(offsets)), key=lambda number: abs(offsets[number]))
    stacks: dict[tuple[int, int | None], list[LevelImage]] = {
        (number, None): [
            _level(page, opened.source) for page in sorted(planes[offset], key=lambda page: -int(page.imagewidth))
        ]
        for number, offset in enumerate(offsets)
    }
    if len({tuple((level.width, level.height) for level in stack) for stack in stacks.values()}) > 1:
        raise FormatDeclined(file=file, problem="layers_differ")
    images = stacks[shown, None]
    pages_shown = sorted(planes[offsets[shown]], key=lambda page: -int(page.imagewidth))
    base = pages_shown[0]
    tags, levels = tag_metadata("", base.tags), described(images)
    stated = checked_by_levels(
        StatedSpacing(tags.spacing, tags.spacing_problem),
        [tag_metadata("", page.tags).spacing for page in pages_shown],
        [level.downsample for level in levels],
    )
    properties = SlideProperties(
        format="ndpi",
        reader=NdpiReader.name,
        vendor="Hamamatsu",
        width=images[0].width,
        height=images[0].height,
        levels=levels,
        spacing=stated.spacing,
        objective_power=_value(base, MAGNIFICATION),
        associated=tuple(sorted(associated)),
        barcode=tag_text(base, BARCODE) or tag_text(base, REFERENCE) or None,
        icc_profile=icc_profile(base, file),
        scanner_model=tags.scanner_model,
        scanned_at=iso_date(tag_text(base, "DateTime"), (*TIFF_DATES, "%Y/%m/%d %H:%M:%S")),
        planes=tuple(FocalPlane(offset / 1000 if len(offsets) > 1 else None) for offset in offsets),
        shown_plane=shown,
        spacing_problem=stated.problem,
    )
    if len(offsets) == 1:
        return TiffSlide(properties, opened, images, associated)
    return LayeredTiffSlide(properties, opened, stacks, associated)


def _value(page: Page, tag: int) -> float | None:
    found = page.tags.get(tag)
    return float(found.value) if found is not None and isinstance(found.value, int | float) else None


def _level(page: Page, source: Source) -> LevelImage:
    """One level: cut at restart markers, or decoded in stripes, or as a whole."""
    problem = undecodable(page)
    if problem is None and (int(page.compression) != JPEG or int(page.photometric) != YCBCR):
        problem = Problem("ndpi_encoding", compression=int(page.compression), photometric=int(page.photometric))
    if problem is not None:
        raise FormatDeclined(file=source.name, problem=problem)
    if page.tags.get(STARTS) is None:
        return _Whole(page, source).level()
    stripes = RestartImage(page, source)
    return stripes if stripes.tile_width <= WIDEST_TILE_PX else stripes.cut()


@dataclass(frozen=True, slots=True)
class _Head:
    """What a stream's header says."""

    data: bytes
    height_at: int
    width_at: int
    block_width: int
    block_height: int
    interval: int
    """Coded units (MCU) between restart markers; 0: there are none."""
    blocks: int
    """8 x 8 blocks in a unit."""


def _head(data: bytes, file: str) -> _Head:
    """Reads the markers up to the first scan. Raises `SlideCorrupt`."""
    size = block = None
    interval = blocks = 0
    parts = list(jpeg.segments(data))
    for part in parts:
        body = data[part.start + 4 : part.end]
        if part.marker == jpeg.BASELINE:
            size = part.start + 5
            factors = [body[7 + 3 * number] for number in range(body[5])]
            block = 8 * max(factor >> 4 for factor in factors), 8 * max(factor & 15 for factor in factors)
            blocks = sum((factor >> 4) * (factor & 15) for factor in factors)
        elif part.marker == RESTART_INTERVAL:
            interval = int.from_bytes(body[:2], "big")
    if size is None or block is None or not parts or parts[-1].marker != SCAN or 0 in block:
        raise SlideCorrupt(file=file, problem="jpeg_header")
    if blocks > MOST_BLOCKS:
        raise SlideCorrupt(file=file, problem="jpeg_blocks", number=blocks)
    return _Head(data[: parts[-1].end], size, size + 2, block[0], block[1], interval, blocks)


class RestartImage:
    """A level whose tiles are cut from its stream at restart markers. A `LevelImage`."""

    compression: Compression = "jpeg"
    passes_through = True

    def __init__(self, page: Page, source: Source) -> None:
        """Raises `SlideCorrupt`, `SlideTruncated`."""
        file = source.name
        self._source = source
        self.width, self.height = int(page.imagewidth), int(page.imagelength)
        stream, length = int(_first(page, 273)), int(_first(page, 279))
        if stream + length > source.size:
            raise SlideTruncated(file=file, size=source.size, needed=stream + length)
        head = _head(source.read_at(stream, min(LARGEST_HEAD, length)), file)
        line = -(-self.width // head.block_width)
        if not head.interval or line % head.interval:
            raise SlideCorrupt(file=file, problem="restarts_width")
        across, down = line // head.interval, -(-self.height // head.block_height)
        starts, high = page.tags[STARTS], page.tags.get(STARTS_HIGH)
        if starts.count != across * down or (high is not None and high.count != starts.count):
            raise SlideCorrupt(file=file, problem="restarts_count", found=starts.count, needed=across * down)
        self.tile_width = head.interval * head.block_width
        lines = max(1, min(TILE_AREA_PX // self.tile_width, TALLEST_TILE_PX) // head.block_height)
        self.tile_height = lines * head.block_height
        self._index = LevelIndex(
            columns=across,
            rows=-(-down // lines),
            offsets=array("Q"),
            lengths=array("Q"),
            files=None,
            size=(self.tile_width, self.tile_height),
            head=self._sized(head),
            skip=0,
            media_type="image/jpeg",
            restarts=Restarts(
                stream=stream,
                stream_end=stream + length,
                table=int(starts.valueoffset),
                high_table=None if high is None else int(high.valueoffset),
                across=across,
                down=down,
                line_height=head.block_height,
                lines=lines,
                height_at=head.height_at,
                longest=longest_interval(head.interval, head.blocks),
            ),
        )

    @property
    def reducible(self) -> bool:
        """True: tiles decode small."""
        return True

    def index(self) -> LevelIndex | None:
        """Where the tiles lie."""
        return self._index

    def tile(self, column: int, row: int, reduction: int) -> RgbImage | None:
        """As `LevelImage.tile`."""
        place = TileIndex(("",), (self._index,)).place(0, column, row)
        assert place is not None
        pixels = jpeg.decode(place.read_by(self._source.read_at), reduction)
        lower = min(self.tile_height, self.height - row * self.tile_height)
        check_shape(pixels, -(-self.tile_width // reduction), -(-lower // reduction))
        return pixels

    def cut(self) -> MosaicLevel:
        """The same level in tiles of an ordinary size, decoded."""
        parts = []
        for row in range(self._index.rows):
            for column in range(self._index.columns):
                x, y = column * self.tile_width, row * self.tile_height
                width, height = min(self.tile_width, self.width - x), min(self.tile_height, self.height - y)
                parts.append(Part(0, column, row, 0, 0, width, height, x, y))
        return MosaicLevel([self], parts, (self.width, self.height))

    def _sized(self, head: _Head) -> bytes:
        """The header with a tile's width in it."""
        return head.data[: head.width_at] + self.tile_width.to_bytes(2, "big") + head.data[head.width_at + 2 :]


class _Whole:
    """A small picture in one stream without restart markers, decoded as a whole."""

    def __init__(self, page: Page, source: Source) -> None:
        self._page, self._source = page, source

    def level(self) -> LevelImage:
        """As a level. Raises `FormatDeclined` where it is too large for that."""
        if self._page.imagewidth * self._page.imagelength > LARGEST_WHOLE_PX:
            raise FormatDeclined(file=self._source.name, problem="restarts_none")
        return self._image()

    def picture(self) -> RgbImage:
        """(h, w, 3) uint8."""
        return self._image().whole()

    def _image(self) -> TiffImage:
        image = TiffImage(self._page, self._source)
        image.check_storage()
        return image


def _first(page: Page, tag: int) -> Any:
    """The first number of a tag as stored: tifffile replaces those of the page by its own."""
    value = page.tags[tag].value
    return value[0] if isinstance(value, tuple | list) else value
