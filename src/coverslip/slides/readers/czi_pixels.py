"""The picture of one CZI sub-block decoded: uncompressed, JPEG, JPEG XR, zstd with and without packed bytes."""

from __future__ import annotations

from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from coverslip.errors import Problem
from coverslip.slides import jpeg
from coverslip.slides.readers.czi_file import SubBlock
from coverslip.slides.slide import Compression
from coverslip.slides.tiled import LARGEST_REGION_PX

GREY8, GREY16, BGR24, BGR48, BGRA32 = 0, 1, 3, 4, 9
KINDS: dict[int, tuple[Any, int]] = {
    GREY8: (np.dtype(np.uint8), 1),
    GREY16: (np.dtype("<u2"), 1),
    BGR24: (np.dtype(np.uint8), 3),
    BGR48: (np.dtype("<u2"), 3),
    BGRA32: (np.dtype(np.uint8), 4),
}
"""Pixel type -> kind of a sample, samples a pixel."""
COLOUR_KINDS = (BGR24, BGR48, BGRA32)
NONE, JPEG, JPEG_XR, ZSTD, ZSTD_PACKED = 0, 1, 4, 5, 6
COMPRESSIONS: dict[int, Compression] = {0: "none", 1: "jpeg", 4: "other", 5: "zstd", 6: "zstd"}
PACKED_LONG, PACKED_CHUNK, HIGH_AND_LOW = 3, 1, 1

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


def undecodable(block: SubBlock) -> Problem | None:
    """Why a sub-block would be shown wrongly or not at all, or None."""
    if block.pixel_type not in KINDS:
        return Problem("pixel_kind", value=block.pixel_type)
    if block.compression not in COMPRESSIONS:
        return Problem("compression_unread", value=block.compression)
    if block.stored[0] * block.stored[1] > LARGEST_REGION_PX:
        return Problem("tile_size", width=block.stored[0], height=block.stored[1])
    return None


def decoded(data: bytes, block: SubBlock) -> Pixels:
    """(h, w, 3) uint8 in colour, (h, w) uint8 or uint16 of brightness. Raises any of `PARSER_ERRORS`."""
    width, height = block.stored
    kind, samples = KINDS[block.pixel_type]
    if block.compression == JPEG and block.pixel_type == BGR24:
        return jpeg.decode(data)[:height, :width]
    if block.compression in (JPEG, JPEG_XR):
        decode = imagecodecs.jpeg8_decode if block.compression == JPEG else imagecodecs.jpegxr_decode
        pixels = np.asarray(decode(data))
        colours_first_red = True
    else:
        raw = _raw(data, block.compression, width * height * samples * kind.itemsize)
        pixels = np.frombuffer(raw, kind, width * height * samples)
        pixels = pixels.reshape((height, width, samples) if samples > 1 else (height, width))
        colours_first_red = False
    if pixels.shape[:2] != (height, width) or pixels.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"pixels of shape {pixels.shape} and kind {pixels.dtype}")
    if samples == 1:
        return pixels if pixels.ndim == 2 else pixels[..., 0]
    if pixels.ndim != 3 or pixels.shape[2] < 3:
        raise ValueError(f"pixels of shape {pixels.shape}")
    colour = pixels[..., :3] if colours_first_red else pixels[..., 2::-1]
    return np.ascontiguousarray(colour if colour.dtype == np.uint8 else colour >> 8).astype(np.uint8)


def _raw(data: bytes, compression: int, size: int) -> bytes:
    if compression == NONE:
        return data
    if compression == ZSTD:
        return bytes(imagecodecs.zstd_decode(data, out=size))
    start, packed = _packed_head(data)
    raw = bytes(imagecodecs.zstd_decode(data[start:], out=size))
    if not packed:
        return raw
    octets = np.frombuffer(raw, np.uint8)
    half = len(octets) // 2
    return np.stack([octets[:half], octets[half:]], axis=1).tobytes()


def _packed_head(data: bytes) -> tuple[int, bool]:
    """Length of the head of `zstd1`, and whether low and high bytes were stored apart."""
    if len(data) >= PACKED_LONG and data[0] == PACKED_LONG and data[1] == PACKED_CHUNK:
        return PACKED_LONG, bool(data[2] & HIGH_AND_LOW)
    if data[:1] == b"\x01":
        return 1, False
    raise ValueError("a zstd head that is not known")
