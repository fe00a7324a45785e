"""One instance of a series, as far as it differs from its neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from coverslip.conversion.plan import Codec, LevelPlan
from coverslip.conversion.streams import Colours
from coverslip.slides.jpeg import EXTENDED
from coverslip.slides.slide import Compression
from coverslip.vocabulary.units import Spacing

Flavour = Literal["VOLUME", "THUMBNAIL", "LABEL", "OVERVIEW"]
"""Value 3 of Image Type (PS3.3 table C.8.12.4-2)."""

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
JPEG2000_LOSSLESS = "1.2.840.10008.1.2.4.90"
HTJ2K_LOSSLESS = "1.2.840.10008.1.2.4.201"
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
    if level.header is not None:
        syntax = JPEG_EXTENDED if level.header.process == EXTENDED else JPEG_BASELINE
        return Encoding(syntax, _jpeg_photometric(level.header.colours), METHODS["jpeg"])
    return encoding_for(level.codec)


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
