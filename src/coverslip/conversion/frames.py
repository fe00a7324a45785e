"""The tiles of one level, in order, as they go into the result: stored ones as they are, others decoded and encoded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import imagecodecs
import numpy as np

from coverslip.conversion.cuts import CutFrames, Cuts
from coverslip.conversion.errors import SourceChanged, TilesDiffer
from coverslip.conversion.plan import Choice, Codec, Header, LevelPlan, Places, Plan
from coverslip.conversion.streams import NEAREST_SOF, JpegHeader, jpeg2000_header, jpeg_header
from coverslip.slides.errors import TileUnreadable
from coverslip.slides.isolation import IsolatedSlide
from coverslip.slides.jpeg import encode
from coverslip.slides.slide import RgbImage
from coverslip.slides.source import Source, open_source
from coverslip.slides.tiled import white_image
from coverslip.vocabulary.geometry import Box

Frame = tuple[bytes, memoryview | bytes]
"""A complete tile in two parts: what is put before its stored bytes, and those."""

READ_AT_ONCE = 1024 * 1024
LARGEST_GAP = 64 * 1024
"""Bytes between two tiles that are read along rather than skipped."""
NO_LOSS = 100
SUBSAMPLING = {(1, 1): "444", (2, 1): "422", (2, 2): "420", (1, 2): "440", (4, 1): "411"}


def passing_frames(plan: Plan, level: LevelPlan) -> StoredFrames | CutFrames:
    """The tiles of a level that passes through."""
    if isinstance(level.places, Cuts):
        return CutFrames(level.places, level.level)
    return StoredFrames(plan, level)


class StoredFrames:
    """The stored tiles of a level, each made complete; a tile that is not stored is a white one, made like the others.

    Bytes are read in large pieces wherever tiles lie one behind the other. Raises `TileUnreadable` for a tile that is
    no JPEG, `TilesDiffer` for one that is built unlike the others, `SourceChanged` where the file has become shorter.
    """

    def __init__(self, plan: Plan, level: LevelPlan) -> None:
        assert isinstance(level.places, Places)
        self._file = plan.source.name
        self._level = level
        self._places: Places = level.places
        has_gaps = not all(self._places.length(tile) for tile in range(level.count))
        self._blank = blank_tile(level) if has_gaps else b""

    @property
    def about_bytes(self) -> int:
        """Of all tiles together, exactly."""
        return sum(self._places.length(tile) or len(self._blank) for tile in range(self._level.count))

    def __iter__(self) -> Iterator[Frame]:
        places, count, skip = self._places, self._level.count, self._places.skip
        check = _Likeness(self._file, self._level)
        with ExitStack() as stack:
            sources = self._sources(stack)
            first = 0
            while first < count:
                if not places.length(first):
                    yield b"", self._blank
                    first += 1
                    continue
                end = self._run(first)
                start = places.offsets[first]
                length = places.offsets[end - 1] + places.lengths[end - 1] - start
                data = memoryview(sources[places.file(first)].read_at(start, length))
                if len(data) != length:
                    raise SourceChanged(file=self._file)
                for tile in range(first, end):
                    at = places.offsets[tile] - start
                    stored = data[at + skip : at + places.lengths[tile]]
                    check(tile, stored)
                    yield places.head, stored
                first = end

    def _run(self, first: int) -> int:
        """The first tile after those that are read in one piece with `first`."""
        places, count = self._places, self._level.count
        start, tile = places.offsets[first], first
        end = start + places.lengths[first]
        while tile + 1 < count:
            offset, length = places.offsets[tile + 1], places.lengths[tile + 1]
            same_file = places.file(tile + 1) == places.file(first)
            if length <= places.skip or not same_file or not end <= offset <= end + LARGEST_GAP:
                break
            if offset + length - start > READ_AT_ONCE:
                break
            tile, end = tile + 1, offset + length
        return tile + 1

    def _sources(self, stack: ExitStack) -> list[Source]:
        opened = []
        for name in self._places.files:
            source = open_source(Path(name))
            stack.callback(source.close)
            opened.append(source)
        return opened


class _Likeness:
    """Whether a tile is built as the level's plan says; one comparison of bytes for each JPEG tile that is."""

    def __init__(self, file: str, level: LevelPlan) -> None:
        assert isinstance(level.places, Places)
        self._file = file
        self._level = level
        self._head = level.places.head
        self._at: slice | None = None

    def __call__(self, tile: int, stored: memoryview) -> None:
        expected = self._level.header
        if expected is None:
            return
        if isinstance(expected, JpegHeader) and self._at is not None and stored[self._at] == expected.frame:
            return
        column, row = tile % self._level.columns, tile // self._level.columns
        start = bytes(stored[:NEAREST_SOF])
        try:
            found = _header_like(expected, self._head + start)
        except ValueError as error:
            raise TileUnreadable(
                level=self._level.level, column=column, row=row, problem="codec_refused", technical=str(error)
            ) from error
        if found.kind != expected.kind or (found.width, found.height) != (expected.width, expected.height):
            raise TilesDiffer(file=self._file, level=self._level.level, column=column, row=row)
        if isinstance(expected, JpegHeader):
            at = start.find(expected.frame)
            self._at = slice(at, at + len(expected.frame)) if at >= 0 else None


