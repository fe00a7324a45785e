"""Seamless noise: squares that repeat without an edge, so that any window of an endless plane can be cut from them."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

FloatImage = NDArray[np.float32]

PERIOD = 1024
"""Pixels after which a texture repeats; a window may be as large."""


@cache
def texture(name: str, scale_px: float, elongation: float = 1.0) -> FloatImage:
    """Gaussian noise whose features are `scale_px` wide (`elongation` times as long along x), mean 0, deviation 1.

    Returns (2048, 2048) float32: the square repeated once each way, so that a window is a plain slice. The same
    name and scale give the same noise in every process.
    """
    square = periodic(_seed_of(name), PERIOD, scale_px, elongation)
    return np.tile(square, (2, 2))


def window(image: FloatImage, y: int, x: int, height: int, width: int) -> FloatImage:
    """The part of the endless plane at (y, x), at most `PERIOD` high and wide; a view."""
    top, left = y % PERIOD, x % PERIOD
    return image[top : top + height, left : left + width]


def periodic(seed: int, size: int, scale_px: float, elongation: float = 1.0) -> FloatImage:
    """One square of noise, (size, size) float32, seamless at its edges."""
    white = np.random.Generator(np.random.PCG64(seed)).standard_normal((size, size), dtype=np.float32)
    fy = np.fft.fftfreq(size)[:, None].astype(np.float32)
    fx = np.fft.rfftfreq(size)[None, :].astype(np.float32)
    sigma = scale_px / 2.0
    gain = np.exp(-2.0 * (np.pi * sigma) ** 2 * (fy**2 + (fx * elongation) ** 2))
    soft = np.fft.irfft2(np.fft.rfft2(white) * gain, s=(size, size))
    soft -= soft.mean()
    return np.asarray(soft / soft.std(), dtype=np.float32)


@cache
def adipocytes(spacing_um: float) -> FloatImage:
    """A plane of fat cells about 55 um wide: for each pixel the distance to the wall between two cells, in um.

    Returns (2048, 2048) float32, the seamless square repeated once each way.
    """
    edge_um = PERIOD * spacing_um
    rng = np.random.Generator(np.random.PCG64(55))
    across = max(round(edge_um / 50.0), 2)
    grid = np.stack(np.meshgrid(np.arange(across), np.arange(across), indexing="ij"), axis=-1).reshape(-1, 2)
    grid = grid + 0.5 * (grid[:, :1] % 2) * np.array([0.0, 1.0])
    centres = (grid + rng.uniform(-0.33, 0.33, grid.shape)) * edge_um / across
    coarse = PERIOD // 4
    y, x = np.mgrid[0:coarse, 0:coarse] * (edge_um / coarse)
    nearest, second = np.full_like(y, np.inf), np.full_like(y, np.inf)
    for centre_y, centre_x in centres:
        dy, dx = np.abs(y - centre_y) % edge_um, np.abs(x - centre_x) % edge_um
        distance = np.hypot(np.minimum(dy, edge_um - dy), np.minimum(dx, edge_um - dx))
        second = np.minimum(second, np.maximum(nearest, distance))
        nearest = np.minimum(nearest, distance)
    wall = ((second - nearest) / 2).astype(np.float32)
    padded = np.pad(wall, 2, mode="wrap")
    large = cv2.resize(padded, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)[8:-8, 8:-8]
    return np.tile(large, (2, 2))


def smooth_field(rng: np.random.Generator, height: int, width: int, scale: float) -> FloatImage:
    """Noise over a whole map, without repetition; features `scale` cells wide, mean about 0, deviation about 1."""
    step = max(scale / 2.0, 1.0)
    grid = rng.standard_normal((int(height / step) + 4, int(width / step) + 4), dtype=np.float32)
    matrix = np.array([[1 / step, 0, 1.0], [0, 1 / step, 1.0]], dtype=np.float32)
    field = cv2.warpAffine(
        cv2.GaussianBlur(grid, (0, 0), 0.8),
        matrix,
        (width, height),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT,
    )
    return np.asarray(field / max(float(field.std()), 0.3), dtype=np.float32)


def _seed_of(name: str) -> int:
    return int.from_bytes(name.encode("utf-8"), "big") % (2**63)
