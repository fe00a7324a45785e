"""A 3-D look-up table from a slide's stored colours to those of a screen, the same for viewer, report and thumbnail."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from coverslip.slides.slide import RgbImage

SIZES = (33, 65)
"""Nodes along red, green and blue: the second where the first is off; `docs/decisions/0096-*.md` has the errors."""
MAGIC = b"CVL1"
_HEAD = struct.Struct("<4sI")

Nodes = NDArray[np.uint16]


class ColourSpace(StrEnum):
    """What a screen shows: the table's output."""

    SRGB = "srgb"
    DISPLAY_P3 = "display-p3"


@dataclass(frozen=True, slots=True)
class ColourTable:
    """`nodes[b, g, r]`: colour that stored (r, g, b) is shown as, 0 to 65535; (n, n, n, 3) uint16."""

    nodes: Nodes

    @property
    def size(self) -> int:
        """Nodes along each axis."""
        return int(self.nodes.shape[0])

    def apply(self, image: RgbImage) -> RgbImage:
        """Stored pixels (h, w, 3) uint8 as the screen's; trilinear between nodes, as in the viewer."""
        scaled = (self.nodes.astype(np.float32) / 65535).ravel()
        lut = ImageFilter.Color3DLUT(self.size, scaled)
        return np.asarray(Image.fromarray(np.ascontiguousarray(image)).filter(lut), dtype=np.uint8)

    def exactly(self, colours: NDArray[np.float64]) -> NDArray[np.float64]:
        """Stored colours (n, 3), 0 to 1, as the screen's, 0 to 1, without rounding: to measure the table itself."""
        place = colours * (self.size - 1)
        low = np.minimum(place.astype(np.int64), self.size - 2)
        share = place - low
        shown = np.zeros_like(colours)
        for corner in np.ndindex(2, 2, 2):
            at = low + corner
            weight = np.where(corner, share, 1 - share).prod(axis=-1, keepdims=True)
            shown += weight * self.nodes[at[:, 2], at[:, 1], at[:, 0]]
        return shown / 65535

    def to_bytes(self) -> bytes:
        """`CVL1`, uint32 n, then n^3 times red, green, blue as uint16, red fastest; little-endian."""
        return _HEAD.pack(MAGIC, self.size) + self.nodes.astype("<u2").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview) -> ColourTable:
        """The inverse of `to_bytes`. Raises ValueError for anything else."""
        if len(data) < _HEAD.size:
            raise ValueError("not a colour table")
        magic, size = _HEAD.unpack_from(data)
        if magic != MAGIC or not 2 <= size <= 65 or len(data) != _HEAD.size + 6 * size**3:
            raise ValueError("not a colour table")
        nodes = np.frombuffer(data, dtype="<u2", offset=_HEAD.size).astype(np.uint16)
        return cls(nodes.reshape(size, size, size, 3))
