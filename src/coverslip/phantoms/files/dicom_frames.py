"""Frames of a DICOM instance: pixels encoded by each transfer syntax, laid in items with each kind of offset table."""

from __future__ import annotations

import struct
from typing import Any, Literal

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset

from coverslip.phantoms.files.jpeg_tiles import QUALITY

Encoding = Literal[
    "jpeg",
    "jpeg-rgb",
    "jpeg-lossless",
    "jpegls",
    "jpeg2000",
    "jpeg2000-plain",
    "htj2k",
    "rle",
    "none",
    "implicit",
]
Offsets = Literal["basic", "extended", "none"]
Samples = NDArray[np.uint8] | NDArray[np.uint16]

SYNTAXES: dict[Encoding, str] = {
    "jpeg": "1.2.840.10008.1.2.4.50",
    "jpeg-rgb": "1.2.840.10008.1.2.4.50",
    "jpeg-lossless": "1.2.840.10008.1.2.4.70",
    "jpegls": "1.2.840.10008.1.2.4.80",
    "jpeg2000": "1.2.840.10008.1.2.4.90",
    "jpeg2000-plain": "1.2.840.10008.1.2.4.90",
    "htj2k": "1.2.840.10008.1.2.4.201",
    "rle": "1.2.840.10008.1.2.5",
    "none": "1.2.840.10008.1.2.1",
    "implicit": "1.2.840.10008.1.2",
}
"""PS3.6 table A-1."""
PHOTOMETRIC: dict[Encoding, str] = {
    "jpeg": "YBR_FULL_422",
    "jpeg-rgb": "RGB",
    "jpeg-lossless": "RGB",
    "jpegls": "RGB",
    "jpeg2000": "YBR_RCT",
    "jpeg2000-plain": "RGB",
    "htj2k": "YBR_RCT",
    "rle": "RGB",
    "none": "RGB",
    "implicit": "RGB",
}
"""Of colour (PS3.5 8.2): what the stored samples are."""
ITEM = b"\xfe\xff\x00\xe0"


def encoded(pixels: Samples, encoding: Encoding, planar: bool = False) -> bytes:
    """One frame; (h, w, 3) uint8 in colour or (h, w) uint8 or uint16 of brightness (lossless JPEG: only that)."""
    colour = pixels.ndim == 3
    if encoding in ("none", "implicit"):
        ordered = pixels.transpose(2, 0, 1) if planar and colour else pixels
        return np.ascontiguousarray(ordered).tobytes()
    if encoding == "jpeg" and colour:
        return bytes(
            imagecodecs.jpeg8_encode(pixels, level=QUALITY, colorspace="rgb", outcolorspace="ycbcr", subsampling="422")
        )
    if encoding == "jpeg-rgb" and colour:
        return bytes(imagecodecs.jpeg8_encode(pixels, level=QUALITY, colorspace="rgb", outcolorspace="rgb"))
    if encoding in ("jpeg", "jpeg-rgb"):
        return bytes(imagecodecs.jpeg8_encode(pixels, level=QUALITY))
    if encoding == "rle":
        return _run_length(pixels)
    return bytes(_lossless(pixels, encoding))


def _lossless(pixels: Samples, encoding: Encoding) -> Any:
    if encoding == "jpeg-lossless":
        return imagecodecs.ljpeg_encode(pixels)
    if encoding == "jpegls":
        return imagecodecs.jpegls_encode(pixels)
    if encoding == "htj2k":
        return imagecodecs.htj2k_encode(pixels)
    transformed = encoding == "jpeg2000" and pixels.ndim == 3
    return imagecodecs.jpeg2k_encode(pixels, level=0, reversible=True, codecformat="j2k", mct=transformed)


def _run_length(pixels: Samples) -> bytes:
    """PS3.5 annex G: a header of 16 numbers, then one segment a byte of each sample, most significant first."""
    planes = pixels.transpose(2, 0, 1) if pixels.ndim == 3 else pixels[None]
    parts = []
    for plane in planes:
        octets = np.ascontiguousarray(plane).astype(plane.dtype.newbyteorder(">")).view(np.uint8)
        octets = octets.reshape(*plane.shape, plane.dtype.itemsize)
        parts += [_packed(octets[..., place]) for place in range(plane.dtype.itemsize)]
    starts, at = [], 64
    for part in parts:
        starts.append(at)
        at += len(part)
    return struct.pack("<16I", len(parts), *starts, *([0] * (15 - len(parts)))) + b"".join(parts)


def _packed(plane: NDArray[np.uint8]) -> bytes:
    """Literal runs only, row by row: valid, if not small."""
    packed = bytearray()
    for row in plane:
        data = row.tobytes()
        for start in range(0, len(data), 128):
            run = data[start : start + 128]
            packed += bytes([len(run) - 1]) + run
    return bytes(packed) + b"\0" * (len(packed) % 2)


def store_frames(made: FileDataset, frames: list[bytes], offsets: Offsets, fragments: int, encoding: Encoding) -> None:
    """Lays the frames in the data set's pixel data."""
    if encoding in ("none", "implicit"):
        whole = b"".join(frames)
        made.add_new(0x7FE00010, "OW" if made.BitsAllocated == 16 or encoding == "implicit" else "OB", _even(whole))
        return
    pieces = [_pieces(frame, fragments) for frame in frames]
    starts, at = [], 0
    for parts in pieces:
        starts.append(at)
        at += sum(8 + len(part) for part in parts)
    table = struct.pack(f"<{len(starts)}I", *starts) if offsets == "basic" else b""
    if offsets == "extended":
        made.ExtendedOffsetTable = struct.pack(f"<{len(starts)}Q", *starts)
        made.ExtendedOffsetTableLengths = struct.pack(f"<{len(starts)}Q", *(sum(map(len, parts)) for parts in pieces))
    body = b"".join(_item(part) for parts in pieces for part in parts)
    made.PixelData = _item(table) + body  # pydicom writes the end of the sequence itself
    made["PixelData"].VR = "OB"
    made["PixelData"].is_undefined_length = True


def _pieces(frame: bytes, count: int) -> list[bytes]:
    size = -(-len(frame) // count)
    size += size % 2
    return [_even(frame[start : start + size]) for start in range(0, len(frame), size)]


def _item(value: bytes) -> bytes:
    return ITEM + struct.pack("<I", len(value)) + value


def _even(value: bytes) -> bytes:
    return value + b"\0" * (len(value) % 2)
