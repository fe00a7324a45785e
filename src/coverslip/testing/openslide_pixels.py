"""What OpenSlide shows of a slide, as an independent reader to compare with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openslide

from coverslip.slides.slide import RgbImage, Slide
from coverslip.vocabulary.geometry import Box


def openslide_level(path: Path, level: int, size: tuple[int, int], corner: tuple[int, int] = (0, 0)) -> RgbImage:
    """`size` (width, height) pixels of a level from `corner` (level 0); transparent is white; (h, w, 3) uint8."""
    with openslide.OpenSlide(str(path)) as slide:
        pixels = np.asarray(slide.read_region(corner, level, size))
    return np.where(pixels[..., 3:] > 0, pixels[..., :3], np.uint8(255))


def openslide_properties(path: Path) -> dict[str, str]:
    """All properties that OpenSlide gives."""
    with openslide.OpenSlide(str(path)) as slide:
        return dict(slide.properties)


def greatest_difference(path: Path, slide: Slide, level: int, corner: tuple[int, int] = (0, 0)) -> int:
    """Between a whole level of ours and OpenSlide's, whose picture begins at `corner` (level 0)."""
    shown = slide.properties.levels[level]
    ours = slide.region(level, Box(0, 0, shown.width, shown.height)).astype(np.int16)
    return int(np.abs(ours - openslide_level(path, level, (shown.width, shown.height), corner)).max())
