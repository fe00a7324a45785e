"""Which directories of a TIFF can be shown rightly: their samples, colours and compression are understood completely.

Sources: TIFF 6.0 sections 4 to 6, 18 (ExtraSamples) and 22; Aperio's JPEG 2000 compressions; ISO 15444-1 Annex A.
"""

from __future__ import annotations

from typing import Literal

from coverslip.errors import Problem
from coverslip.slides.readers.tiff_file import Page
from coverslip.slides.slide import Compression
from coverslip.slides.source import Source

MINISWHITE, MINISBLACK, RGB, YCBCR = 0, 1, 2, 6
JPEG, WEBP, JPEG2000, APERIO_YCC, APERIO_RGB = 7, 50001, 34712, 33003, 33005
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
CONTIGUOUS = 1
UNSPECIFIED, ASSOCIATED, UNASSOCIATED = 0, 1, 2
"""Values of the tag ExtraSamples."""
Fourth = Literal["ignored", "associated", "unassociated"]
"""What a fourth sample is: no part of the picture; opacity that the colours are multiplied with already; opacity."""
CODESTREAM, COD, SOT = b"\xff\x4f\xff\x51", 0xFF52, 0xFF90
LONGEST_HEADER = 4096


def undecodable(page: Page, *, depth: int = 1) -> Problem | None:
    """Why a directory's pixels would be shown wrongly or not at all, or None. `depth`: focal planes expected."""
    samples, compression, photometric = page.samplesperpixel, int(page.compression), int(page.photometric)
    if page.bitspersample != 8 or page.sampleformat not in (None, 1):
        return Problem("bits_a_channel", bits=_number(page.bitspersample))
    if samples not in (1, 3, 4):
        return Problem("samples_a_pixel", samples=samples)
    if page.imagedepth != depth:
        return Problem("volume")
    if compression not in COMPRESSIONS:
        return Problem("compression_unread", value=compression)
    return _wrong_colours(page, samples, compression, photometric)


def _wrong_colours(page: Page, samples: int, compression: int, photometric: int) -> Problem | None:
    if photometric not in (MINISWHITE, MINISBLACK, RGB, YCBCR):
        return Problem("photometric_unread", value=photometric)
    if photometric in (MINISWHITE, MINISBLACK) and samples > 1:
        return Problem("grey_samples", samples=samples)
    if photometric in (RGB, YCBCR) and samples < 3:
        return Problem("colour_in_samples", samples=samples)
    if photometric == YCBCR:
        if compression not in (JPEG, WEBP, APERIO_YCC, JPEG2000):
            return Problem("ycbcr_unread")
        if samples != 3 or int(page.planarconfig) != CONTIGUOUS:
            return Problem("ycbcr_unread")
    if samples == 4 and COMPRESSIONS[compression] in ("jpeg", "webp"):
        return Problem("jpeg_four_samples")
    if samples == 4 and fourth_sample(page) is None:
        return Problem("fourth_sample_unstated")
    return None


def fourth_sample(page: Page) -> Fourth | None:
    """What the tag ExtraSamples says of the fourth of four samples; None where it says nothing that is known."""
    stated = page.extrasamples
    if len(stated) != 1:
        return None
    meanings: dict[int, Fourth] = {UNSPECIFIED: "ignored", ASSOCIATED: "associated", UNASSOCIATED: "unassociated"}
    return meanings.get(int(stated[0]))


def unread_codestream(page: Page, source: Source) -> Problem | None:
    """Why YCbCr in JPEG 2000 cannot be shown for sure, from the first tile that is stored, or None.

    The tag says what the samples are, the codestream whether its own colour transform was laid over them: with both,
    writers mean different things.
    """
    if int(page.compression) != JPEG2000 or int(page.photometric) != YCBCR:
        return None
    places = zip(page.dataoffsets, page.databytecounts, strict=False)
    first = next(((offset, length) for offset, length in places if length), None)
    if first is None:
        return None
    head = source.read_at(first[0], min(first[1], LONGEST_HEADER))
    components = int.from_bytes(head[40:42], "big")
    sampling = {head[43 + 3 * number : 45 + 3 * number] for number in range(min(components, 4))}
    if head[:4] != CODESTREAM or sampling != {b"\x01\x01"} or _colour_transform(head):
        return Problem("ycbcr_unread")
    return None


def _colour_transform(head: bytes) -> bool:
    """Whether a codestream's header (marker COD, byte 8: multiple component transformation) says so or is unread."""
    at = 2
    while at + 4 <= len(head):
        marker, length = int.from_bytes(head[at : at + 2], "big"), int.from_bytes(head[at + 2 : at + 4], "big")
        if marker == COD:
            return head[at + 8 : at + 9] != b"\x00"
        if marker == SOT or length < 2:
            break
        at += 2 + length
    return True


def _number(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
