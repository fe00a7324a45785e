"""The picture that example slides show, its smaller copies and its tiles."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]


def tissue(width: int, height: int, seed: int = 1) -> Rgb:
    """A picture like stained tissue: smooth pink and brown with dark dots; (height, width, 3) uint8."""
    random = np.random.default_rng(seed)
    coarse = random.uniform(0, 1, (max(2, height // 48), max(2, width // 48), 1)).astype(np.float32)
    mix = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)[..., None].clip(0, 1)
    image = mix * np.array([236, 178, 205], np.float32) + (1 - mix) * np.array([168, 110, 62], np.float32)
    for _ in range(max(4, width * height // 4000)):
        centre = int(random.integers(0, width)), int(random.integers(0, height))
        cv2.circle(image, centre, int(random.integers(3, 8)), (70, 52, 118), -1, cv2.LINE_AA)
    return np.asarray(image.clip(0, 255), dtype=np.uint8)


def example() -> Rgb:
    """The picture that the example slides show: 500 x 380 pixels."""
    return tissue(500, 380)


def halved(image: Rgb, factor: int) -> Rgb:
    """The picture `factor` times smaller, sizes rounded down, each pixel the mean of those it covers."""
    height, width = image.shape[0] // factor, image.shape[1] // factor
    whole = image[: height * factor, : width * factor]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def cut(image: Rgb, size: tuple[int, int]) -> Iterator[Rgb]:
    """Tiles of `size` (width, height) row by row; beyond the right and lower border the last pixel is repeated."""
    width, height = size
    padded = np.pad(image, ((0, -image.shape[0] % height), (0, -image.shape[1] % width), (0, 0)), mode="edge")
    for top in range(0, padded.shape[0], height):
        for left in range(0, padded.shape[1], width):
            yield np.ascontiguousarray(padded[top : top + height, left : left + width])
