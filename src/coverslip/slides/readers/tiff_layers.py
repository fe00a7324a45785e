"""Focal planes and fluorescence channels of slides that lie in one TIFF file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np

from coverslip.slides.layers import Stored, check_layer, coloured, merged, window_of
from coverslip.slides.readers.tiff_file import OpenTiff
from coverslip.slides.readers.tiff_images import LevelImage, TiffImage
from coverslip.slides.readers.tiff_slide import Picture, TiffSlide
from coverslip.slides.slide import Channel, Compression, RgbImage, Slide, SlideProperties
from coverslip.slides.tile_index import LevelIndex

SAMPLED_TILES = 64


class TiffLayer(TiffSlide):
    """One plane or channel; it ends with its slide."""

    def close(self) -> None:
        """Closing a layer leaves its slide open."""
        self._cache.clear()
        self._cached_bytes = 0


class LayeredTiffSlide(TiffSlide):
    """A slide whose planes or channels are shown one by one too."""

    def __init__(
        self,
        properties: SlideProperties,
        opened: OpenTiff,
        stacks: Mapping[tuple[int, int | None], Sequence[LevelImage]],
        associated: Mapping[str, Picture],
    ) -> None:
        """`stacks`: the levels of each (plane, channel); channel None: all together."""
        super().__init__(properties, opened, stacks[properties.shown_plane, None], associated)
        self._stacks = stacks

    def layer(self, plane: int, channel: int | None) -> Slide:
        """As `LayeredSlide.layer`. Raises `LayerOutside`."""
        check_layer(self.properties, plane, channel)
        return TiffLayer(self.properties, self._opened, self._stacks[plane, channel], self._images)


class ChannelImage:
    """A level of one or more channels, stored as brightness and shown in their colours. A `LevelImage`."""

    passes_through = False
    reducible = False

    def __init__(self, stored: Sequence[TiffImage], channels: Sequence[Channel]) -> None:
        """`stored`: one image a channel, all of the same size and tiles."""
        first = stored[0]
        self.width, self.height = first.width, first.height
        self.tile_width, self.tile_height = first.tile_width, first.tile_height
        self.compression: Compression = first.compression
        self._stored = stored
        self._channels = channels

    def index(self) -> LevelIndex | None:
        """None: every tile is coloured."""
        return None

    def tile(self, column: int, row: int, reduction: int) -> RgbImage | None:
        """As `LevelImage.tile`; `reduction` is always 1."""
        values = [image.brightness(column, row) for image in self._stored]
        layers = [
            coloured(value, channel) for value, channel in zip(values, self._channels, strict=True) if value is not None
        ]
        return merged(layers) if layers else None


def measured_window(image: TiffImage) -> tuple[int, int]:
    """Black and full brightness, from tiles of the coarsest level."""
    places = [(column, row) for row in range(image.rows) for column in range(image.columns)]
    step = max(1, len(places) // SAMPLED_TILES)
    stored = []
    for column, row in places[::step]:
        values = image.brightness(column, row)
        if values is not None:  # without the filler beyond the border
            inside = values[: image.height - row * image.tile_height, : image.width - column * image.tile_width]
            stored.append(inside.ravel())
    return window_of(cast(Stored, np.concatenate(stored))) if stored else (0, 255)
