"""Small steps from what a decoder gives to RGB that can be shown."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def on_white(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w, 4) uint8 RGBA, not premultiplied, laid on white; (h, w, 3) passes."""
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:]
    if alpha.min(initial=255) == 255:
        return np.ascontiguousarray(pixels[..., :3])
    weight = alpha.astype(np.uint16)
    mixed = (pixels[..., :3].astype(np.uint16) * weight + 255 * (255 - weight) + 127) // 255
    return np.asarray(mixed, dtype=np.uint8)


def ycbcr_to_rgb(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Full-range YCbCr of ITU-R BT.601 (JFIF; YBR_FULL of PS3.3 C.7.6.3.1.2) to RGB; both (h, w, 3) uint8."""
    y, cb, cr = (pixels[..., channel].astype(np.float32) for channel in range(3))
    cb, cr = cb - 128, cr - 128
    rgb = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], axis=2)
    return np.asarray(np.clip(np.rint(rgb), 0, 255), dtype=np.uint8)
