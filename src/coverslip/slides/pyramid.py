"""A slide together with the levels that its file lacks: taken from its companion, or drawn until that is made.

Levels that were made stand behind the file's own, so that the number of a level never changes: a page that was opened
before the companion was there goes on asking for the same tiles, and a browser's cache stays right. Who wants them in
order sorts them by downsample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from coverslip.slides import jpeg
from coverslip.slides.colour.managed import SlideColour, StoredColour, colour_of, shown_colours
from coverslip.slides.colour.table import ColourSpace, Nodes
from coverslip.slides.errors import LevelOutside, SlideCorrupt, TileOutside
from coverslip.slides.layers import layer_of
from coverslip.slides.region import read_scaled
from coverslip.slides.slide import EncodedTile, Level, RgbImage, Slide, SlideProperties
from coverslip.slides.tile_index import LevelIndex, TileIndex, combined
from coverslip.slides.tiled import IndexedSlide, ReducedReads, tile_bounds
from coverslip.vocabulary.geometry import Box

DRAWN_FACTOR = 8
"""A missing level is drawn on request only where the next finer stored one has at most 8 x 8 times its pixels."""


@runtime_checkable
class DrawsTiles(Protocol):
    """A slide that draws and encodes a part of itself where it is decoded, so that only the JPEG travels."""

    def drawn(self, bounds: Box, size: tuple[int, int]) -> EncodedTile:
        """`bounds` (level 0) as a JPEG of `size` (width, height); white beyond the slide."""
        ...


def shown_levels(stored: Sequence[Level], missing: Sequence[Level], *, made: bool) -> tuple[Level, ...]:
    """All levels that can be asked for: the file's own, then the missing ones, or those that can be drawn meanwhile."""
    if made:
        return (*stored, *missing)
    drawable = []
    for level in missing:
        finest = max(own.downsample for own in stored if own.downsample <= level.downsample)
        if level.downsample / finest > DRAWN_FACTOR:
            break  # the numbers of those behind it must stay what they will be
        drawable.append(replace(level, passthrough=False))
    return (*stored, *drawable)


class PyramidSlide:
    """A slide and its missing levels; as safe to share as the slides it is made of."""

    def __init__(
        self,
        slide: Slide,
        missing: Sequence[Level],
        companion: Slide | None = None,
        known: SlideProperties | None = None,
    ) -> None:
        """`missing`: of `missing_levels`. `known`: of the slide, where it need not be asked now.

        Raises `SlideCorrupt` where the companion is not this slide's.
        """
        properties = slide.properties if known is None else known
        self._slide = slide
        self._companion = companion
        self._missing = tuple(missing)
        self._stored = len(properties.levels)
        if companion is not None and known is None:
            found = [(level.width, level.height) for level in companion.properties.levels]
            if found != [(level.width, level.height) for level in missing]:
                raise SlideCorrupt(file=properties.format, problem="companion_levels")
        levels = shown_levels(properties.levels, missing, made=companion is not None)
        self._properties = replace(properties, levels=levels)

    @property
    def properties(self) -> SlideProperties:
        """What the file says of itself, with the levels that were made behind its own."""
        return self._properties

    def tile(self, level: int, column: int, row: int) -> EncodedTile:
        """One tile, as `Slide.tile`."""
        if level < self._stored:
            return self._slide.tile(level, column, row)
        grid = self._level(level)
        if self._companion is not None:
            return self._companion.tile(level - self._stored, column, row)
        if not (0 <= column < grid.columns and 0 <= row < grid.rows):
            raise TileOutside(level=level, column=column, row=row)
        part = tile_bounds(grid, column, row)
        bounds, size = _on_base(part, grid), (part.width, part.height)
        if isinstance(self._slide, DrawsTiles):
            return self._slide.drawn(bounds, size)
        return EncodedTile("image/jpeg", jpeg.encode(read_scaled(self._slide, bounds, size)))

    def region(self, level: int, bounds: Box) -> RgbImage:
        """Decoded pixels, as `Slide.region`."""
        if level < self._stored:
            return self._slide.region(level, bounds)
        grid = self._level(level)
        if self._companion is not None:
            return self._companion.region(level - self._stored, bounds)
        return read_scaled(self._slide, _on_base(bounds, grid), (bounds.width, bounds.height))

    def reductions(self, level: int) -> tuple[int, ...]:
        """Factors at which decoding is faster; none on made levels, which are coarse already."""
        own = level < self._stored and isinstance(self._slide, ReducedReads)
        return self._slide.reductions(level) if own and isinstance(self._slide, ReducedReads) else ()

    def reduced_region(self, level: int, reduction: int, bounds: Box) -> RgbImage:
        """As `ReducedReads.reduced_region`, for the factors of `reductions`."""
        if reduction == 1:
            return self.region(level, bounds)
        self._level(level)
        if level >= self._stored or not isinstance(self._slide, ReducedReads):
            raise LevelOutside(level=level, levels=self._stored)
        return self._slide.reduced_region(level, reduction, bounds)

    def tile_index(self) -> TileIndex:
        """Where the stored tiles lie, in the slide's files and its companion's."""
        own = _levels_of(self._slide)
        made = [] if self._companion is None else _levels_of(self._companion)
        drawn: list[tuple[list[str], LevelIndex | None]] = [([], None)] * (len(self._properties.levels) - self._stored)
        return combined([*own, *(made or drawn)])

    def layer(self, plane: int, channel: int | None) -> Slide:
        """One focal plane and channel; its missing levels are drawn, the companion shows the whole."""
        if (plane, channel) == (self._properties.shown_plane, None):
            return self
        return _LayerSlide(layer_of(self._slide, plane, channel), self._missing, len(self._properties.levels))

    def associated(self, name: str) -> RgbImage:
        """Label, macro or thumbnail."""
        return self._slide.associated(name)

    def managed_colour(self, space: ColourSpace) -> SlideColour:
        """What became of the file's profile."""
        return colour_of(self._slide, space)

    def shown_colours(self, stored: Sequence[StoredColour], space: ColourSpace) -> Nodes:
        """What LittleCMS makes of stored colours by the file's profile."""
        return shown_colours(self._slide, stored, space)

    def close(self) -> None:
        """Give the files back."""
        try:
            self._slide.close()
        finally:
            if self._companion is not None:
                self._companion.close()

    def _level(self, level: int) -> Level:
        if not 0 <= level < len(self._properties.levels):
            raise LevelOutside(level=level, levels=len(self._properties.levels))
        return self._properties.levels[level]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _LayerSlide(PyramidSlide):
    """A layer of a pyramid: as many levels as the whole has, those beyond the file's own drawn."""

    def __init__(self, slide: Slide, missing: Sequence[Level], levels: int) -> None:
        super().__init__(slide, missing)
        stored = slide.properties.levels
        all_levels = (*stored, *(replace(level, passthrough=False) for level in missing))[:levels]
        self._properties = replace(slide.properties, levels=all_levels)

    def close(self) -> None:
        """Nothing: it ends with its slide."""


def _levels_of(slide: Slide) -> list[tuple[list[str], LevelIndex | None]]:
    if not isinstance(slide, IndexedSlide):
        return [([], None)] * len(slide.properties.levels)
    index = slide.tile_index()
    return [(list(index.files), level) for level in index.levels]


def _on_base(part: Box, grid: Level) -> Box:
    """A part of a made level in pixels of level 0; its downsample is a whole number."""
    step = round(grid.downsample)
    return Box(part.x * step, part.y * step, part.width * step, part.height * step)
