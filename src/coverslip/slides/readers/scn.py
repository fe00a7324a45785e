"""Leica SCN (SCN400, SCN400F): a slide glass with one or more scanned areas, their levels, planes and channels.

The XML of the first directory says which directory shows what (OpenSlide's documentation, "Leica format"; Bio-Formats'
LeicaSCNReader for planes and channels). Lengths are in nanometres. One area is shown by itself and its stored tiles
pass through; several areas are drawn on one level, in their places on the glass.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from coverslip.slides.errors import FormatDeclined, SlideCorrupt
from coverslip.slides.layers import colour_of
from coverslip.slides.readers.texts import elements, positive
from coverslip.slides.readers.tiff_decodable import undecodable
from coverslip.slides.readers.tiff_dialect import dialect
from coverslip.slides.readers.tiff_file import OpenTiff, icc_profile, opening
from coverslip.slides.readers.tiff_images import LevelImage, TiffImage
from coverslip.slides.readers.tiff_layers import ChannelImage, LayeredTiffSlide
from coverslip.slides.readers.tiff_metadata import barcode_in_base64
from coverslip.slides.readers.tiff_mosaic import MosaicLevel, Part
from coverslip.slides.readers.tiff_slide import Picture, TiffSlide, described
from coverslip.slides.slide import Channel, FocalPlane, SlideProperties
from coverslip.slides.spacing import spacing_of_numbers
from coverslip.slides.tiled import exact_downsample

MOST_LAYERS = 256
SIMILAR = 0.02
"""Largest difference between the resolutions of areas that are drawn on one level."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """One directory: a level of one plane and channel."""

    directory: int
    width: int
    height: int
    plane: int
    channel: int


@dataclass(frozen=True, slots=True)
class ScannedImage:
    """One `image` element. Lengths in nanometres."""

    x: int
    y: int
    width: int
    height: int
    dimensions: tuple[Dimension, ...]
    element: ElementTree.Element
    whole_glass: bool

    def levels(self, plane: int, channel: int) -> list[Dimension]:
        """Its levels, largest first."""
        chosen = [part for part in self.dimensions if (part.plane, part.channel) == (plane, channel)]
        return sorted(chosen, key=lambda part: -part.width)


class ScnReader:
    """Reads Leica's SCN by the XML in its first directory."""

    name = "scn"
    reads_ranges = True

    def accepts(self, path: Path, head: bytes) -> bool:
        """True where the first directory's text is Leica's."""
        return dialect(path, head) == "scn"

    def open(self, path: Path) -> TiffSlide:
        """Open it. Raises `SlideTruncated`, `SlideTooLarge`, `SlideCorrupt`, `FormatDeclined`."""
        with opening(path) as opened:
            return _opened(opened)


def _opened(opened: OpenTiff) -> TiffSlide:
    file, pages = opened.path.name, opened.pages
    collection = _collection(pages[0].description, file)
    images = _images(collection, file)
    areas = _areas([image for image in images if not image.whole_glass], file)
    planes, channels = _layers(areas[0], file)
    files = _Files(opened, pages)
    stacks: dict[tuple[int, int | None], Sequence[LevelImage]] = {}
    for position, plane in enumerate(planes):
        for number, channel in enumerate(channels):
            stored = files.levels(areas, plane, number)
            stacks[position, number] = [ChannelImage([image], [channel]) for image in stored]
        if channels:
            every = [files.levels(areas, plane, number) for number in range(len(channels))]
            stacks[position, None] = [ChannelImage(list(same), channels) for same in zip(*every, strict=True)]
        else:
            stacks[position, None] = files.drawn(areas, plane)
    shown = len(planes) // 2
    base = stacks[shown, None]
    whole = next((image for image in images if image.whole_glass), None)
    associated: dict[str, Picture] = {} if whole is None else files.macro(whole)
    first, area = areas[0].element, areas[0].levels(planes[0], 0)[0]
    stated = spacing_of_numbers(areas[0].width / area.width / 1000, areas[0].height / area.height / 1000)
    properties = SlideProperties(
        format="scn",
        reader=ScnReader.name,
        vendor="Leica",
        width=base[0].width,
        height=base[0].height,
        levels=described(base, _steps(areas[0], planes[0])),
        spacing=stated.spacing,
        objective_power=positive(_text(first, "objective")),
        associated=tuple(sorted(associated)),
        barcode=barcode_in_base64(_text(collection, "barcode")),
        icc_profile=icc_profile(pages[area.directory], file),
        scanner_model=_attribute(first, "device", "model"),
        scanned_at=_text(first, "creationDate"),
        planes=tuple(FocalPlane(offset) for offset in _offsets(first, len(planes))),
        shown_plane=shown,
        channels=tuple(channels),
        spacing_problem=stated.problem,
    )
    if len(planes) == 1 and not channels:
        return TiffSlide(properties, opened, base, associated)
    return LayeredTiffSlide(properties, opened, stacks, associated)


