"""What OpenSlide reads and no other reader does: MRXS, VMS, VMU, Trestle, Sakura; and the dialects others leave."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import openslide

from coverslip.slides.bundle_errors import SlideIncomplete
from coverslip.slides.errors import (
    FormatDeclined,
    NotASlide,
    SlideCorrupt,
    TileUnreadable,
    damage_is_corruption,
    damage_is_unreadable,
)
from coverslip.slides.readers.texts import positive
from coverslip.slides.readers.tiff_chain import check_size
from coverslip.slides.rgb import on_white
from coverslip.slides.slide import Compression, EncodedTile, Level, RgbImage, SlideProperties
from coverslip.slides.spacing import LevelSize, StatedSpacing, checked_by_levels, spacing_number, spacing_of_texts
from coverslip.slides.tiled import TiledSlide, tile_bounds

MRXS, MRXS_INDEX, JPEG_HEAD = ".mrxs", "Slidedat.ini", b"\xff\xd8\xff"
TIFF_KEY = "tiff.ResolutionUnit"
"""NDPI is TIFF; VMS is not."""
GRID = 512
"""Tiles are cut from decoded pixels here, so the grid is ours; in pixels."""
VENDORS = {
    "hamamatsu": ("vms", "Hamamatsu"),
    "mirax": ("mrxs", "3DHISTECH"),
    "leica": ("scn", "Leica"),
    "ventana": ("bif", "Ventana"),
    "philips": ("philips-tiff", "Philips"),
    "sakura": ("svslide", "Sakura"),
    "trestle": ("trestle", "Trestle"),
    "zeiss": ("czi", "Zeiss"),
    "aperio": ("svs", "Aperio"),
    "generic-tiff": ("tiff", None),
    "dicom": ("dicom", None),
}
DECLINED = frozenset({"dicom", "synthetic"})
"""DICOM has a reader of its own; a made-up slide is none."""
ASSOCIATED = ("label", "macro", "thumbnail")
BARCODE_KEYS = ("leica.barcode", "hamamatsu.Barcode", "philips.PIM_DP_UFS_BARCODE", "mirax.GENERAL.SLIDE_NAME_BARCODE")
MODEL_KEYS = ("leica.device-model", "hamamatsu.Product", "tiff.Model", "philips.DICOM_MANUFACTURERS_MODEL_NAME")
DATE_KEYS = ("leica.creation-date", "philips.DICOM_ACQUISITION_DATETIME")
DROPPED_KEYS = ("hamamatsu.PhysicalWidth", "hamamatsu.PhysicalHeight")
"""State the size of a VMS slide; OpenSlide gives no size where they are nought or negative."""
MRXS_SECTION = "mirax.HIERARCHICAL.HIER_0_VAL_{}_SECTION"
"""Names the section of Slidedat.ini that describes a level; the first hierarchy is that of the zoom."""
COMPRESSION: Compression = "other"
LONGEST_WORDS = 200


class OpenSlideReader:
    """The fallback: slower (tiles are decoded and encoded again), but reads many vendors' own formats."""

    name = "openslide"
    reads_ranges = False

    def accepts(self, path: Path, head: bytes) -> bool:
        """True where OpenSlide recognises the content, and for an MRXS file whose folder is missing: it is a picture
        too, and that picture is not the slide.
        """
        if is_mrxs(path, head):
            return True
        vendor = openslide.OpenSlide.detect_format(str(path)) if not path.is_dir() else None
        return vendor is not None and vendor not in DECLINED

    def open(self, path: Path) -> OpenSlideSlide:
        """Open it. Raises `SlideIncomplete`, `SlideCorrupt`, `SlideTooLarge`, `NotASlide`."""
        index = path.with_suffix("") / MRXS_INDEX
        if path.suffix.lower() == MRXS and not index.is_file():
            raise SlideIncomplete(file=path.name, missing=f"{index.parent.name}/{MRXS_INDEX}")
        with damage_is_corruption(path.name):
            try:
                source = openslide.OpenSlide(str(path))
            except openslide.OpenSlideUnsupportedFormatError as error:
                raise NotASlide(file=path.name) from error
            except openslide.OpenSlideError as error:
                raise SlideCorrupt(file=path.name, problem="parser_refused", technical=_said(error, path)) from error
            try:
                return OpenSlideSlide(source, _properties(source, path.name), path)
            except openslide.OpenSlideError as error:
                source.close()
                raise SlideCorrupt(file=path.name, problem="parser_refused", technical=_said(error, path)) from error
            except BaseException:
                source.close()
                raise


def is_mrxs(path: Path, head: bytes) -> bool:
    """Whether this is the leading file of an MRXS slide: by its name, for its content is any JPEG picture."""
    return path.suffix.lower() == MRXS and head.startswith(JPEG_HEAD)


