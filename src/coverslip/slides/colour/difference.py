"""How far two colours lie apart: CIELAB under D50 and the CIEDE2000 difference.

Source: CIE 142-2001; Sharma, Wu, Dalal, "The CIEDE2000 color-difference formula: implementation notes, supplementary
test data, and mathematical observations", Color Research and Application 30 (2005), equations 2 to 22.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coverslip.slides.colour.icc import D50, P3_PRIMARIES, SRGB_PRIMARIES
from coverslip.slides.colour.table import ColourSpace

Floats = NDArray[np.float64]
_EPSILON, _KAPPA = 216 / 24389, 24389 / 27
_FAR = 25.0**7


def lab_of(shown: NDArray[np.generic], space: ColourSpace, full: float = 255.0) -> Floats:
    """CIELAB (D50) of colours (..., 3) on a screen of that space; `full`: the value of full drive."""
    drive = np.asarray(shown, dtype=np.float64) / full
    light = np.where(drive <= 0.04045, drive / 12.92, ((drive + 0.055) / 1.055) ** 2.4)
    primaries = P3_PRIMARIES if space is ColourSpace.DISPLAY_P3 else SRGB_PRIMARIES
    ratio = light @ primaries.to_d50().T / np.array(D50)
    f = np.where(ratio > _EPSILON, np.cbrt(ratio), (_KAPPA * ratio + 16) / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def ciede2000(one: Floats, other: Floats) -> Floats:
    """CIEDE2000 difference of CIELAB colours (..., 3), with kL = kC = kH = 1; (...,)."""
    l1, a1, b1 = np.moveaxis(np.asarray(one, dtype=np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(other, dtype=np.float64), -1, 0)
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1 + (1 - np.sqrt(mean**7 / (mean**7 + _FAR))) / 2
    c1, c2 = np.hypot(a1 * stretch, b1), np.hypot(a2 * stretch, b2)
    h1 = np.degrees(np.arctan2(b1, a1 * stretch)) % 360
    h2 = np.degrees(np.arctan2(b2, a2 * stretch)) % 360
    grey = c1 * c2 == 0
    turn = np.where(grey, 0.0, (h2 - h1 + 180) % 360 - 180)
    # Sharma's equation 10 takes exactly opposite hues as +180.
    turn = np.where(~grey & (np.abs(h2 - h1) == 180), h2 - h1, turn)
    lightness, chroma = l2 - l1, c2 - c1
    hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    l_mean, c_mean, h_mean = (l1 + l2) / 2, (c1 + c2) / 2, _mean_hue(h1, h2, grey)
    t = (
        1
        - 0.17 * np.cos(np.radians(h_mean - 30))
        + 0.24 * np.cos(np.radians(2 * h_mean))
        + 0.32 * np.cos(np.radians(3 * h_mean + 6))
        - 0.20 * np.cos(np.radians(4 * h_mean - 63))
    )
    s_l = 1 + 0.015 * (l_mean - 50) ** 2 / np.sqrt(20 + (l_mean - 50) ** 2)
    s_c, s_h = 1 + 0.045 * c_mean, 1 + 0.015 * c_mean * t
    rotation = 2 * np.sqrt(c_mean**7 / (c_mean**7 + _FAR))
    rotation *= -np.sin(np.radians(60 * np.exp(-(((h_mean - 275) / 25) ** 2))))
    parts = lightness / s_l, chroma / s_c, hue / s_h
    return np.asarray(np.sqrt(sum(part**2 for part in parts) + rotation * parts[1] * parts[2]))


def _mean_hue(h1: Floats, h2: Floats, grey: NDArray[np.bool_]) -> Floats:
    total, apart = h1 + h2, np.abs(h1 - h2)
    far = np.where(total < 360, (total + 360) / 2, (total - 360) / 2)
    return np.where(grey, total, np.where(apart <= 180, total / 2, far))
