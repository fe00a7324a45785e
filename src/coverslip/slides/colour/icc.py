"""Writes ICC profiles of the simplest kind, three primaries and one curve: the display spaces that tables lead to.

Source: ICC.1:2010 (profile version 4.3): header 7.2, tag table 7.3, `mluc` 10.13, `para` 10.16, `XYZ ` 10.27,
`sf32` 10.20; display profiles 8.4.3; Bradford adaptation annex E.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

D50 = (0.9642, 1.0, 0.8249)
"""XYZ of the profile connection space's white, ICC.1:2010 7.2.16."""
D65_XY = (0.3127, 0.3290)
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
"""g, a, b, c, d of IEC 61966-2-1: Y = (aX + b)^g from d on, cX below."""
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

Matrix = NDArray[np.float64]
Chromaticity = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Primaries:
    """CIE xy of red, green, blue and white."""

    red: Chromaticity
    green: Chromaticity
    blue: Chromaticity
    white: Chromaticity = D65_XY

    def to_d50(self) -> Matrix:
        """(3, 3): linear RGB as columns to XYZ relative to D50 (Bradford)."""
        columns = np.array([_xyz(self.red), _xyz(self.green), _xyz(self.blue)]).T
        scale = np.linalg.solve(columns, _xyz(self.white))
        return np.asarray(adaptation(self.white) @ (columns * scale))


SRGB_PRIMARIES = Primaries((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
P3_PRIMARIES = Primaries((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
"""Display P3: SMPTE RP 431-2 primaries, D65 white, the curve of sRGB."""


def adaptation(white: Chromaticity) -> Matrix:
    """(3, 3): XYZ under `white` to XYZ under D50, by Bradford's cone responses."""
    there, here = _BRADFORD @ np.array(D50), _BRADFORD @ _xyz(white)
    return np.asarray(np.linalg.inv(_BRADFORD) @ np.diag(there / here) @ _BRADFORD)


def matrix_profile(
    name: str, primaries: Primaries, curve: float | tuple[float, ...], device_class: bytes = b"mntr"
) -> bytes:
    """A profile of three primaries. `curve`: an exponent, or g, a, b, c, d as in `SRGB_CURVE`."""
    columns = primaries.to_d50().T
    response = _curve(curve)
    tags = {
        b"desc": _text(name),
        b"cprt": _text("CC0"),
        b"wtpt": _xyz_tag(D50),
        b"chad": _fixed(b"sf32", adaptation(primaries.white).ravel()),
        b"rXYZ": _xyz_tag(columns[0]),
        b"gXYZ": _xyz_tag(columns[1]),
        b"bXYZ": _xyz_tag(columns[2]),
        b"rTRC": response,
        b"gTRC": response,
        b"bTRC": response,
    }
    return assembled(tags, device_class=device_class)


def assembled(
    tags: Mapping[bytes, bytes],
    *,
    device_class: bytes = b"scnr",
    space: bytes = b"RGB ",
    connection: bytes = b"XYZ ",
    version: int = 0x04300000,
) -> bytes:
    """Header, tag table and tags, equal ones stored once."""
    at = 128 + 4 + 12 * len(tags)
    body, places, table = b"", dict[bytes, int](), struct.pack(">I", len(tags))
    for name, data in tags.items():
        if data not in places:
            places[data] = at + len(body)
            body += data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", name, places[data], len(data))
    size = at + len(body)
    date = (2026, 1, 1, 0, 0, 0)
    header = struct.pack(">I4sI4s4s4s6H4s", size, b"\0" * 4, version, device_class, space, connection, *date, b"acsp")
    header += bytes(4 * 7) + struct.pack(">3i", *(round(value * 65536) for value in D50))
    return header.ljust(128, b"\0") + table + body


def _xyz(of: Chromaticity) -> Matrix:
    x, y = of
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _text(text: str) -> bytes:
    words = text.encode("utf-16-be")
    return b"mluc" + struct.pack(">IIIHHII", 0, 1, 12, 0x656E, 0x5553, len(words), 28) + words


def _xyz_tag(values: Matrix | tuple[float, ...]) -> bytes:
    return _fixed(b"XYZ ", np.asarray(values))


def _fixed(kind: bytes, values: Matrix) -> bytes:
    return kind + bytes(4) + b"".join(struct.pack(">i", round(float(value) * 65536)) for value in values)


def _curve(curve: float | tuple[float, ...]) -> bytes:
    """Parametric: type 0 is Y = X^g, type 3 that of sRGB."""
    values = (curve,) if isinstance(curve, float) else curve
    kind = {1: 0, 5: 3}[len(values)]
    return b"para" + struct.pack(">IHH", 0, kind, 0) + b"".join(struct.pack(">i", round(v * 65536)) for v in values)