def _header_like(expected: Header, start: bytes) -> Header:
    return jpeg_header(start) if isinstance(expected, JpegHeader) else jpeg2000_header(start)


def blank_tile(level: LevelPlan) -> bytes:
    """A white tile built like the others of the level: what readers show where nothing is stored."""
    header = level.header
    image = white_image(level.tile_width, level.tile_height)
    if not isinstance(header, JpegHeader):
        return bytes(imagecodecs.webp_encode(image, lossless=True))
    if header.colours == "grey":
        return bytes(imagecodecs.jpeg8_encode(image[..., 0], level=NO_LOSS, colorspace="gray"))
    return bytes(
        imagecodecs.jpeg8_encode(
            image,
            level=NO_LOSS,
            colorspace="rgb",
            outcolorspace="rgb" if header.colours == "rgb" else "ycbcr",
            subsampling=SUBSAMPLING.get(header.subsampling, "444"),
        )
    )


class DecodedFrames:
    """The tiles of a level decoded in the sandbox and encoded here, a few at a time, in order."""

    def __init__(self, slide: IsolatedSlide, level: LevelPlan, choice: Choice, workers: int) -> None:
        self._slide = slide
        self._level = level
        self._encode = encoder(level.codec, choice)
        self._workers = workers

    def __iter__(self) -> Iterator[Frame]:
        with ThreadPoolExecutor(self._workers, thread_name_prefix="convert") as threads:
            waiting: deque[Future[bytes]] = deque()
            try:
                for number in range(self._level.count):
                    waiting.append(threads.submit(self._frame, number))
                    if len(waiting) > 2 * self._workers:
                        yield b"", waiting.popleft().result()
                while waiting:
                    yield b"", waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def pixels(self) -> Iterator[RgbImage]:
        """The tiles' pixels, in order, each of the full size of a tile."""
        for number in range(self._level.count):
            yield self._pixels(number)

    def _frame(self, number: int) -> bytes:
        return self._encode(self._pixels(number))

    def _pixels(self, number: int) -> RgbImage:
        level = self._level
        column, row = number % level.columns, number // level.columns
        x, y = column * level.tile_width, row * level.tile_height
        return self._slide.region(level.level, Box(x, y, level.tile_width, level.tile_height))


def encoder(codec: Codec, choice: Choice) -> Callable[[RgbImage], bytes]:
    """(h, w, 3) uint8 to bytes, as the plan says."""
    if codec == "jpeg":
        return lambda image: encode(image, choice.quality)
    if codec == "htj2k":
        return htj2k
    return jpeg2000


def jpeg2000(image: RgbImage) -> bytes:
    """A JPEG 2000 codestream without loss: reversible wavelet and colour transform."""
    pixels = np.ascontiguousarray(image)
    return bytes(imagecodecs.jpeg2k_encode(pixels, level=0, codecformat="j2k", reversible=True, mct=True))


def htj2k(image: RgbImage) -> bytes:
    """A high-throughput JPEG 2000 codestream (ISO/IEC 15444-15) without loss."""
    return bytes(imagecodecs.htj2k_encode(np.ascontiguousarray(image), reversible=True, rgb=True))
