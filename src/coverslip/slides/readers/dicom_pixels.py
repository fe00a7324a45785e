"""One stored frame of a DICOM slide as pixels: every encoding that PS3.5 section 8 and annex A allow a slide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from coverslip.errors import Problem
from coverslip.slides import jpeg
from coverslip.slides.errors import FormatDeclined
from coverslip.slides.readers.dicom_instance import Instance
from coverslip.slides.rgb import ycbcr_to_rgb
from coverslip.slides.slide import Compression

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
COMPRESSIONS: dict[str, Compression] = {
    "1.2.840.10008.1.2": "none",
    "1.2.840.10008.1.2.1": "none",
    "1.2.840.10008.1.2.4.50": "jpeg",
    "1.2.840.10008.1.2.4.51": "jpeg",
    "1.2.840.10008.1.2.4.57": "other",
    "1.2.840.10008.1.2.4.70": "other",
    "1.2.840.10008.1.2.4.80": "jpegls",
    "1.2.840.10008.1.2.4.81": "jpegls",
    "1.2.840.10008.1.2.4.90": "jpeg2000",
    "1.2.840.10008.1.2.4.91": "jpeg2000",
    "1.2.840.10008.1.2.4.201": "htj2k",
    "1.2.840.10008.1.2.4.202": "htj2k",
    "1.2.840.10008.1.2.4.203": "htj2k",
    "1.2.840.10008.1.2.5": "other",
}
"""PS3.6 table A-1: the transfer syntaxes that are read."""
LOSSLESS_JPEG = ("1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70")
RUN_LENGTH = "1.2.840.10008.1.2.5"

Photometric = Literal["RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "MONOCHROME1", "MONOCHROME2"]
COLOURED = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
GREY = ("MONOCHROME1", "MONOCHROME2")
IN_JPEG: dict[str, jpeg.Colours] = {
    "RGB": "rgb",
    "YBR_FULL": "ycbcr",
    "YBR_FULL_422": "ycbcr",
    "MONOCHROME2": "grey",
}
"""What the components of a baseline JPEG frame are; MONOCHROME1 must be inverted and so is decoded."""
SIZ, COD = b"\xff\x51", b"\xff\x52"

Samples = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the frames of one level are stored; the same for all its instances."""

    syntax: str
    photometric: str
    width: int
    height: int
    samples: int
    bits_allocated: int
    bits_stored: int
    planar: bool

    @property
    def compression(self) -> Compression:
        """The word for it."""
        return COMPRESSIONS[self.syntax]

    @property
    def grey(self) -> bool:
        """Whether a pixel is one brightness, not a colour."""
        return self.photometric in GREY

    @property
    def whitest(self) -> int:
        """The greatest value a sample can have."""
        return (1 << self.bits_stored) - 1

    @property
    def jpeg_colours(self) -> jpeg.Colours | None:
        """What a browser must be told of a frame's components; None where it could not show them rightly."""
        return IN_JPEG.get(self.photometric) if self.compression == "jpeg" and self.bits_stored == 8 else None


def encoding_of(instance: Instance) -> Encoding:
    """Raises `FormatDeclined` for what would be shown wrongly, `SlideCorrupt` where the header does not say."""
    header = instance.header
    found = Encoding(
        syntax=instance.syntax,
        photometric=instance.text("PhotometricInterpretation") or "",
        width=instance.number("Columns"),
        height=instance.number("Rows"),
        samples=instance.number("SamplesPerPixel", 1),
        bits_allocated=instance.number("BitsAllocated"),
        bits_stored=instance.number("BitsStored", instance.number("BitsAllocated")),
        planar=bool(header.get("PlanarConfiguration", 0)),
    )
    problem = _unreadable(found, instance.number("PixelRepresentation", 0))
    if problem is not None:
        raise FormatDeclined(file=instance.name, problem=problem)
    return found


def _unreadable(encoding: Encoding, signed: int) -> Problem | None:
    if encoding.syntax not in COMPRESSIONS:
        return Problem("dicom_syntax_unread", value=encoding.syntax)
    if encoding.photometric not in (*COLOURED, *GREY):
        return Problem("photometric_unread", value=encoding.photometric or "–")
    if encoding.samples != (1 if encoding.grey else 3):
        return Problem("samples_of", samples=encoding.samples, value=encoding.photometric)
    if encoding.syntax in LOSSLESS_JPEG and not encoding.grey:
        return Problem("lossless_jpeg_colour")
    if encoding.bits_allocated not in (8, 16) or signed:
        return Problem("bits_signed" if signed else "bits_a_channel", bits=encoding.bits_allocated)
    if not encoding.grey and encoding.bits_allocated != 8:
        return Problem("bits_a_channel", bits=encoding.bits_allocated)
    if not 1 <= encoding.bits_stored <= encoding.bits_allocated:
        return Problem("bits_of", stored=encoding.bits_stored, bits=encoding.bits_allocated)
    if encoding.compression == "none" and encoding.photometric == "YBR_FULL_422":
        return Problem("chroma_halved")
    return None


