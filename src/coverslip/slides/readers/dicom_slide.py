"""An open DICOM slide."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from coverslip.slides.errors import damage_is_unreadable
from coverslip.slides.readers.dicom_image import DicomImage
from coverslip.slides.slide import EncodedTile, RgbImage, SlideProperties
from coverslip.slides.tile_index import TileIndex, combined
from coverslip.slides.tiled import TiledSlide, dct_reductions


class DicomSlide(TiledSlide):
    """Levels, label and overview of the instances of one slide."""

    def __init__(
        self, properties: SlideProperties, source: Any, levels: list[DicomImage], associated: dict[str, Any]
    ) -> None:
        super().__init__(properties)
        self._source = source
        self._levels = levels
        self._images = associated
        self._index: TileIndex | None = None

    def tile_index(self) -> TileIndex:
        """Where the stored frames lie."""
        return combined([([str(file) for file in image.files], image.index()) for image in self._levels])

    def reductions(self, level: int) -> tuple[int, ...]:
        """2, 4 and 8 on JPEG levels whose tiles divide by them."""
        grid = self.level(level)
        return dct_reductions(grid) if self._levels[level].is_jpeg else ()

    def close(self) -> None:
        """Give the files back; calling it again does nothing."""
        self._source.close()
        self._cache.clear()

    def _stored(self, level: int, column: int, row: int) -> EncodedTile | None:
        if self._index is None:
            self._index = self.tile_index()
        place = self._index.place(level, column, row)
        if place is None:
            return None
        descriptor = os.open(self._index.files[place.file], os.O_RDONLY | os.O_CLOEXEC)
        try:
            return EncodedTile(place.media_type, place.read(descriptor))
        finally:
            os.close(descriptor)

    def _decode(self, level: int, column: int, row: int, reduction: int) -> RgbImage | None:
        image = self._levels[level]
        with damage_is_unreadable(level, column, row):
            pixels = image.frame(row * image.columns + column, reduction)
            if pixels is None:
                return None
            width, height = -(-image.tile_width // reduction), -(-image.tile_height // reduction)
            if pixels.shape[0] < height or pixels.shape[1] < width:
                raise ValueError(f"{pixels.shape[1]} x {pixels.shape[0]} pixels instead of {width} x {height}")
            return pixels

    def _associated(self, name: str) -> RgbImage:
        with damage_is_unreadable(0, 0, 0):
            image = DicomImage(self._images[name], name)
            whole = np.full((image.height, image.width, 3), 255, dtype=np.uint8)
            for number in range(image.columns * image.rows):
                x, y = number % image.columns * image.tile_width, number // image.columns * image.tile_height
                frame = image.frame(number)
                if frame is not None:
                    part = whole[y : y + image.tile_height, x : x + image.tile_width]
                    part[:] = frame[: part.shape[0], : part.shape[1]]
            return whole
