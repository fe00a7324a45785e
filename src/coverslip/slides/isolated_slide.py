"""A slide whose file only decoder processes open: every question about it is a message to one of them."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

import numpy as np

from coverslip.errors import InvalidInput
from coverslip.slides import answers, wire
from coverslip.slides.associated import needs_parts, thumbnail
from coverslip.slides.colour.managed import SlideColour, StoredColour, profile_of
from coverslip.slides.colour.table import ColourSpace, ColourTable, Nodes
from coverslip.slides.describe import from_json
from coverslip.slides.errors import DecoderFailed
from coverslip.slides.layers import check_layer
from coverslip.slides.slide import EncodedTile, RgbImage, Slide, SlideProperties
from coverslip.slides.stored import StoredIndex
from coverslip.slides.tile_index import TileIndex
from coverslip.vocabulary.geometry import Box


class Decoders(Protocol):
    """Whoever answers for a file; `isolation.DecoderPool`."""

    def request(self, operation: str, path: Path, **arguments: Any) -> tuple[wire.Header, bytearray]:
        """One question, answered by a decoder process. Raises `SlideError`."""
        ...

    def sizes(self, path: Path) -> Mapping[str, int]:
        """Bytes of each file of a slide in object storage; empty for one on a disk."""
        ...

    def close(self) -> None:
        """End the processes."""
        ...


class Description(NamedTuple):
    """What is asked of a file once: its properties, and for each level the factors at which decoding is faster."""

    properties: SlideProperties
    reductions: tuple[tuple[int, ...], ...]


class IsolatedSlide:
    """A slide whose file only decoder processes open. Safe to share between threads."""

    def __init__(self, pool: Decoders, path: Path, *, owns_pool: bool = False) -> None:
        self._pool = pool
        self._path = path
        self._owns_pool = owns_pool
        self._layer: dict[str, int | None] = {}
        self._description: Description | None = None

    def describe(self) -> Description:
        """Ask the file what it is, once. Raises `SlideError`."""
        if self._description is None:
            answer, _ = self._pool.request("properties", self._path)
            with self._sensible():
                properties = from_json(answer["properties"])
                reductions = answer["reductions"] or [[] for _ in properties.levels]
                factors = tuple(tuple(int(factor) for factor in level) for level in reductions)
                self._description = Description(properties, factors)
        return self._description

    @property
    def properties(self) -> SlideProperties:
        """What the file says of itself."""
        return self.describe().properties

    def tile(self, level: int, column: int, row: int) -> EncodedTile:
        """One tile of the slide's own grid. Raises `TileOutside`, `TileUnreadable`, `DecoderFailed`."""
        place = {"level": level, "column": column, "row": row}
        answer, payload = self._pool.request("tile", self._path, **place, **self._layer)
        with self._sensible():
            return answers.picture_of(answer, payload)

    def tile_index(self) -> TileIndex:
        """Where the stored tiles lie, so that they can be served without a decoder.

        Whoever asked reads those files itself, outside the sandbox: only the slide's own are taken, and only pictures.
        """
        answer, payload = self._pool.request("index", self._path, **self._layer)
        sizes = self._pool.sizes(self._path)
        with self._sensible():
            return answers.index_of(answer, payload, self._path.absolute(), sizes)

    def stored_index(self) -> StoredIndex:
        """Where tiles lie that only a conversion takes as they are; checked as those of `tile_index`."""
        answer, payload = self._pool.request("stored", self._path, **self._layer)
        with self._sensible():
            return answers.stored_of(answer, payload, self._path.absolute())

    def layer(self, plane: int, channel: int | None) -> IsolatedSlide:
        """One focal plane and channel, as `LayeredSlide.layer`; decoded by the same processes."""
        check_layer(self.properties, plane, channel)
        layer = copy.copy(self)
        layer._owns_pool = False
        layer._layer = {"plane": plane, "channel": channel}
        return layer

    def region(self, level: int, bounds: Box) -> RgbImage:
        """Decoded pixels, as `Slide.region`."""
        return self.reduced_region(level, 1, bounds)

    def reductions(self, level: int) -> tuple[int, ...]:
        """Factors at which decoding is faster."""
        reductions = self.describe().reductions
        return reductions[level] if 0 <= level < len(reductions) else ()

    def reduced_region(self, level: int, reduction: int, bounds: Box) -> RgbImage:
        """Decoded pixels at a fraction of a level; `bounds` in pixels of that."""
        box = [bounds.x, bounds.y, bounds.width, bounds.height]
        image = self._image("region", level=level, reduction=reduction, bounds=box)
        if image.shape != (bounds.height, bounds.width, 3):
            raise DecoderFailed(file=self._path.name, problem="decoder_nonsense")
        return image

    def drawn(self, bounds: Box, size: tuple[int, int]) -> EncodedTile:
        """`bounds` (level 0) as a JPEG of `size` (width, height), drawn and encoded in the decoder."""
        box = [bounds.x, bounds.y, bounds.width, bounds.height]
        answer, payload = self._pool.request("drawn", self._path, bounds=box, size=list(size), **self._layer)
        with self._sensible():
            return answers.picture_of(answer, payload)

    def associated(self, name: str) -> RgbImage:
        """Label, macro or thumbnail as stored. Raises `NotFound`."""
        return self._image("associated", name=name)

    def thumbnail(self, longest_px: int) -> RgbImage:
        """The whole slide, drawn small; exists for every slide."""
        if needs_parts(self, longest_px):
            return thumbnail(self, longest_px)
        return self._image("thumbnail", longest_px=longest_px)

    def managed_colour(self, space: ColourSpace) -> SlideColour:
        """What became of the profile; one on which the decoder dies is `unusable`, and the slide is shown as stored."""
        profile = profile_of(self)
        if profile is None:
            return SlideColour("none")
        try:
            answer, payload = self._pool.request("colour", self._path, space=space.value)
        except DecoderFailed:
            return SlideColour("unusable", size_bytes=len(profile), problem="profile_crashed")
        with self._sensible():
            return SlideColour.from_json(answer, ColourTable.from_bytes(payload) if payload else None)

    def shown_colours(self, stored: Sequence[StoredColour], space: ColourSpace) -> Nodes:
        """What LittleCMS makes of stored colours (0 to 255) without a table; (n, 3), 0 to 65535.

        Raises `ProfileUnusable`, `DecoderFailed`.
        """
        colours = [list(colour) for colour in stored]
        _, payload = self._pool.request("shown", self._path, space=space.value, stored=colours)
        with self._sensible():
            return np.frombuffer(payload, dtype=np.uint16).reshape(len(stored), 3)

    def close(self) -> None:
        """Give the decoder back; calling it again does nothing."""
        if self._owns_pool:
            self._pool.close()

    def _image(self, operation: str, **arguments: Any) -> RgbImage:
        answer, payload = self._pool.request(operation, self._path, **arguments, **self._layer)
        with self._sensible():
            return answers.pixels_of(answer, payload)

    @contextmanager
    def _sensible(self) -> Iterator[None]:
        try:
            yield
        except (KeyError, TypeError, ValueError, InvalidInput) as error:
            raise DecoderFailed(file=self._path.name, problem="decoder_nonsense", technical=str(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is_slide(slide: IsolatedSlide) -> Slide:
    """Checked by mypy: an isolated slide is a slide."""
    return slide