def decoded(data: bytes, encoding: Encoding, reduction: int = 1) -> Samples:
    """(h, w, 3) uint8 RGB, or (h, w) uint8 or uint16 of brightness, where more is brighter.

    `reduction` 2, 4, 8: that much smaller, only where `jpeg_colours` is known. Raises any of `PARSER_ERRORS`.
    """
    colours = encoding.jpeg_colours
    if colours is not None and encoding.syntax not in LOSSLESS_JPEG:
        whole = jpeg.complete(data, None, colours)
        if whole is not None:
            pixels = jpeg.decode(whole, reduction)
            return pixels[..., 0] if encoding.grey else pixels
    samples = np.asarray(_decoder(encoding)(data, encoding))
    if encoding.grey:
        return _brightness(samples, encoding)
    if samples.ndim != 3 or samples.shape[2] != 3 or samples.dtype != np.uint8:
        raise ValueError(f"pixels of shape {samples.shape} and kind {samples.dtype}")
    return ycbcr_to_rgb(samples) if _is_ycbcr(data, encoding) else np.asarray(samples, dtype=np.uint8)


def _brightness(samples: NDArray[Any], encoding: Encoding) -> Samples:
    plane = samples[..., 0] if samples.ndim == 3 else samples
    if plane.ndim != 2 or plane.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"pixels of shape {samples.shape} and kind {samples.dtype}")
    if encoding.photometric == "MONOCHROME1":
        plane = encoding.whitest - np.minimum(plane, encoding.whitest)
    return np.asarray(plane, dtype=plane.dtype)


def _decoder(encoding: Encoding) -> Callable[[bytes, Encoding], Any]:
    if encoding.syntax in LOSSLESS_JPEG:
        return lambda data, _: imagecodecs.ljpeg_decode(data)
    if encoding.syntax == RUN_LENGTH:
        return _run_length
    by_word: dict[Compression, Callable[[bytes, Encoding], Any]] = {
        "none": _native,
        "jpeg": lambda data, _: imagecodecs.jpeg8_decode(data),
        "jpegls": lambda data, _: imagecodecs.jpegls_decode(data),
        "jpeg2000": lambda data, _: imagecodecs.jpeg2k_decode(data),
        "htj2k": lambda data, _: imagecodecs.jpeg2k_decode(data),
    }
    return by_word[encoding.compression]


def _native(data: bytes, encoding: Encoding) -> NDArray[Any]:
    kind = np.dtype("<u2") if encoding.bits_allocated == 16 else np.dtype(np.uint8)
    flat = np.frombuffer(data, kind, encoding.width * encoding.height * encoding.samples)
    if encoding.samples == 1:
        return flat.reshape(encoding.height, encoding.width)
    if encoding.planar:
        return np.ascontiguousarray(flat.reshape(3, encoding.height, encoding.width).transpose(1, 2, 0))
    return flat.reshape(encoding.height, encoding.width, 3)


def _run_length(data: bytes, encoding: Encoding) -> NDArray[Any]:
    kind = np.dtype("<u2") if encoding.bits_allocated == 16 else np.dtype(np.uint8)
    flat = np.frombuffer(imagecodecs.dicomrle_decode(data, kind), kind)
    planes = flat[: encoding.samples * encoding.height * encoding.width]
    planes = planes.reshape(encoding.samples, encoding.height, encoding.width)
    return planes[0] if encoding.samples == 1 else np.ascontiguousarray(planes.transpose(1, 2, 0))


def _is_ycbcr(data: bytes, encoding: Encoding) -> bool:
    """Whether decoded samples are still YCbCr: no decoder undid it, because the stream does not say so itself."""
    if encoding.photometric not in ("YBR_FULL", "YBR_FULL_422"):
        return False
    if encoding.compression in ("jpeg2000", "htj2k"):
        start = data.find(SIZ)
        at = data.find(COD, start)
        return at < 0 or data[at + 8] == 0  # multiple component transformation, ISO/IEC 15444-1 A.6.1
    return encoding.compression != "jpeg"
