"""An open slide whose levels lie in one TIFF file, whatever the dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from coverslip.slides.errors import damage_is_unreadable
from coverslip.slides.readers.tiff_file import OpenTiff
from coverslip.slides.readers.tiff_images import LevelImage, TiffImage
from coverslip.slides.slide import EncodedTile, Level, RgbImage, SlideProperties
from coverslip.slides.stored import StoredIndex
from coverslip.slides.tile_index import BuiltOtherwise, TileIndex
from coverslip.slides.tiled import TiledSlide, dct_reductions, exact_downsample

Picture = Callable[[], RgbImage]
"""Gives the label, macro or thumbnail, (h, w, 3) uint8."""


class TiffSlide(TiledSlide):
    """Levels and associated images of one TIFF file."""

    def __init__(
        self,
        properties: SlideProperties,
        opened: OpenTiff,
        levels: Sequence[LevelImage],
        associated: Mapping[str, Picture],
    ) -> None:
        super().__init__(properties)
        self._opened = opened
        self._levels = levels
        self._images = associated
        self._index: TileIndex | None = None

    def tile_index(self) -> TileIndex:
        """Where the stored tiles lie."""
        return TileIndex((str(self._opened.path.absolute()),), tuple(image.index() for image in self._levels))

    def stored_index(self) -> StoredIndex:
        """Where JPEG 2000 tiles lie."""
        levels = (image.codestreams() if isinstance(image, TiffImage) else None for image in self._levels)
        return StoredIndex((str(self._opened.path.absolute()),), tuple(levels))

    def reductions(self, level: int) -> tuple[int, ...]:
        """2, 4 and 8 on JPEG levels whose tiles divide by them."""
        grid = self.level(level)
        return dct_reductions(grid) if self._levels[level].reducible else ()

    def close(self) -> None:
        """Give the file back; calling it again does nothing."""
        self._opened.close()
        self._cache.clear()

    def _stored(self, level: int, column: int, row: int) -> EncodedTile | None:
        if self._index is None:
            self._index = self.tile_index()
        place = self._index.place(level, column, row)
        if place is None:
            return None
        try:
            return EncodedTile(place.media_type, place.read_by(self._opened.source.read_at))
        except BuiltOtherwise:
            return None

    def _decode(self, level: int, column: int, row: int, reduction: int) -> RgbImage | None:
        with damage_is_unreadable(level, column, row):
            return self._levels[level].tile(column, row, reduction)

    def _associated(self, name: str) -> RgbImage:
        with damage_is_unreadable(0, 0, 0):
            return self._images[name]()


def described(images: Sequence[LevelImage], downsamples: Sequence[float] | None = None) -> tuple[Level, ...]:
    """The levels of a slide from its images, largest first; `downsamples` where the format states them."""
    base = images[0]
    return tuple(
        Level(
            width=image.width,
            height=image.height,
            downsample=downsamples[number]
            if downsamples is not None
            else exact_downsample((base.width, base.height), (image.width, image.height)),
            tile_width=image.tile_width,
            tile_height=image.tile_height,
            compression=image.compression,
            passthrough=image.passes_through,
        )
        for number, image in enumerate(images)
    )