class OpenSlideSlide(TiledSlide):
    """A slide read through OpenSlide, tile by tile of our own grid."""

    def __init__(self, source: Any, properties: SlideProperties, path: Path) -> None:
        super().__init__(properties)
        self._source = source
        self._path = path
        self._closed = False

    def close(self) -> None:
        """Give the file back; calling it again does nothing."""
        if not self._closed:
            self._closed = True
            self._source.close()
        self._cache.clear()

    def _stored(self, level: int, column: int, row: int) -> EncodedTile | None:
        return None

    def _decode(self, level: int, column: int, row: int, reduction: int) -> RgbImage:
        """What OpenSlide leaves transparent is white.

        OpenSlide takes the corner in pixels of level 0 and shifts by the fraction left over, so the corner is rounded
        up: with whole downsamples the fraction is nought.
        """
        part = tile_bounds(self.level(level), column, row)
        scale = self._source.level_downsamples[level]
        corner = (math.ceil(part.x * scale), math.ceil(part.y * scale))
        with damage_is_unreadable(level, column, row):
            try:
                pixels = self._source.read_region(corner, level, (part.width, part.height))
            except openslide.OpenSlideError as error:
                self._reopen()
                said = _said(error, self._path)
                raise TileUnreadable(
                    level=level, column=column, row=row, problem="codec_refused", technical=said
                ) from error
            return on_white(np.asarray(pixels))

    def _associated(self, name: str) -> RgbImage:
        try:
            return on_white(np.asarray(self._source.associated_images[name]))
        except openslide.OpenSlideError as error:
            self._reopen()
            raise TileUnreadable(
                level=0, column=0, row=0, problem="parser_refused", technical=_said(error, self._path)
            ) from error

    def _reopen(self) -> None:
        """OpenSlide refuses every call after its first error; a fresh handle lets the other tiles be read."""
        self._source.close()
        try:
            self._source = openslide.OpenSlide(str(self._path))
        except openslide.OpenSlideError as error:
            raise SlideCorrupt(
                file=self._path.name, problem="parser_refused", technical=_said(error, self._path)
            ) from error


def _said(error: openslide.OpenSlideError, path: Path) -> str:
    """OpenSlide's words without the folder, which is nobody's business, and without control bytes of damaged files."""
    words = str(error).replace(f"{path.parent}/", "").replace(str(path.parent), "")
    return "".join(letter if letter.isprintable() else "?" for letter in words)[:LONGEST_WORDS]


def _properties(source: Any, file: str) -> SlideProperties:
    stated = source.properties
    detected = stated.get(openslide.PROPERTY_NAME_VENDOR, "")
    kind, vendor = VENDORS.get(detected, (detected or "openslide", None))
    if detected == "hamamatsu" and TIFF_KEY in stated:
        kind = "ndpi"
    if detected in DECLINED:
        raise FormatDeclined(file=file, problem="openslide_vendor", value=detected)
    for width, height in source.level_dimensions:
        check_size(file, width, height)
    levels = tuple(
        Level(width, height, downsample, min(GRID, width), min(GRID, height), COMPRESSION, passthrough=False)
        for (width, height), downsample in zip(source.level_dimensions, source.level_downsamples, strict=True)
    )
    spacing = checked_by_levels(_spacing(stated), *_level_sizes(stated, levels))
    profile = source.color_profile
    return SlideProperties(
        format=kind,
        reader=OpenSlideReader.name,
        vendor=vendor,
        width=levels[0].width,
        height=levels[0].height,
        levels=levels,
        spacing=spacing.spacing,
        objective_power=positive(stated.get(openslide.PROPERTY_NAME_OBJECTIVE_POWER)),
        associated=tuple(name for name in ASSOCIATED if name in source.associated_images),
        barcode=_first(stated, BARCODE_KEYS),
        icc_profile=profile.tobytes() if profile is not None else None,
        scanner_model=_first(stated, MODEL_KEYS),
        scanned_at=_first(stated, DATE_KEYS),
        spacing_problem=spacing.problem,
    )


def _spacing(stated: Any) -> StatedSpacing:
    """OpenSlide passes on nonsense of some formats and drops that of others."""
    found = spacing_of_texts(*(stated.get(f"openslide.mpp-{axis}") for axis in "xy"))
    if found == StatedSpacing() and any(stated.get(key) for key in DROPPED_KEYS):
        return StatedSpacing(None, "SPACING_NOT_CREDIBLE")
    return found


def _level_sizes(stated: Any, levels: tuple[Level, ...]) -> tuple[list[LevelSize], list[float]]:
    """What each level of an MRXS slide states, and its downsample; nothing for other formats."""
    sizes: list[LevelSize] = []
    for number in range(len(levels)):
        section = stated.get(MRXS_SECTION.format(number), "")
        sides = [spacing_number(stated.get(f"mirax.{section}.MICROMETER_PER_PIXEL_{axis}")) for axis in "XY"]
        sizes.append(None if sides == [None, None] else (sides[0] or math.nan, sides[1] or math.nan))
    return sizes, [level.downsample for level in levels]


def _first(stated: Any, names: tuple[str, ...]) -> str | None:
    return next((str(stated[name]).strip() for name in names if str(stated.get(name, "")).strip()), None)
