"""Files from outside are decoded in processes with limits; a crash there is a failed slide, never a dead server.

`open_isolated(path)` gives a slide whose decoder is its own process; `DecoderPool` keeps a few for a server and may be
used from many threads. A decoder that dies, hangs or needs too much memory is ended, its request raises `DecoderFailed`
(or `DecoderTimeout`, `DecoderMemory`), and the next request finds a fresh one.
"""

from __future__ import annotations

import copy
import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, cast, get_args

import numpy as np

from coverslip.errors import CoverslipError, InvalidInput
from coverslip.slides import stored, wire
from coverslip.slides.associated import needs_parts, thumbnail
from coverslip.slides.colour.managed import SlideColour, StoredColour, profile_of
from coverslip.slides.colour.table import ColourSpace, ColourTable, Nodes
from coverslip.slides.decoder import Decoder, DecoderLimits, folders_of
from coverslip.slides.describe import from_json
from coverslip.slides.errors import DecoderBusy, DecoderFailed
from coverslip.slides.layers import check_layer
from coverslip.slides.remote import Ranges, is_remote
from coverslip.slides.slide import EncodedTile, RgbImage, Slide, SlideProperties
from coverslip.slides.stored import StoredIndex, StoredLevel
from coverslip.slides.tile_index import LevelIndex, MediaType, TileIndex
from coverslip.vocabulary.geometry import Box

__all__ = ["DecoderLimits", "DecoderPool", "IsolatedSlide", "open_isolated", "probe", "tile_index"]

LARGEST_TILE_BYTES = 256 * 1024 * 1024
LAST_PLACE = 2**62
"""Bytes; beyond it the kernel takes no offset."""


class DecoderPool:
    """Up to `limits.processes` decoder processes, started when needed. May be used from many threads.

    `readable`: folders in which the slides lie. A slide elsewhere is read as well, by a decoder started for its folder.
    `ranges`: gives the bytes of slides in object storage.
    """

    def __init__(
        self, limits: DecoderLimits | None = None, readable: Iterable[Path] = (), ranges: Ranges | None = None
    ) -> None:
        self.limits = limits or DecoderLimits.of()
        self._ranges = ranges
        self._readable = frozenset(folder.resolve() for folder in readable)
        self._free: list[Decoder] = []
        self._busy = 0
        self._closed = False
        self._change = threading.Condition()

    def may_read(self, folder: Path) -> None:
        """Slides will lie in this folder too; decoders that may not read it are replaced when they are asked to."""
        with self._change:
            self._readable |= {folder.resolve()}

    def open(self, path: str | os.PathLike[str]) -> IsolatedSlide:
        """A slide decoded by this pool; closing it leaves the pool open. Raises `SlideError`."""
        slide = self.at(path)
        slide.describe()
        return slide

    def at(self, path: str | os.PathLike[str]) -> IsolatedSlide:
        """As `open`, but no decoder looks at the file before something is asked that only it can say."""
        return IsolatedSlide(self, Path(path))

    def warm(self) -> None:
        """Start the decoders that are not there yet, so that the first slide does not wait a second for one.

        One that cannot be started is left to the first request, which says why.
        """
        while True:
            with self._change:
                if self._closed or len(self._free) + self._busy >= self.limits.processes:
                    return
                self._busy += 1
                readable = self._readable
            decoder = None
            with suppress(CoverslipError, OSError, wire.Closed):
                decoder = Decoder(self.limits, readable)
                decoder.begin()
                decoder.request({"operation": "warm", "path": ""}, "")
            ready = decoder is not None and decoder.ready
            with self._change:
                self._busy -= 1
                kept = ready and not self._closed
                if kept and decoder is not None:
                    self._free.append(decoder)
                self._change.notify()
            if decoder is not None and not kept:
                decoder.stop()
            if not ready:
                return

    def request(self, operation: str, path: Path, **arguments: Any) -> tuple[wire.Header, bytearray]:
        """One request to a free decoder. Raises `DecoderBusy` where none gets free in time."""
        header = {"operation": operation, "path": str(path.absolute()), **arguments}
        ranges = self._ranges if is_remote(path) else None
        if ranges is not None:
            header["files"] = dict(ranges.sizes(str(path)))
        with self._decoder(header["path"], path.name) as decoder:
            return decoder.request(header, path.name, ranges)

    def close(self) -> None:
        """End all decoder processes; those at work end when they are done."""
        with self._change:
            self._closed = True
            decoders, self._free = self._free, []
        for decoder in decoders:
            decoder.stop()

    @contextmanager
    def _decoder(self, path: str, file: str) -> Iterator[Decoder]:
        decoder = self._taken(path, file)
        try:
            yield decoder
        finally:
            with self._change:
                self._busy -= 1
                keep = decoder.alive and not self._closed
                if keep:
                    self._free.append(decoder)
                self._change.notify()
            if not keep:
                decoder.stop()

    def _taken(self, path: str, file: str) -> Decoder:
        deadline = time.monotonic() + self.limits.seconds
        with self._change:
            while not self._free and self._busy >= self.limits.processes and not self._closed:
                if not self._change.wait(deadline - time.monotonic()):
                    raise DecoderBusy(file=file, seconds=self.limits.seconds)
            if self._closed:
                raise DecoderFailed(file=file, problem="the decoders are shut down")
            self._busy += 1
            # The one that has this slide open, else the one used last: it is warm.
            best = next((decoder for decoder in reversed(self._free) if decoder.last_path == path), None)
            needed = folders_of(Path(path)) if best is None else frozenset()
            if best is None:
                best = next((decoder for decoder in reversed(self._free) if decoder.may_read(needed)), None)
            if best is not None:
                self._free.remove(best)
                return best
            surplus = self._free.pop(0) if len(self._free) + self._busy > self.limits.processes else None
            readable = self._readable | needed
        if surplus is not None:
            surplus.stop()
        try:
            return Decoder(self.limits, readable)
        except OSError:
            with self._change:
                self._busy -= 1
                self._change.notify()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Description(NamedTuple):
    """What is asked of a file once: its properties, and for each level the factors at which decoding is faster."""

    properties: SlideProperties
    reductions: tuple[tuple[int, ...], ...]


