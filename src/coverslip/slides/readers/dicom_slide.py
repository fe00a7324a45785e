"""An open DICOM slide and its layers."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from coverslip.slides.errors import damage_is_unreadable
from coverslip.slides.layers import check_layer, coloured, merged
from coverslip.slides.readers.dicom_image import DicomImage
from coverslip.slides.readers.dicom_instance import OpenSources
from coverslip.slides.readers.dicom_pixels import Samples
from coverslip.slides.slide import EncodedTile, RgbImage, SlideProperties
from coverslip.slides.source import open_source
from coverslip.slides.stored import StoredIndex, StoredLevel
from coverslip.slides.tile_index import BuiltOtherwise, TileIndex, combined
from coverslip.slides.tiled import TiledSlide, check_region_size, dct_reductions
from coverslip.vocabulary.geometry import Box


@dataclass(frozen=True, slots=True)
class DicomLevels:
    """The levels, largest first; `planes[level][plane]` and `paths[level][channel]`: that level's own numbering."""

    images: tuple[DicomImage, ...]
    planes: tuple[tuple[int, ...], ...]
    paths: tuple[tuple[int | None, ...], ...]


class DicomLayer(TiledSlide):
    """One focal plane, with all channels or one."""

    def __init__(self, properties: SlideProperties, levels: DicomLevels, plane: int, channel: int | None) -> None:
        super().__init__(properties)
        self._all = levels
        self._plane, self._channel = plane, channel
        self._index: TileIndex | None = None

    def tile_index(self) -> TileIndex:
        """Where the stored frames lie."""
        levels = enumerate(self._all.images)
        return combined(
            [(image.files, None if self._is_mixed else image.index(self._own_plane(n), 0)) for n, image in levels]
        )

    def stored_index(self) -> StoredIndex:
        """Where JPEG 2000 frames lie; their files numbered through all levels."""
        files: list[str] = []
        levels: list[StoredLevel | None] = []
        for number, image in enumerate(self._all.images):
            found = None if self._is_mixed else image.codestreams(self._own_plane(number), 0)
            if found is not None and found.files is not None:
                found = replace(found, files=array("H", [file + len(files) for file in found.files]))
            levels.append(found)
            files.extend(image.files)
        return StoredIndex(tuple(files), tuple(levels))

    def reductions(self, level: int) -> tuple[int, ...]:
        """2, 4 and 8 on JPEG levels whose tiles divide by them."""
        grid = self.level(level)
        return dct_reductions(grid) if self._all.images[level].encoding.jpeg_colours is not None else ()

    def close(self) -> None:
        """Forget decoded tiles; the files are the slide's."""
        self._cache.clear()
        self._cached_bytes = 0

    @property
    def _is_mixed(self) -> bool:
        """Whether what is shown is put together from channels and so is never what is stored."""
        return bool(self._properties.channels)

    def _own_plane(self, level: int) -> int:
        return self._all.planes[level][self._plane]

    def _stored(self, level: int, column: int, row: int) -> EncodedTile | None:
        if self._index is None:
            self._index = self.tile_index()
        place = self._index.place(level, column, row)
        if place is None:
            return None
        source = open_source(Path(self._index.files[place.file]))
        try:
            return EncodedTile(place.media_type, place.read_by(source.read_at))
        except BuiltOtherwise:
            return None
        finally:
            source.close()

    def _decode(self, level: int, column: int, row: int, reduction: int) -> RgbImage | None:
        image = self._all.images[level]
        tile = row * image.grid.columns + column
        with damage_is_unreadable(level, column, row):
            if self._is_mixed:
                return self._channels_of(level, tile, reduction)
            pixels = image.pixels(self._own_plane(level), 0, tile, reduction)
            return None if pixels is None else in_colour(pixels, image.encoding.whitest)

    def _channels_of(self, level: int, tile: int, reduction: int) -> RgbImage:
        """What is not stored is dark: a fluorescence image has no light where there is nothing."""
        image = self._all.images[level]
        shown = range(len(self._properties.channels)) if self._channel is None else (self._channel,)
        layers = [np.zeros((image.grid.tile_height // reduction, image.grid.tile_width // reduction, 3), np.uint8)]
        for number in shown:
            path = self._all.paths[level][number]
            pixels = None if path is None else image.pixels(self._own_plane(level), path, tile, reduction)
            if pixels is not None:
                height, width = layers[0].shape[:2]
                layers.append(coloured(pixels[:height, :width], self._properties.channels[number]))
        return merged(layers)

    def _associated(self, name: str) -> RgbImage:
        raise AssertionError(f"a layer has no {name}")


class DicomSlide(DicomLayer):
    """Levels, label and overview of the instances of one slide."""

    def __init__(
        self, properties: SlideProperties, levels: DicomLevels, associated: dict[str, DicomImage], sources: OpenSources
    ) -> None:
        super().__init__(properties, levels, properties.shown_plane, None)
        self._images = associated
        self._sources = sources

    def layer(self, plane: int, channel: int | None) -> DicomLayer:
        """One plane and channel. Raises `LayerOutside`."""
        check_layer(self._properties, plane, channel)
        levels = tuple(
            replace(
                level,
                passthrough=not self._is_mixed and image.passthrough(self._all.planes[number][plane], 0) is not None,
            )
            for number, (level, image) in enumerate(zip(self._properties.levels, self._all.images, strict=True))
        )
        return DicomLayer(replace(self._properties, levels=levels, associated=()), self._all, plane, channel)

    def close(self) -> None:
        """Give the files back; calling it again does nothing."""
        super().close()
        self._sources.close()

    def _associated(self, name: str) -> RgbImage:
        image = self._images[name]
        grid = image.grid
        with damage_is_unreadable(0, 0, 0):
            check_region_size(Box(0, 0, grid.width, grid.height))
            whole = np.full((grid.height, grid.width, 3), 255, dtype=np.uint8)
            for tile in range(grid.columns * grid.rows):
                x, y = tile % grid.columns * grid.tile_width, tile // grid.columns * grid.tile_height
                frame = image.pixels(0, 0, tile)
                if frame is not None:
                    part = whole[y : y + grid.tile_height, x : x + grid.tile_width]
                    part[:] = in_colour(frame, image.encoding.whitest)[: part.shape[0], : part.shape[1]]
            return whole


def in_colour(pixels: Samples, whitest: int) -> RgbImage:
    """Brightness repeated as grey; colour as it is; (h, w, 3) uint8."""
    if pixels.ndim == 3:
        return np.asarray(pixels, dtype=np.uint8)
    if whitest != 255:
        pixels = np.asarray(np.rint(pixels.astype(np.float32) * (255 / whitest)), dtype=np.uint8)
    return np.repeat(np.asarray(pixels, dtype=np.uint8)[..., None], 3, axis=2)
