"""One image of a TIFF file (a level, the label, the macro): its stored blocks read and decoded."""

from __future__ import annotations

import os
from array import array
from typing import cast

import imagecodecs
import numpy as np

from coverslip.slides import jpeg
from coverslip.slides.errors import SlideCorrupt, SlideTruncated
from coverslip.slides.readers.tiff_pages import Page
from coverslip.slides.slide import Compression, RgbImage
from coverslip.slides.tile_index import LevelIndex
from coverslip.slides.tiled import LARGEST_REGION_PX

MINISWHITE, MINISBLACK, RGB, YCBCR = 0, 1, 2, 6
JPEG, WEBP, APERIO_YCC, APERIO_RGB = 7, 50001, 33003, 33005
COMPRESSIONS: dict[int, Compression] = {
    1: "none",
    5: "lzw",
    7: "jpeg",
    8: "deflate",
    32946: "deflate",
    33003: "jpeg2000",
    33005: "jpeg2000",
    34712: "jpeg2000",
    50000: "zstd",
    34926: "zstd",
    50001: "webp",
    34927: "webp",
}
VIRTUAL_TILE = 512
"""Grid over images that are stored in strips, in pixels."""
SAMPLED_TILES = 16
SAMPLE_BYTES = 4096


def undecodable(page: Page) -> str | None:
    """Why a directory's pixels would be shown wrongly or not at all, or None."""
    bits = page.bitspersample
    if bits != 8 or page.sampleformat not in (None, 1):
        return f"{bits} bits a channel"
    if page.samplesperpixel not in (1, 3, 4):
        return f"{page.samplesperpixel} channels"
    if page.imagedepth != 1:
        return "a volume"
    compression, photometric = int(page.compression), int(page.photometric)
    if compression not in COMPRESSIONS:
        return f"compression {compression}"
    if photometric not in (MINISWHITE, MINISBLACK, RGB, YCBCR):
        return f"photometric interpretation {photometric}"
    if photometric == YCBCR and compression not in (JPEG, WEBP, APERIO_YCC, 34712):
        return "YCbCr that is not JPEG"
    if photometric in (RGB, YCBCR) and page.samplesperpixel < 3:
        return f"colour in {page.samplesperpixel} channels"
    if compression == JPEG and page.samplesperpixel == 4:
        return "JPEG with 4 channels"
    return None