class IsolatedSlide:
    """A slide whose file only decoder processes open. Safe to share between threads."""

    def __init__(self, pool: DecoderPool, path: Path, *, owns_pool: bool = False) -> None:
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
            return EncodedTile(_media_type(answer["media_type"]), bytes(payload))

    def tile_index(self) -> TileIndex:
        """Where the stored tiles lie, so that they can be served without a decoder.

        Whoever asked reads those files itself, outside the sandbox: only the slide's own are taken, and only pictures.
        """
        answer, payload = self._pool.request("index", self._path, **self._layer)
        with self._sensible():
            index = wire.unpack_index(answer, payload)
            self._check_files(index.files)
            for level in index.levels:
                if level is not None:
                    _media_type(level.media_type)
                    _check_level(level)
            return index

    def stored_index(self) -> StoredIndex:
        """Where tiles lie that only a conversion takes as they are; checked as those of `tile_index`."""
        answer, payload = self._pool.request("stored", self._path, **self._layer)
        with self._sensible():
            index = stored.unpack(answer, payload)
            self._check_files(index.files)
            for level in index.levels:
                if level is not None:
                    _check_level(level)
            return index

    def _check_files(self, names: Sequence[str]) -> None:
        """Raises ValueError for a file that is not the slide's."""
        own = self._path.absolute()
        for name in names:
            # A folder's files lie directly in it; a name that leads out of it is not one of them.
            if Path(name) != own and (Path(name).parent != own or Path(name).name == ".."):
                raise ValueError("a file that is not the slide's")

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
            raise DecoderFailed(file=self._path.name, problem="an answer of the wrong size")
        return image

    def drawn(self, bounds: Box, size: tuple[int, int]) -> EncodedTile:
        """`bounds` (level 0) as a JPEG of `size` (width, height), drawn and encoded in the decoder."""
        box = [bounds.x, bounds.y, bounds.width, bounds.height]
        answer, payload = self._pool.request("drawn", self._path, bounds=box, size=list(size), **self._layer)
        with self._sensible():
            return EncodedTile(_media_type(answer["media_type"]), bytes(payload))

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
            return np.frombuffer(payload, dtype=np.uint8).reshape(answer["height"], answer["width"], 3)

    @contextmanager
    def _sensible(self) -> Iterator[None]:
        try:
            yield
        except (KeyError, TypeError, ValueError, InvalidInput) as error:
            raise DecoderFailed(file=self._path.name, problem=f"an answer that makes no sense: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_isolated(
    path: str | os.PathLike[str], limits: DecoderLimits | None = None, ranges: Ranges | None = None
) -> IsolatedSlide:
    """Open a slide in a decoder process of its own, ended by `close`. Raises `SlideError`."""
    limits = limits or DecoderLimits.of()
    pool = DecoderPool(DecoderLimits(limits.memory_mb, limits.seconds), ranges=ranges)
    try:
        slide = IsolatedSlide(pool, Path(path), owns_pool=True)
        slide.describe()
    except CoverslipError:
        pool.close()
        raise
    return slide


def probe(path: str | os.PathLike[str], limits: DecoderLimits | None = None) -> SlideProperties:
    """What a file says of itself, found out in the sandbox. Raises `SlideError`."""
    with open_isolated(path, limits) as slide:
        return slide.properties


def tile_index(path: str | os.PathLike[str], limits: DecoderLimits | None = None) -> TileIndex:
    """Where the stored tiles of a slide lie, found out in the sandbox. Raises `SlideError`."""
    with open_isolated(path, limits) as slide:
        return slide.tile_index()


def _check_level(level: LevelIndex | StoredLevel) -> None:
    """Raises ValueError for what would take the server's memory."""
    if max(level.lengths, default=0) > LARGEST_TILE_BYTES or max(level.offsets, default=0) > LAST_PLACE:
        raise ValueError("a tile longer than any file")


def _media_type(given: object) -> MediaType:
    """Raises ValueError for anything but a picture: a browser would run what is sent to it as a page."""
    for known in get_args(MediaType):
        if given == known:
            return cast(MediaType, known)
    raise ValueError("a tile that is no picture")


def _is_slide(slide: IsolatedSlide) -> Slide:
    """Checked by mypy: an isolated slide is a slide."""
    return slide
