"""One image of a TIFF file (a level, the label, the macro): its stored blocks read and decoded."""

from __future__ import annotations

from array import array
from typing import Protocol, cast

import imagecodecs
import numpy as np

from coverslip.slides import jpeg
from coverslip.slides.errors import SlideCorrupt, SlideTruncated
from coverslip.slides.layers import Stored
from coverslip.slides.readers.tiff_decodable import (
    APERIO_RGB,
    APERIO_YCC,
    COMPRESSIONS,
    JPEG2000,
    MINISWHITE,
    RGB,
    YCBCR,
    Fourth,
    fourth_sample,
)
from coverslip.slides.readers.tiff_file import Page
from coverslip.slides.rgb import ycbcr_to_rgb
from coverslip.slides.slide import Compression, RgbImage
from coverslip.slides.source import Source
from coverslip.slides.stored import Components, StoredLevel
from coverslip.slides.tile_index import LevelIndex
from coverslip.slides.tiled import LARGEST_REGION_PX, check_region_size, white_image
from coverslip.vocabulary.geometry import Box

VIRTUAL_TILE = 512
"""Grid over images that are stored in strips, in pixels."""
SAMPLED_TILES = 16
SAMPLE_BYTES = 4096


class LevelImage(Protocol):
    """What a `TiffSlide` needs of a level, however its pixels are put together."""

    width: int
    height: int
    tile_width: int
    tile_height: int
    compression: Compression

    @property
    def passes_through(self) -> bool:
        """Whether stored tiles are what a browser can show."""
        ...

    @property
    def reducible(self) -> bool:
        """Whether tiles decode at 1/2, 1/4, 1/8 faster than whole (DCT scaling)."""
        ...

    def index(self) -> LevelIndex | None:
        """Where the tiles lie, or None where they must be decoded."""
        ...

    def tile(self, column: int, row: int, reduction: int) -> RgbImage | None:
        """Decoded pixels of a tile, at least as large as its part of the level; None where nothing is stored.

        Raises any of `PARSER_ERRORS` where its bytes are damaged.
        """
        ...


