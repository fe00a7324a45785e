"""KFB, the format of KFBIO (江丰) scanners, through the optional package `kfbslide` (`pip install coverslip[kfb]`)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from coverslip.slides.errors import ReaderMissing, SlideCorrupt, damage_is_corruption, damage_is_unreadable
from coverslip.slides.readers.tiff_chain import check_size
from coverslip.slides.rgb import on_white
from coverslip.slides.slide import EncodedTile, Level, RgbImage, SlideProperties
from coverslip.slides.spacing import spacing_of_numbers
from coverslip.slides.tiled import TiledSlide, check_region_size, exact_downsample, tile_bounds
from coverslip.vocabulary.geometry import Box

SECTION, MAGIC = b"\xee\xee", b"KFB"
"""A file begins with a section: two bytes of kind, 0xEEEE, then its content, which begins with the format's name."""
EXTRA = "kfb"
LARGEST_TILE = 4096
ASSOCIATED = ("label", "macro")


class KfbReader:
    """Reads KFB where its package is installed; else says how to install it."""

    name = "kfb"
    reads_ranges = False

    def accepts(self, path: Path, head: bytes) -> bool:
        """True for a file that begins with a KFB section, whether or not the package is there."""
        return is_kfb(head)

    def open(self, path: Path) -> KfbSlide:
        """Open it. Raises `ReaderMissing`, `SlideCorrupt`, `SlideTooLarge`."""
        try:
            import kfbslide
        except ImportError as error:
            raise ReaderMissing(file=path.name, format="KFB", extra=EXTRA) from error
        with damage_is_corruption(path.name):
            try:
                source = _strict(kfbslide)(str(path))
            except kfbslide.OpenSlideError as error:
                raise SlideCorrupt(
                    file=path.name, problem="parser_refused", technical=str(error).replace(str(path), path.name)
                ) from error
            try:
                return KfbSlide(source, _properties(source, path.name))
            except BaseException:
                source.close()
                raise


def is_kfb(head: bytes) -> bool:
    """Whether these are the first bytes of a KFB file."""
    return head[2:4] == SECTION and head[4:7] == MAGIC


class KfbSlide(TiledSlide):
    """A slide read through kfbslide, on the file's own grid."""

    def __init__(self, source: Any, properties: SlideProperties) -> None:
        super().__init__(properties)
        self._source = source

    def close(self) -> None:
        """Give the file back; calling it again does nothing."""
        self._source.close()
        self._cache.clear()

    def _stored(self, level: int, column: int, row: int) -> EncodedTile | None:
        return None

    def _decode(self, level: int, column: int, row: int, reduction: int) -> RgbImage:
        """What is not stored is transparent, and so white. kfbslide rounds the corner down, so here it goes up."""
        part = tile_bounds(self.level(level), column, row)
        scale = self._source.level_downsamples[level]
        corner = (math.ceil(part.x * scale), math.ceil(part.y * scale))
        with damage_is_unreadable(level, column, row):
            return on_white(np.asarray(self._source.read_region(corner, level, (part.width, part.height))))

    def _associated(self, name: str) -> RgbImage:
        with damage_is_unreadable(0, 0, 0):
            picture = self._source.associated_images[name]
            check_region_size(Box(0, 0, *picture.size))
            return on_white(np.asarray(picture))


def _strict(package: Any) -> Any:
    """kfbslide's slide without its repairs: where a table points wrong it would show a tile from elsewhere."""

    def refuse(slide: Any, number: int, problem: Exception) -> Any:
        raise ValueError(f"tile {number} is no picture") from problem

    return type("StrictKfbSlide", (package.OpenSlide,), {"__slots__": (), "_try_heal_tile": refuse})


def _properties(source: Any, file: str) -> SlideProperties:
    stated = source.properties
    side = int(stated["kfbio.tile_size"])
    if not 0 < side <= LARGEST_TILE:
        raise SlideCorrupt(file=file, problem="tile_size", width=side, height=side)
    sizes = list(source.level_dimensions)
    if not sizes:
        raise SlideCorrupt(file=file, problem="tiles_none")
    for width, height in sizes:
        check_size(file, width, height)
    levels = tuple(
        Level(width, height, exact_downsample(sizes[0], (width, height)), side, side, "jpeg", passthrough=False)
        for width, height in sizes
    )
    power, side_um = float(stated["openslide.objective-power"]), float(stated["openslide.mpp-x"])
    spacing = spacing_of_numbers(side_um, side_um)
    return SlideProperties(
        format="kfb",
        reader=KfbReader.name,
        vendor="KFBIO",
        width=levels[0].width,
        height=levels[0].height,
        levels=levels,
        spacing=spacing.spacing,
        objective_power=power if power > 0 else None,
        associated=tuple(name for name in ASSOCIATED if name in source.associated_images),
        barcode=None,
        icc_profile=None,
        spacing_problem=spacing.problem,
    )
