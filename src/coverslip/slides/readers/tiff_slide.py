"""An open TIFF slide."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from coverslip.slides.errors import damage_is_unreadable
from coverslip.slides.readers.tiff_images import TiffImage
from coverslip.slides.slide import EncodedTile, RgbImage, SlideProperties
from coverslip.slides.tile_index import TileIndex
from coverslip.slides.tiled import TiledSlide, check_region_size, dct_reductions
from coverslip.vocabulary.geometry import Box


class TiffSlide(TiledSlide):
    """Levels and associated images of one TIFF file, read through one descriptor."""

    def __init__(
        self,
        properties: SlideProperties,
        tiff: Any,
        path: Path,
        levels: list[TiffImage],
        associated: dict[str, TiffImage],
    ) -> None:
        super().__init__(properties)
        self._tiff = tiff
        self._path = path.absolute()
        self._levels = levels
        self._images = associated
        self._index: TileIndex | None = None
        self._strip: tuple[tuple[int, int], RgbImage | None] | None = None

    def tile_index(self) -> TileIndex:
        """Where the stored tiles lie."""
        return TileIndex((str(self._path),), tuple(image.index() for image in self._levels))

    def reductions(self, level: int) -> tuple[int, ...]:
        """2, 4 and 8 on JPEG levels whose tiles divide by them."""
        grid = self.level(level)
        if not self._levels[level].is_jpeg or not self._levels[level].tiled:
            return ()
        return dct_reductions(grid)

    def close(self) -> None:
        """Give the file back; calling it again does nothing."""
        self._tiff.close()
        self._cache.clear()
        self._strip = None

    def _stored(self, level: int, column: int, row: int) -> EncodedTile | None:
        if self._index is None:
            self._index = self.tile_index()
        place = self._index.place(level, column, row)
        if place is None:
            return None
        return EncodedTile(place.media_type, place.read(self._tiff.filehandle.fileno()))

    def _decode(self, level: int, column: int, row: int, reduction: int) -> RgbImage | None:
        image = self._levels[level]
        with damage_is_unreadable(level, column, row):
            if not image.tiled:
                return self._from_strips(level, image, column, row)
            pixels = image.block(row * image.columns + column, reduction)
            if pixels is not None:
                _check_shape(pixels, -(-image.block_width // reduction), -(-image.block_height // reduction))
            return pixels

    def _associated(self, name: str) -> RgbImage:
        image = self._images[name]
        with damage_is_unreadable(0, 0, 0):
            check_region_size(Box(0, 0, image.width, image.height))
            whole = np.full((image.height, image.width, 3), 255, dtype=np.uint8)
            for number in range(image.columns * image.rows):
                x = number % image.columns * image.block_width
                y = number // image.columns * image.block_height
                block = image.block(number)
                if block is not None:
                    part = whole[y : y + image.block_height, x : x + image.block_width]
                    part[:] = block[: part.shape[0], : part.shape[1]]
            return whole

    def _from_strips(self, level: int, image: TiffImage, column: int, row: int) -> RgbImage:
        """A tile of the virtual grid over an image stored in strips; one decoded strip is kept."""
        x, y = column * image.tile_width, row * image.tile_height
        width, height = min(image.tile_width, image.width - x), min(image.tile_height, image.height - y)
        tile = np.full((image.tile_height, image.tile_width, 3), 255, dtype=np.uint8)
        for number in range(y // image.block_height, -(-(y + height) // image.block_height)):
            if self._strip is None or self._strip[0] != (level, number):
                self._strip = ((level, number), image.block(number))
            strip = self._strip[1]
            top = max(y, number * image.block_height)
            bottom = min(y + height, (number + 1) * image.block_height)
            if strip is not None:
                from_row = top - number * image.block_height
                tile[top - y : bottom - y, :width] = strip[from_row : from_row + bottom - top, x : x + width]
        return tile


def _check_shape(pixels: RgbImage, width: int, height: int) -> None:
    if pixels.shape[0] < height or pixels.shape[1] < width:
        raise ValueError(f"{pixels.shape[1]} x {pixels.shape[0]} pixels instead of {width} x {height}")