class TiffImage:
    """One image. Blocks are its tiles, or its strips under a virtual grid; `source` stays the owner's."""

    def __init__(
        self, page: Page, source: Source, size: tuple[int, int] | None = None, *, plane: int = 0, depth: int = 1
    ) -> None:
        """`size`: width and height of what is shown, where the stored image is padded beyond it.

        `plane` of `depth`: which of the focal planes stored behind each other. Raises `SlideCorrupt`.
        """
        self._page = page
        self._source = source
        self.width: int = size[0] if size else page.imagewidth
        self.height: int = size[1] if size else page.imagelength
        self.tiled: bool = page.is_tiled
        self.block_width: int = page.tilewidth if self.tiled else page.imagewidth
        self.block_height: int = page.tilelength if self.tiled else min(page.rowsperstrip, page.imagelength)
        self.tile_width: int = self.block_width if self.tiled else min(VIRTUAL_TILE, self.width)
        self.tile_height = self.block_height if self.tiled else min(VIRTUAL_TILE, self.height)
        self.compression: Compression = COMPRESSIONS[int(page.compression)]
        self._planes: int = page.samplesperpixel if int(page.planarconfig) == 2 and page.samplesperpixel > 1 else 1
        self._strip: tuple[int, RgbImage | None] | None = None
        self._check_blocks(depth)
        self.stored_columns: int = -(-page.imagewidth // self.block_width)
        self._stored_rows: int = -(-page.imagelength // self.block_height)
        self._first: int = plane * self.stored_columns * self._stored_rows
        self.columns: int = min(self.stored_columns, -(-self.width // self.block_width))
        self.rows = min(self._stored_rows, -(-self.height // self.block_height))
        self.splice = self._spliced()

    @property
    def passes_through(self) -> bool:
        """Whether every stored tile becomes complete in the same way."""
        return self.splice is not None

    @property
    def is_jpeg(self) -> bool:
        """Whether blocks are JPEG that libjpeg-turbo decodes, so that DCT scaling works."""
        return self.compression == "jpeg" and self._planes == 1

    @property
    def reducible(self) -> bool:
        """Whether tiles decode small."""
        return self.is_jpeg and self.tiled

    def check_storage(self) -> None:
        """Raises `SlideTruncated` where a block lies beyond the end of the file."""
        ends = np.asarray(self._page.dataoffsets, dtype=np.uint64) + np.asarray(
            self._page.databytecounts, dtype=np.uint64
        )
        needed, size = int(ends.max()), self._source.size
        if needed > size:
            raise SlideTruncated(file=self._source.name, size=size, needed=needed)

    def number(self, column: int, row: int) -> int:
        """Position of a block in the file's list."""
        return self._first + row * self.stored_columns + column

    def stored(self, number: int) -> bytes:
        """The bytes of a block as stored; empty where nothing is."""
        length = self._page.databytecounts[number]
        data = self._source.read_at(self._page.dataoffsets[number], length)
        if len(data) != length:
            raise EOFError("the file ends inside the block")
        return data

    def block(self, number: int, reduction: int = 1) -> RgbImage | None:
        """Decoded pixels of a block, (h, w, 3) uint8; None where nothing is stored.

        Raises any of `PARSER_ERRORS` where its bytes are damaged.
        """
        if self._planes > 1:
            parts = [self._samples(self.stored(n), n) for n in self._plane_numbers(number)]
            return self._coloured(np.concatenate(parts, axis=2))
        data = self.stored(number)
        if not data:
            return None
        if self.is_jpeg:
            if self.splice is not None and self.splice.fits(data):
                whole: bytes | None = self.splice.apply(data)
            else:
                whole = jpeg.complete(data, self._page.jpegtables, self._colours)
            if whole is not None:
                return self._polarity(jpeg.decode(whole, reduction))
        return self._coloured(self._samples(data, number))

    def tile(self, column: int, row: int, reduction: int) -> RgbImage | None:
        """As `LevelImage.tile`."""
        if not self.tiled:
            return self._from_strips(column, row)
        if column >= self.stored_columns or row >= self._stored_rows:
            return None  # the slide is larger than what was stored of it
        pixels = self.block(self.number(column, row), reduction)
        if pixels is not None:
            check_shape(pixels, -(-self.block_width // reduction), -(-self.block_height // reduction))
        return pixels

    def brightness(self, column: int, row: int) -> Stored | None:
        """Stored values of a tile of one channel, (h, w), any number of bits; None where nothing is stored."""
        if column >= self.stored_columns or row >= self._stored_rows:
            return None
        number = self.number(column, row)
        data = self.stored(number)
        return self._values(data, number)[..., 0] if data else None

    def whole(self) -> RgbImage:
        """All of a small image, (h, w, 3) uint8."""
        check_region_size(Box(0, 0, self.width, self.height))
        image = white_image(self.width, self.height)
        for row in range(self.rows):
            for column in range(self.columns):
                block = self.block(self.number(column, row))
                if block is not None:
                    x, y = column * self.block_width, row * self.block_height
                    part = image[y : y + self.block_height, x : x + self.block_width]
                    part[:] = block[: part.shape[0], : part.shape[1]]
        return image

    def index(self) -> LevelIndex | None:
        """Where the tiles lie, or None where they must be decoded."""
        if self.splice is None:
            return None
        across, down, offsets, lengths = self._places()
        return LevelIndex(
            columns=across,
            rows=down,
            offsets=offsets,
            lengths=lengths,
            files=None,
            size=(self.tile_width, self.tile_height),
            head=self.splice.head,
            skip=self.splice.skip,
            media_type="image/webp" if self.compression == "webp" else "image/jpeg",
        )

    def codestreams(self) -> StoredLevel | None:
        """Where the tiles lie if each is a JPEG 2000 codestream of its own, else None."""
        if self.compression != "jpeg2000" or not self.tiled or self._planes > 1:
            return None
        across, down, offsets, lengths = self._places()
        is_grey = self._page.samplesperpixel == 1
        components: Components = "grey" if is_grey else "ycbcr" if self._is_ycbcr_jpeg2000 else "rgb"
        return StoredLevel(across, down, offsets, lengths, None, "jpeg2000", components, None)

    def _places(self) -> tuple[int, int, array[int], array[int]]:
        """Columns, rows, offsets and lengths of the tiles of the level's grid."""
        offsets, lengths = array("Q"), array("Q")
        across, down = -(-self.width // self.tile_width), -(-self.height // self.tile_height)
        for row in range(down):
            start = self.number(0, row)
            kept = self.columns if row < self.rows else 0
            missing = [0] * (across - kept)
            offsets.extend([*self._page.dataoffsets[start : start + kept], *missing])
            lengths.extend([*self._page.databytecounts[start : start + kept], *missing])
        return across, down, offsets, lengths

    @property
    def _colours(self) -> jpeg.Colours:
        if self._page.samplesperpixel == 1:
            return "grey"
        return "rgb" if int(self._page.photometric) == RGB else "ycbcr"

    def _check_blocks(self, depth: int) -> None:
        file = self._source.name
        if self.block_width <= 0 or self.block_height <= 0:
            raise SlideCorrupt(file=file, problem="tiles_without_size")
        if self.block_width * self.block_height > LARGEST_REGION_PX:
            raise SlideCorrupt(file=file, problem="tile_size", width=self.block_width, height=self.block_height)
        across, down = -(-self._page.imagewidth // self.block_width), -(-self._page.imagelength // self.block_height)
        needed = across * down * self._planes * depth
        offsets, counts = len(self._page.dataoffsets), len(self._page.databytecounts)
        if offsets < needed or counts < needed:
            raise SlideCorrupt(file=file, problem="tiles_missing", needed=needed, listed=min(offsets, counts))

    def _spliced(self) -> jpeg.Splice | None:
        """What makes every stored tile complete, proven on a sample of them; None where they must be decoded."""
        photometric = int(self._page.photometric)
        if not self.tiled or self._planes > 1 or photometric == MINISWHITE:
            return None
        if self.compression == "webp":
            return jpeg.Splice(b"", 0)
        if self.compression != "jpeg":
            return None
        counts, count = self._page.databytecounts, self.stored_columns * self._stored_rows
        stored = [number for number in range(self._first, self._first + count) if counts[number]]
        found: set[jpeg.Splice | None] = set()
        for number in stored[:: max(1, len(stored) // SAMPLED_TILES)]:
            sample = self._source.read_at(self._page.dataoffsets[number], min(counts[number], SAMPLE_BYTES))
            try:
                found.add(jpeg.splice(sample, self._page.jpegtables, self._colours))
            except ValueError:
                continue  # one damaged tile: it will say so when it is asked for
        return found.pop() if len(found) == 1 else None

    def _plane_numbers(self, number: int) -> list[int]:
        return [number + plane * self.stored_columns * self._stored_rows for plane in range(self._planes)]

    def _samples(self, data: bytes, number: int) -> RgbImage:
        """(h, w, samples) uint8 as the codec gives them."""
        pixels = self._values(data, number)
        if pixels.dtype != np.uint8:
            raise ValueError(f"pixels of kind {pixels.dtype}")
        return cast(RgbImage, pixels)

    def _values(self, data: bytes, number: int) -> Stored:
        """(h, w, samples) as the codec gives them."""
        if int(self._page.compression) in (APERIO_YCC, APERIO_RGB):
            pixels = np.asarray(imagecodecs.jpeg2k_decode(data))
        else:
            decoded = self._page.decode(data, number, jpegtables=self._page.jpegtables)[0]
            if decoded is None:
                raise ValueError("no pixels")
            pixels = np.asarray(decoded)[0]
        if pixels.ndim not in (2, 3):
            raise ValueError(f"pixels in {pixels.ndim} dimensions")
        return cast(Stored, pixels[..., None] if pixels.ndim == 2 else pixels)

    @property
    def _is_ycbcr_jpeg2000(self) -> bool:
        """Whether the codec gives YCbCr: Aperio's compression says it, or the tag of standard JPEG 2000."""
        compression = int(self._page.compression)
        return compression == APERIO_YCC or (compression == JPEG2000 and int(self._page.photometric) == YCBCR)

    def _coloured(self, pixels: RgbImage) -> RgbImage:
        """Samples as RGB: grey repeated, YCbCr of JPEG 2000 converted, opacity laid on white as TIFF 6.0 says."""
        if self._is_ycbcr_jpeg2000:
            pixels = ycbcr_to_rgb(pixels)
        if pixels.shape[2] == 1:
            return self._polarity(np.repeat(pixels, 3, axis=2))
        if pixels.shape[2] == 4:
            return _on_white(pixels, fourth_sample(self._page))
        return pixels

    def _polarity(self, pixels: RgbImage) -> RgbImage:
        return 255 - pixels if int(self._page.photometric) == MINISWHITE else pixels

    def _from_strips(self, column: int, row: int) -> RgbImage:
        """A tile of the virtual grid over an image stored in strips; one decoded strip is kept."""
        x, y = column * self.tile_width, row * self.tile_height
        width, height = min(self.tile_width, self.width - x), min(self.tile_height, self.height - y)
        tile = white_image(self.tile_width, self.tile_height)
        for number in range(y // self.block_height, -(-(y + height) // self.block_height)):
            if self._strip is None or self._strip[0] != number:
                self._strip = (number, self.block(number))
            strip = self._strip[1]
            top = max(y, number * self.block_height)
            bottom = min(y + height, (number + 1) * self.block_height)
            if strip is not None:
                from_row = top - number * self.block_height
                tile[top - y : bottom - y, :width] = strip[from_row : from_row + bottom - top, x : x + width]
        return tile


def check_shape(pixels: RgbImage, width: int, height: int) -> None:
    """Raises ValueError where a decoded block is smaller than its place."""
    if pixels.shape[0] < height or pixels.shape[1] < width:
        raise ValueError(f"{pixels.shape[1]} x {pixels.shape[0]} pixels instead of {width} x {height}")


def _on_white(pixels: RgbImage, fourth: Fourth | None) -> RgbImage:
    """Four samples as RGB; colours of associated opacity are multiplied with it already (TIFF 6.0, section 18)."""
    colours = pixels[..., :3]
    if fourth not in ("associated", "unassociated"):
        return np.ascontiguousarray(colours)
    alpha = pixels[..., 3:].astype(np.uint32)
    stored = colours.astype(np.uint32)
    own = 255 * stored if fourth == "associated" else stored * alpha
    return cast(RgbImage, np.minimum((own + 255 * (255 - alpha) + 127) // 255, 255).astype(np.uint8))
