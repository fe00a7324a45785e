"""One instance of a series, as far as it differs from its neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from coverslip.conversion.plan import Codec, LevelPlan
from coverslip.conversion.streams import Colours, Jpeg2000Header, JpegHeader
from coverslip.slides.jpeg import EXTENDED
from coverslip.slides.slide import Compression
from coverslip.vocabulary.units import Spacing

Flavour = Literal["VOLUME", "THUMBNAIL", "LABEL", "OVERVIEW"]
"""Value 3 of Image Type (PS3.3 table C.8.12.4-2)."""

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
JPEG2000_LOSSLESS = "1.2.840.10008.1.2.4.90"
JPEG2000 = "1.2.840.10008.1.2.4.91"
HTJ2K_LOSSLESS = "1.2.840.10008.1.2.4.201"
HTJ2K = "1.2.840.10008.1.2.4.203"
METHODS: dict[Compression, str] = {
    "jpeg": "ISO_10918_1",
    "jpeg2000": "ISO_15444_1",
    "htj2k": "ISO_15444_15",
}
"""Lossy Image Compression Method (PS3.3 C.7.6.1.1.5.1); what is not among them is called UNKNOWN."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the frames of an instance are encoded: transfer syntax (PS3.6 table A-1) and photometric interpretation."""

    transfer_syntax: str
    photometric: str
    method: str | None
    """Of a lossy encoding; None for one without loss."""

    @property
    def name(self) -> str:
        """`jpeg`, `jpeg2000` or `htj2k`."""
        if self.transfer_syntax in (JPEG_BASELINE, JPEG_EXTENDED):
            return "jpeg"
        return "htj2k" if self.transfer_syntax in (HTJ2K, HTJ2K_LOSSLESS) else "jpeg2000"

    @property
    def samples(self) -> int:
        """Per pixel."""
        return 1 if self.photometric == "MONOCHROME2" else 3


@dataclass(frozen=True, slots=True)
class Picture:
    """Size and kind of one instance."""

    flavour: Flavour
    role: str
    """Its name in the series, part of its identifier: `level-0`, `label`, ..."""
    number: int
    """InstanceNumber, from 1."""
    width: int
    height: int
    tile_width: int
    tile_height: int
    resampled: bool
    spacing: Spacing | None
    encoding: Encoding
    source_method: str | None
    """Lossy compression of the slide's own file, undone before `encoding`; None where there was none."""
    source_ratio: float
    """Of that compression, about: of all levels together."""

    @property
    def of_the_label(self) -> bool:
        """Whether another camera took it: label and overview share nothing with the scan but the glass."""
        return self.flavour in ("LABEL", "OVERVIEW")

    @property
    def count(self) -> int:
        """Frames."""
        return -(-self.width // self.tile_width) * -(-self.height // self.tile_height)

    @property
    def raw_bytes(self) -> int:
        """Of all frames, uncompressed."""
        return self.count * self.tile_width * self.tile_height * self.encoding.samples

    @property
    def image_type(self) -> list[str]:
        """The four values of Image Type."""
        origin, pixels = ("DERIVED", "RESAMPLED") if self.resampled else ("ORIGINAL", "NONE")
        return [origin, "PRIMARY", self.flavour, pixels]


def encoding_of(level: LevelPlan) -> Encoding:
    """Of a level's frames.

    JPEG in YCbCr is YBR_FULL_422 whatever its chroma resolution: the only YCbCr that PS3.3 C.8.12.4.1.5 allows, and the
    stream's own sampling factors govern decoding (PS3.5 8.2.1).
    """
    if isinstance(level.header, JpegHeader):
        syntax = JPEG_EXTENDED if level.header.process == EXTENDED else JPEG_BASELINE
        return Encoding(syntax, _jpeg_photometric(level.header.colours), METHODS["jpeg"])
    if isinstance(level.header, Jpeg2000Header):
        return _codestream(level.header, bool(level.stored_lossless))
    return encoding_for(level.codec)


def _codestream(header: Jpeg2000Header, lossless: bool) -> Encoding:
    """Named lossless only where the slide says so: a reversible wavelet may be cut short."""
    photometric = "MONOCHROME2" if header.components == 1 else "RGB"
    if header.transformed:
        photometric = "YBR_RCT" if header.reversible else "YBR_ICT"
    if header.high_throughput:
        syntax, method = (HTJ2K_LOSSLESS, None) if lossless else (HTJ2K, METHODS["htj2k"])
    else:
        syntax, method = (JPEG2000_LOSSLESS, None) if lossless else (JPEG2000, METHODS["jpeg2000"])
    return Encoding(syntax, photometric, method)


def encoding_for(codec: Codec) -> Encoding:
    """Of what is encoded here, from RGB."""
    if codec == "jpeg":
        return Encoding(JPEG_BASELINE, "YBR_FULL_422", METHODS["jpeg"])
    if codec == "htj2k":
        return Encoding(HTJ2K_LOSSLESS, "YBR_RCT", None)
    assert codec == "jpeg2000", codec
    return Encoding(JPEG2000_LOSSLESS, "YBR_RCT", None)


def _jpeg_photometric(colours: Colours) -> str:
    return {"rgb": "RGB", "ycbcr": "YBR_FULL_422", "grey": "MONOCHROME2"}[colours]
