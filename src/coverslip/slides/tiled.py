"""What every slide stored in tiles shares: bounds, the decoded-tile cache and regions put together from tiles."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

import numpy as np

from coverslip.errors import NotFound
from coverslip.slides.errors import LevelOutside, RegionTooLarge, TileOutside
from coverslip.slides.jpeg import encode
from coverslip.slides.slide import EncodedTile, Level, RgbImage, SlideProperties
from coverslip.slides.tile_index import TileIndex
from coverslip.vocabulary.geometry import Box

LARGEST_REGION_PX = 256 * 1024 * 1024
"""Pixels one call may return (768 MB)."""
CACHE_BYTES = 64 * 1024 * 1024
WHITE = 255
DCT_FACTORS = (2, 4, 8)
SMALLEST_REDUCED_TILE = 16


@runtime_checkable
class IndexedSlide(Protocol):
    """A slide that can say where its stored tiles lie."""

    def tile_index(self) -> TileIndex:
        """Where each stored tile lies. Raises `SlideError`."""
        ...


@runtime_checkable
class ReducedReads(Protocol):
    """A slide that decodes at 1/2, 1/4 or 1/8 of a level faster than at full size (DCT scaling)."""

    def reductions(self, level: int) -> tuple[int, ...]:
        """The factors among 2, 4, 8 offered on this level, ascending."""
        ...

    def reduced_region(self, level: int, reduction: int, bounds: Box) -> RgbImage:
        """As `Slide.region`; `bounds` in pixels of the level divided by `reduction`."""
        ...


def check_region_size(bounds: Box) -> None:
    """Raises `RegionTooLarge` above `LARGEST_REGION_PX`."""
    if bounds.width * bounds.height > LARGEST_REGION_PX:
        raise RegionTooLarge(width=bounds.width, height=bounds.height)


def white_image(width: int, height: int) -> RgbImage:
    """(height, width, 3) uint8, all white."""
    return np.full((height, width, 3), WHITE, dtype=np.uint8)


class TiledSlide(ABC):
    """Base of the slides whose tiles are decoded one by one. Not shared between threads; close is idempotent."""

    def __init__(self, properties: SlideProperties) -> None:
        self._properties = properties
        self._cache: OrderedDict[tuple[int, int, int, int], RgbImage] = OrderedDict()
        self._cached_bytes = 0

    @property
    def properties(self) -> SlideProperties:
        """What the file says of itself."""
        return self._properties

    @abstractmethod
    def _decode(self, level: int, column: int, row: int, reduction: int) -> RgbImage | None:
        """One tile of the grid, at least as large as its part of the level; None where nothing is stored (white)."""

    @abstractmethod
    def _stored(self, level: int, column: int, row: int) -> EncodedTile | None:
        """The stored bytes of a tile where a browser can show them, else None."""

    @abstractmethod
    def _associated(self, name: str) -> RgbImage:
        """An associated image whose name is among the properties."""

    @abstractmethod
    def close(self) -> None:
        """Give the file back; calling it again does nothing."""

    def level(self, number: int) -> Level:
        """One level's description. Raises `LevelOutside`."""
        levels = self._properties.levels
        if not 0 <= number < len(levels):
            raise LevelOutside(level=number, levels=len(levels))
        return levels[number]

    def tile(self, level: int, column: int, row: int) -> EncodedTile:
        """One tile of the grid: the stored bytes where they pass through, else decoded and encoded as JPEG.

        At the right and lower border a stored tile keeps its full size; what lies beyond the level is filler and is
        to be cropped by whoever shows it. Raises `LevelOutside`, `TileOutside`, `TileUnreadable`.
        """
        grid = self.level(level)
        if not (0 <= column < grid.columns and 0 <= row < grid.rows):
            raise TileOutside(level=level, column=column, row=row)
        stored = self._stored(level, column, row) if grid.passthrough else None
        if stored is not None:
            return stored
        return EncodedTile("image/jpeg", encode(self.region(level, tile_bounds(grid, column, row))))

    def region(self, level: int, bounds: Box) -> RgbImage:
        """Decoded pixels of `bounds` (pixels of that level); white beyond the level's border."""
        return self.reduced_region(level, 1, bounds)

    def reductions(self, level: int) -> tuple[int, ...]:
        """Factors at which decoding is faster; none unless a subclass offers them."""
        self.level(level)
        return ()

    def reduced_region(self, level: int, reduction: int, bounds: Box) -> RgbImage:
        """As `region`, `bounds` in pixels of the level divided by `reduction`."""
        grid = self.level(level)
        check_region_size(bounds)
        whole = Box(0, 0, -(-grid.width // reduction), -(-grid.height // reduction))
        inside = bounds.intersection(whole)
        if inside is None:
            return white_image(bounds.width, bounds.height)
        if inside == bounds:
            image = np.empty((bounds.height, bounds.width, 3), dtype=np.uint8)  # all of it is written below
        else:
            image = white_image(bounds.width, bounds.height)
        width, height = grid.tile_width // reduction, grid.tile_height // reduction
        for row in range(inside.y // height, -(-inside.bottom // height)):
            top, bottom = max(inside.y, row * height), min(inside.bottom, (row + 1) * height)
            for column in range(inside.x // width, -(-inside.right // width)):
                left, right = max(inside.x, column * width), min(inside.right, (column + 1) * width)
                # Neighbours on the right and below come next and need the rest of what is cut there; keeping every
                # tile costs more than it saves.
                keep = right < (column + 1) * width or bottom < (row + 1) * height
                pixels = self._cached(level, column, row, reduction, keep=keep)
                place = image[top - bounds.y : bottom - bounds.y, left - bounds.x : right - bounds.x]
                if pixels is None:
                    place[:] = WHITE
                else:
                    x, y = left - column * width, top - row * height
                    place[:] = pixels[y : y + bottom - top, x : x + right - left]
        return image

    def associated(self, name: str) -> RgbImage:
        """Label, macro or thumbnail. Raises `NotFound`."""
        if name not in self._properties.associated:
            raise NotFound(field=name)
        return self._associated(name)

    def _cached(self, level: int, column: int, row: int, reduction: int, *, keep: bool) -> RgbImage | None:
        key = (level, column, row, reduction)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        pixels = self._decode(level, column, row, reduction)
        if keep and pixels is not None and pixels.nbytes <= CACHE_BYTES:
            self._cache[key] = pixels
            self._cached_bytes += pixels.nbytes
            while self._cached_bytes > CACHE_BYTES:
                _, dropped = self._cache.popitem(last=False)
                self._cached_bytes -= dropped.nbytes
        return pixels

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def tile_bounds(grid: Level, column: int, row: int) -> Box:
    """The part of the level that a tile covers, cropped at the border."""
    x, y = column * grid.tile_width, row * grid.tile_height
    return Box(x, y, min(grid.tile_width, grid.width - x), min(grid.tile_height, grid.height - y))


def dct_reductions(grid: Level) -> tuple[int, ...]:
    """Factors by which JPEG tiles of this grid can be decoded small and still tile the reduced level exactly."""
    smaller = min(grid.tile_width, grid.tile_height)
    return tuple(
        factor
        for factor in DCT_FACTORS
        if grid.tile_width % factor == grid.tile_height % factor == 0 and smaller >= factor * SMALLEST_REDUCED_TILE
    )


def exact_downsample(base: tuple[int, int], level: tuple[int, int]) -> float:
    """How many level-0 pixels one pixel of a level spans in each direction, from both (width, height).

    Pyramids are made by dividing by a whole number and rounding the size, so the whole number is taken where rounding
    explains the sizes (4443 -> 2221 is 2, not 2.0005): the other reading would shift the lower right corner by half a
    pixel. Otherwise the mean ratio.
    """
    ratio = (base[0] / level[0] + base[1] / level[1]) / 2
    nearby = {round(ratio), *(2**power for power in range(1, 12))}
    fitting = [d for d in nearby if d >= 1 and all(abs(b / d - size) < 1 for b, size in zip(base, level, strict=True))]
    return float(min(fitting, key=lambda d: abs(d - ratio))) if fitting else ratio
