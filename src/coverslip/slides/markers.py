"""JPEG marker segments, told apart without a decoder (ITU-T T.81, B.1.1): as fast as serving a tile needs it."""

from __future__ import annotations

from typing import NamedTuple

SOI = b"\xff\xd8"
EOI_CODE = 0xD9
APP0, APP14, SOS = 0xE0, 0xEE, 0xDA
BASELINE, EXTENDED, PROGRESSIVE = 0xC0, 0xC1, 0xC2
FRAMES = (BASELINE, EXTENDED, PROGRESSIVE)


class Build(NamedTuple):
    """What a stored tile says in its head, as far as it decides how the tile is made complete."""

    cut: int
    """Where the markers that speak of colour (APP0, APP14) and stand first end; bytes from the start."""
    width: int
    height: int
    """Pixels, as the frame header says."""


def build_of(stream: bytes) -> Build | None:
    """How a tile is built; None where a marker of colour follows later, or where browsers know no such frame.

    Raises ValueError where it is not JPEG.
    """
    if stream[:2] != SOI:
        raise ValueError("no JPEG start marker")
    at = cut = 2
    last = len(stream) - 9
    width = height = 0
    while at <= last:
        if stream[at] != 0xFF:
            raise ValueError(f"no marker at byte {at}")
        marker = stream[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in (SOS, EOI_CODE):
            break
        end = at + 2 + (stream[at + 2] << 8 | stream[at + 3])
        if marker in (APP0, APP14):
            if at != cut:
                return None
            cut = end
        elif marker in FRAMES:
            height, width = stream[at + 5] << 8 | stream[at + 6], stream[at + 7] << 8 | stream[at + 8]
        at = end
    return Build(cut, width, height) if width else None