class _Files:
    """Directories of the file as images."""

    def __init__(self, opened: OpenTiff, pages: list[Any]) -> None:
        self._opened, self._pages = opened, pages

    def image(self, part: Dimension) -> TiffImage:
        """One directory. Raises `SlideCorrupt`, `FormatDeclined`."""
        file = self._opened.path.name
        if not 0 <= part.directory < len(self._pages):
            raise SlideCorrupt(file=file, problem="directory_missing", number=part.directory)
        page = self._pages[part.directory]
        problem = undecodable(page)
        if problem is not None:
            raise FormatDeclined(file=file, problem=problem)
        if (page.imagewidth, page.imagelength) != (part.width, part.height):
            raise SlideCorrupt(file=file, problem="xml_misfit")
        image = TiffImage(page, self._opened.source)
        image.check_storage()
        return image

    def levels(self, areas: list[ScannedImage], plane: int, channel: int) -> list[TiffImage]:
        """One channel of a slide with one area."""
        if len(areas) > 1:
            raise FormatDeclined(file=self._opened.path.name, problem="fluorescence_areas")
        return [self.image(part) for part in areas[0].levels(plane, channel)]

    def drawn(self, areas: list[ScannedImage], plane: int) -> list[LevelImage]:
        """Levels in colour: the stored tiles of one area, or several areas in their places."""
        if len(areas) == 1:
            return list(self.levels(areas, plane, 0))
        left, top = min(area.x for area in areas), min(area.y for area in areas)
        right, bottom = max(area.x + area.width for area in areas), max(area.y + area.height for area in areas)
        made: list[LevelImage] = []
        for level in zip(*(area.levels(plane, 0) for area in areas), strict=True):
            pitch_x, pitch_y = areas[0].width / level[0].width, areas[0].height / level[0].height
            images = [self.image(part) for part in level]
            corners = [(round((area.x - left) / pitch_x), round((area.y - top) / pitch_y)) for area in areas]
            parts = [
                part
                for number, (image, corner) in enumerate(zip(images, corners, strict=True))
                for part in _tiles(number, image, corner)
            ]
            size = math.ceil((right - left) / pitch_x - 1e-6), math.ceil((bottom - top) / pitch_y - 1e-6)
            made.append(MosaicLevel(images, parts, size))
        return made

    def macro(self, whole: ScannedImage) -> dict[str, Picture]:
        """The picture of the whole glass."""
        part = whole.levels(min(d.plane for d in whole.dimensions), min(d.channel for d in whole.dimensions))[0]
        return {"macro": self.image(part).whole}


def _tiles(number: int, image: TiffImage, corner: tuple[int, int]) -> list[Part]:
    """All tiles of an image whose upper left corner lies at `corner`."""
    parts = []
    for row in range(image.rows):
        for column in range(image.columns):
            x, y = column * image.tile_width, row * image.tile_height
            width, height = min(image.tile_width, image.width - x), min(image.tile_height, image.height - y)
            parts.append(Part(number, column, row, 0, 0, width, height, corner[0] + x, corner[1] + y))
    return parts


