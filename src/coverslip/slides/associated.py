"""Label, macro and thumbnail; a thumbnail exists for every slide."""

from __future__ import annotations

from coverslip.slides.region import read_scaled
from coverslip.slides.slide import RgbImage, Slide

THUMBNAIL_PX = 1024


def thumbnail(slide: Slide, longest_px: int = THUMBNAIL_PX) -> RgbImage:
    """The whole slide with its longer side `longest_px` (never enlarged); (h, w, 3) uint8.

    Drawn from the levels, not from a stored thumbnail: those differ in crop and age from what the viewer shows.
    """
    whole = slide.properties.bounds
    shrink = min(1.0, longest_px / max(whole.width, whole.height))
    size = max(1, round(whole.width * shrink)), max(1, round(whole.height * shrink))
    return read_scaled(slide, whole, size)