class TiffImage:
    """One image; `descriptor` stays the owner's. Blocks are its tiles, or its strips under a virtual grid."""

    def __init__(self, page: Page, descriptor: int, file: str) -> None:
        self._page = page
        self._descriptor = descriptor
        self._file = file
        self.width: int = page.imagewidth
        self.height: int = page.imagelength
        self.tiled: bool = page.is_tiled
        self.block_width: int = page.tilewidth if self.tiled else self.width
        self.block_height: int = page.tilelength if self.tiled else min(page.rowsperstrip, self.height)
        self.tile_width = self.block_width if self.tiled else min(VIRTUAL_TILE, self.width)
        self.tile_height = self.block_height if self.tiled else min(VIRTUAL_TILE, self.height)
        self.compression: Compression = COMPRESSIONS[int(page.compression)]
        self._planes: int = page.samplesperpixel if int(page.planarconfig) == 2 and page.samplesperpixel > 1 else 1
        self._check_blocks()
        self.columns = -(-self.width // self.block_width)
        self.rows = -(-self.height // self.block_height)
        self.passthrough = self._passthrough()

    @property
    def is_jpeg(self) -> bool:
        """Whether blocks are JPEG that libjpeg-turbo decodes, so that DCT scaling works."""
        return self.compression == "jpeg" and self._planes == 1

    def check_storage(self) -> None:
        """Raises `SlideTruncated` where a block lies beyond the end of the file."""
        size = os.fstat(self._descriptor).st_size
        ends = np.asarray(self._page.dataoffsets, dtype=np.uint64) + np.asarray(
            self._page.databytecounts, dtype=np.uint64
        )
        needed = int(ends.max())
        if needed > size:
            raise SlideTruncated(file=self._file, size=size, needed=needed)

    def stored(self, number: int) -> bytes:
        """The bytes of a block as stored; empty where nothing is."""
        length = self._page.databytecounts[number]
        data = os.pread(self._descriptor, length, self._page.dataoffsets[number])
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
            part = jpeg.splice(data, self._page.jpegtables, self._colours)
            if part is not None:
                return self._polarity(jpeg.decode(part.apply(data), reduction))
        return self._coloured(self._samples(data, number))

    def index(self) -> LevelIndex | None:
        """Where the tiles lie, or None where they must be decoded."""
        if self.passthrough is None:
            return None
        return LevelIndex(
            columns=self.columns,
            rows=self.rows,
            offsets=array("Q", self._page.dataoffsets),
            lengths=array("Q", self._page.databytecounts),
            files=None,
            head=self.passthrough.head,
            skip=self.passthrough.skip,
            media_type="image/webp" if self.compression == "webp" else "image/jpeg",
        )

    @property
    def _colours(self) -> jpeg.Colours:
        if self._page.samplesperpixel == 1:
            return "grey"
        return "rgb" if int(self._page.photometric) == RGB else "ycbcr"

    def _check_blocks(self) -> None:
        if self.block_width <= 0 or self.block_height <= 0:
            raise SlideCorrupt(file=self._file, problem="tiles without a size")
        if self.block_width * self.block_height > LARGEST_REGION_PX:
            raise SlideCorrupt(file=self._file, problem=f"one tile of {self.block_width} x {self.block_height} pixels")
        needed = -(-self.width // self.block_width) * -(-self.height // self.block_height) * self._planes
        offsets, counts = len(self._page.dataoffsets), len(self._page.databytecounts)
        if offsets < needed or counts < needed:
            problem = f"{needed} tiles are needed, {min(offsets, counts)} are listed"
            raise SlideCorrupt(file=self._file, problem=problem)

    def _passthrough(self) -> jpeg.Splice | None:
        """What makes every stored tile complete, proven on a sample of them; None where they must be decoded."""
        photometric = int(self._page.photometric)
        if not self.tiled or self._planes > 1 or photometric == MINISWHITE:
            return None
        if self.compression == "webp":
            return jpeg.Splice(b"", 0)
        if self.compression != "jpeg":
            return None
        counts = self._page.databytecounts
        stored = [number for number in range(self.columns * self.rows) if counts[number]]
        found: set[jpeg.Splice | None] = set()
        for number in stored[:: max(1, len(stored) // SAMPLED_TILES)]:
            sample = os.pread(self._descriptor, min(counts[number], SAMPLE_BYTES), self._page.dataoffsets[number])
            try:
                found.add(jpeg.splice(sample, self._page.jpegtables, self._colours))
            except ValueError:
                continue  # one damaged tile: it will say so when it is asked for
        return found.pop() if len(found) == 1 else None

    def _plane_numbers(self, number: int) -> list[int]:
        return [number + plane * self.columns * self.rows for plane in range(self._planes)]

    def _samples(self, data: bytes, number: int) -> RgbImage:
        """(h, w, samples) uint8 as the codec gives them."""
        if int(self._page.compression) in (APERIO_YCC, APERIO_RGB):
            pixels = np.asarray(imagecodecs.jpeg2k_decode(data))
        else:
            decoded = self._page.decode(data, number, jpegtables=self._page.jpegtables)[0]
            if decoded is None:
                raise ValueError("no pixels")
            pixels = np.asarray(decoded)[0]
        if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3):
            raise ValueError(f"pixels of kind {pixels.dtype}")
        return cast(RgbImage, pixels[..., None] if pixels.ndim == 2 else pixels)

    def _coloured(self, pixels: RgbImage) -> RgbImage:
        """Samples as RGB: grey repeated, Aperio's YCbCr converted, an alpha channel laid on white."""
        if int(self._page.compression) == APERIO_YCC:
            pixels = ycbcr_to_rgb(pixels)
        if pixels.shape[2] == 1:
            return self._polarity(np.repeat(pixels, 3, axis=2))
        if pixels.shape[2] == 4:
            alpha = pixels[..., 3:].astype(np.uint16)
            flat = (pixels[..., :3].astype(np.uint16) * alpha + 255 * (255 - alpha) + 127) // 255
            return flat.astype(np.uint8)
        return pixels

    def _polarity(self, pixels: RgbImage) -> RgbImage:
        return 255 - pixels if int(self._page.photometric) == MINISWHITE else pixels


def ycbcr_to_rgb(pixels: RgbImage) -> RgbImage:
    """Full-range YCbCr of ITU-R BT.601 (as in JFIF) to RGB; both (h, w, 3) uint8."""
    y, cb, cr = (pixels[..., channel].astype(np.float32) for channel in range(3))
    cb, cr = cb - 128, cr - 128
    rgb = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], axis=2)
    return np.asarray(np.clip(np.rint(rgb), 0, 255), dtype=np.uint8)