def _areas(areas: list[ScannedImage], file: str) -> list[ScannedImage]:
    """The areas, checked to be of one kind. Raises `SlideCorrupt`, `FormatDeclined`."""
    if not areas:
        raise SlideCorrupt(file=file, problem="areas_none")
    first = areas[0]
    plane, channel = first.dimensions[0].plane, first.dimensions[0].channel
    pitches = [
        area.width / area.levels(plane, channel)[0].width if area.levels(plane, channel) else 0 for area in areas
    ]
    counts = {len(area.levels(plane, channel)) for area in areas}
    if len(counts) > 1 or any(abs(pitch / pitches[0] - 1) > SIMILAR for pitch in pitches):
        raise FormatDeclined(file=file, problem="areas_resolutions")
    return areas


def _steps(area: ScannedImage, plane: int) -> list[float]:
    levels = area.levels(plane, 0)
    base = levels[0].width, levels[0].height
    return [exact_downsample(base, (level.width, level.height)) for level in levels]


def _layers(area: ScannedImage, file: str) -> tuple[list[int], list[Channel]]:
    """Stored plane numbers from the lowest up, and the channels; no channels for brightfield."""
    planes = sorted({part.plane for part in area.dimensions})
    count = len({part.channel for part in area.dimensions})
    if len(planes) * count > MOST_LAYERS:
        raise SlideCorrupt(file=file, problem="layers_count", planes=len(planes), channels=count)
    if (_text(area.element, "illuminationSource") or "brightfield") == "brightfield":
        return planes, []
    named = elements(area.element, "channel")
    return planes, [_channel(named[number] if number < len(named) else None, number) for number in range(count)]


def _channel(element: ElementTree.Element | None, number: int) -> Channel:
    name = element.get("name") if element is not None else None
    rgb = (element.get("rgb") or "").lstrip("#") if element is not None else ""
    colour = tuple(bytes.fromhex(rgb)) if len(rgb) == 6 else ()
    red_green_blue = (colour[0], colour[1], colour[2]) if len(colour) == 3 else colour_of(None, number)
    return Channel(name or str(number + 1), None, red_green_blue, (0, 255))


def _offsets(element: ElementTree.Element, count: int) -> list[float | None]:
    """Micrometres of each plane from the middle one; `spacingZ` is in nanometres."""
    pixels = elements(element, "view")
    step = positive(pixels[0].get("spacingZ")) if pixels else None
    if count == 1 or step is None:
        return [None] * count
    return [(number - count // 2) * step / 1000 for number in range(count)]


def _collection(xml: str, file: str) -> ElementTree.Element:
    root = ElementTree.fromstring(xml)  # noqa: S314  expat limits entity expansion, and this runs in the sandbox
    found = elements(root, "collection")
    if not found:
        raise SlideCorrupt(file=file, problem="scn_collection")
    return found[0]


def _images(collection: ElementTree.Element, file: str) -> list[ScannedImage]:
    glass = int(collection.get("sizeX", "0")), int(collection.get("sizeY", "0"))
    images = []
    for element in elements(collection, "image"):
        view = elements(element, "view")[0]
        x, y, width, height = (int(view.get(name, "0")) for name in ("offsetX", "offsetY", "sizeX", "sizeY"))
        parts = tuple(
            Dimension(*(int(part.get(name, "0")) for name in ("ifd", "sizeX", "sizeY", "z", "c")))
            for part in elements(element, "dimension")
        )
        if not parts or min(width, height) <= 0 or any(min(part.width, part.height) <= 0 for part in parts):
            raise SlideCorrupt(file=file, problem="image_no_size")
        images.append(ScannedImage(x, y, width, height, parts, element, (x, y, width, height) == (0, 0, *glass)))
    return images


def _text(element: ElementTree.Element, name: str) -> str | None:
    found = elements(element, name)
    return (found[0].text or "").strip() or None if found else None


def _attribute(element: ElementTree.Element, name: str, attribute: str) -> str | None:
    found = elements(element, name)
    return found[0].get(attribute) if found else None
