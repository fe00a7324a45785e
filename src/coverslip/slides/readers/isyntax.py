"""Philips iSyntax through the optional package `pyisyntax` (`pip install coverslip[isyntax]`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from coverslip.slides import jpeg
from coverslip.slides.errors import ReaderMissing, SlideCorrupt, damage_is_corruption, damage_is_unreadable
from coverslip.slides.readers.tiff_chain import check_size
from coverslip.slides.rgb import on_white
from coverslip.slides.slide import EncodedTile, Level, RgbImage, SlideProperties
from coverslip.slides.spacing import spacing_of_numbers
from coverslip.slides.tiled import TiledSlide, tile_bounds

MAGIC = b'<DataObject ObjectType="DPUfsImport">'
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
EXTRA = "isyntax"
LARGEST_TILE = 4096
CACHED_TILES = 256


class ISyntaxReader:
    """Reads iSyntax where its package is installed; else says how to install it."""

    name = "isyntax"
    reads_ranges = False

    def accepts(self, path: Path, head: bytes) -> bool:
        """True for a file that begins with Philips' XML, whether or not the package is there."""
        return head.removeprefix(BYTE_ORDER_MARK).lstrip().startswith(MAGIC)

    def open(self, path: Path) -> ISyntaxSlide:
        """Open it. Raises `ReaderMissing`, `SlideCorrupt`, `SlideTooLarge`."""
        try:
            from isyntax import ISyntax
            from isyntax.lowlevel.libisyntax import LibISyntaxError, NullPointerError
        except ImportError as error:
            raise ReaderMissing(file=path.name, format="iSyntax", extra=EXTRA) from error
        with damage_is_corruption(path.name):
            try:
                source = ISyntax.open(path, CACHED_TILES)
            except (LibISyntaxError, NullPointerError) as error:
                raise SlideCorrupt(file=path.name, problem="header_unread") from error
            try:
                return ISyntaxSlide(source, _properties(source, path.name), (LibISyntaxError, NullPointerError))
            except (LibISyntaxError, NullPointerError) as error:
                source.close()
                raise SlideCorrupt(file=path.name, problem="levels_unread") from error
            except BaseException:
                source.close()
                raise


class ISyntaxSlide(TiledSlide):
    """A slide read through libisyntax, which stores wavelets and so has every level."""

    def __init__(self, source: Any, properties: SlideProperties, errors: tuple[type[Exception], ...]) -> None:
        super().__init__(properties)
        self._source = source
        self._errors = errors

    def close(self) -> None:
        """Give the file back; calling it again does nothing."""
        self._source.close()
        self._cache.clear()

    def _stored(self, level: int, column: int, row: int) -> EncodedTile | None:
        return None

    def _decode(self, level: int, column: int, row: int, reduction: int) -> RgbImage:
        part = tile_bounds(self.level(level), column, row)
        with damage_is_unreadable(level, column, row):
            try:
                pixels = self._source.read_region(part.x, part.y, part.width, part.height, level)
            except self._errors as error:
                raise ValueError(f"libisyntax: {type(error).__name__}") from error
            return on_white(np.asarray(pixels))

    def _associated(self, name: str) -> RgbImage:
        with damage_is_unreadable(0, 0, 0):
            stored = _picture(self._source, name)
            if stored is None:
                raise ValueError("the picture is gone")
            return jpeg.decode(stored)


def _picture(source: Any, name: str) -> bytes | None:
    stored = source.read_label_image_jpeg() if name == "label" else source.read_macro_image_jpeg()
    return bytes(stored) if stored is not None and len(stored) else None


def _properties(source: Any, file: str) -> SlideProperties:
    width, height = int(source.tile_width), int(source.tile_height)
    if not (0 < width <= LARGEST_TILE and 0 < height <= LARGEST_TILE):
        raise SlideCorrupt(file=file, problem="tile_size", width=width, height=height)
    sizes = [(int(across), int(down)) for across, down in source.level_dimensions]
    if not sizes:
        raise SlideCorrupt(file=file, problem="level_none")
    for size in sizes:
        check_size(file, *size)
    levels = tuple(
        Level(across, down, float(downsample), width, height, "other", passthrough=False)
        for (across, down), downsample in zip(sizes, source.level_downsamples, strict=True)
    )
    profile = source.read_icc_profile()
    spacing = spacing_of_numbers(float(source.mpp_x), float(source.mpp_y))
    return SlideProperties(
        format="isyntax",
        reader=ISyntaxReader.name,
        vendor="Philips",
        width=sizes[0][0],
        height=sizes[0][1],
        levels=levels,
        spacing=spacing.spacing,
        objective_power=None,
        associated=tuple(name for name in ("label", "macro") if _picture(source, name) is not None),
        barcode=str(source.barcode).strip() or None,
        icc_profile=bytes(profile) if profile is not None and len(profile) else None,
        spacing_problem=spacing.problem,
    )
