"""What the header of a compressed tile says: its size, its components, its colours. Read without decoding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from coverslip.slides.jpeg import APP0, APP14, BASELINE, EXTENDED, PROGRESSIVE, segments

Colours = Literal["rgb", "ycbcr", "grey"]

RGB_IDENTIFIERS = (ord("R"), ord("G"), ord("B"))
"""Component identifiers by which libjpeg knows RGB where no marker says it."""
NEAREST_SOF = 4096
"""The frame header of a tile stands within its first bytes: only tables and comments come before it."""


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """Of a complete JPEG stream."""

    process: int
    """Marker of its frame header: 0xC0 baseline, 0xC1 extended, 0xC2 progressive."""
    precision: int
    width: int
    height: int
    sampling: tuple[tuple[int, int], ...]
    """Horizontal and vertical factor of each component."""
    colours: Colours
    frame: bytes
    """The frame header as stored, marker included; equal in all tiles that are built alike."""

    @property
    def kind(self) -> tuple[object, ...]:
        """Equal for streams that one description fits, whatever their size."""
        return self.process, self.precision, self.sampling, self.colours

    @property
    def subsampling(self) -> tuple[int, int]:
        """By how much chroma is coarser than brightness, horizontally and vertically."""
        if len(self.sampling) == 1:
            return 1, 1
        return self.sampling[0][0] // self.sampling[1][0], self.sampling[0][1] // self.sampling[1][1]


def jpeg_header(stream: bytes) -> JpegHeader:
    """Of a complete stream or its beginning. Raises ValueError where it is no JPEG of one or three components."""
    jfif, transform = False, None
    for part in segments(stream):
        body = stream[part.start + 4 : part.end]
        if part.marker == APP0 and body[:5] == b"JFIF\0":
            jfif = True
        elif part.marker == APP14 and body[:5] == b"Adobe" and len(body) >= 12:
            transform = body[11]
        elif 0xC0 <= part.marker <= 0xCF and part.marker not in (0xC4, 0xC8, 0xCC):
            return _frame(part.marker, body, stream[part.start : part.end], jfif, transform)
    raise ValueError("a JPEG without a frame header")


def _frame(marker: int, body: bytes, stored: bytes, jfif: bool, transform: int | None) -> JpegHeader:
    if marker not in (BASELINE, EXTENDED, PROGRESSIVE):
        raise ValueError(f"JPEG process 0x{marker:02x}")
    count = body[5] if len(body) > 5 else 0
    if count not in (1, 3) or len(body) < 6 + 3 * count:
        raise ValueError(f"a JPEG of {count} components")
    parts = [body[6 + 3 * number : 9 + 3 * number] for number in range(count)]
    sampling = tuple((part[1] >> 4, part[1] & 15) for part in parts)
    if any(not (1 <= across <= 4 and 1 <= down <= 4) for across, down in sampling):
        raise ValueError("a JPEG with impossible sampling factors")
    return JpegHeader(
        process=marker,
        precision=body[0],
        height=int.from_bytes(body[1:3], "big"),
        width=int.from_bytes(body[3:5], "big"),
        sampling=sampling,
        colours=_colours(tuple(part[0] for part in parts), jfif, transform),
        frame=stored,
    )


def _colours(identifiers: tuple[int, ...], jfif: bool, transform: int | None) -> Colours:
    """As libjpeg decides (jdapimin.c, default_decompress_parms), and with it nearly every reader."""
    if len(identifiers) == 1:
        return "grey"
    if jfif:
        return "ycbcr"
    if transform is not None:
        return "rgb" if transform == 0 else "ycbcr"
    return "rgb" if identifiers == RGB_IDENTIFIERS else "ycbcr"


@dataclass(frozen=True, slots=True)
class Jpeg2000Header:
    """Of a JPEG 2000 or HTJ2K codestream (ISO/IEC 15444-1 annex A)."""

    width: int
    height: int
    components: int
    precision: int
    subsampled: bool
    transformed: bool
    """Whether its components went through the multiple component transform (ICT or RCT)."""
    reversible: bool
    """Whether the wavelet is the reversible 5-3 one."""
    high_throughput: bool

    @property
    def kind(self) -> tuple[object, ...]:
        """Equal for codestreams that one description fits, whatever their size."""
        colours = self.components, self.precision, self.subsampled
        return *colours, self.transformed, self.reversible, self.high_throughput


SOC, SIZ, CAP, COD = 0xFF4F, 0xFF51, 0xFF50, 0xFF52
SOT = 0xFF90
HIGH_THROUGHPUT_BIT = 1 << 14
"""Of Rsiz: capabilities beyond part 1 are listed in CAP (part 15 among them)."""


def jpeg2000_header(stream: bytes) -> Jpeg2000Header:
    """Of a codestream's beginning. Raises ValueError where it is none."""
    if len(stream) < 4 or int.from_bytes(stream[:2], "big") != SOC:
        raise ValueError("no JPEG 2000 codestream")
    size: bytes | None = None
    coding: bytes | None = None
    at = 2
    while at + 4 <= len(stream) and (size is None or coding is None):
        marker, length = int.from_bytes(stream[at : at + 2], "big"), int.from_bytes(stream[at + 2 : at + 4], "big")
        body = stream[at + 4 : at + 2 + length]
        if marker == SOT or length < 2:
            break
        if marker == SIZ:
            size = body
        elif marker == COD:
            coding = body
        at += 2 + length
    if size is None or coding is None or len(size) < 39 or len(coding) < 10:
        raise ValueError("a JPEG 2000 codestream without its headers")
    return _codestream(size, coding)


def _codestream(size: bytes, coding: bytes) -> Jpeg2000Header:
    def number(at: int) -> int:
        return int.from_bytes(size[at : at + 4], "big")

    components = int.from_bytes(size[34:36], "big")
    if components not in (1, 3) or len(size) < 36 + 3 * components:
        raise ValueError(f"a JPEG 2000 codestream of {components} components")
    parts = [size[36 + 3 * part : 39 + 3 * part] for part in range(components)]
    return Jpeg2000Header(
        width=number(2) - number(10),
        height=number(6) - number(14),
        components=components,
        precision=(parts[0][0] & 0x7F) + 1,
        subsampled=any(part[1:] != b"\x01\x01" for part in parts),
        transformed=coding[4] == 1,
        reversible=coding[9] == 1,
        high_throughput=bool(int.from_bytes(size[:2], "big") & HIGH_THROUGHPUT_BIT),
    )
