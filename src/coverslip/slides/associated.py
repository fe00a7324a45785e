"""Label, macro and thumbnail; a thumbnail exists for every slide."""

from __future__ import annotations

from coverslip.slides.region import STORED_PIXELS_AT_ONCE, best_source, read_scaled
from coverslip.slides.slide import RgbImage, Slide
from coverslip.vocabulary.geometry import Box

THUMBNAIL_PX = 1024


def thumbnail(slide: Slide, longest_px: int = THUMBNAIL_PX) -> RgbImage:
    """The whole slide with its longer side `longest_px` (never enlarged); (h, w, 3) uint8.

    Drawn from the levels, not from a stored thumbnail: those differ in crop and age from what the viewer shows.
    """
    whole = slide.properties.bounds
    return read_scaled(slide, whole, _size(whole, longest_px))


def needs_parts(slide: Slide, longest_px: int) -> bool:
    """Whether so much has to be decoded for it that it is drawn part by part, each a request to a decoder of its own.

    A slide of 100,000 x 100,000 pixels without a pyramid takes a decoder half a minute.
    """
    whole = slide.properties.bounds
    width, height = _size(whole, longest_px)
    level = slide.properties.levels[best_source(slide, min(whole.width / width, whole.height / height))[0]]
    return level.width * level.height > STORED_PIXELS_AT_ONCE


def _size(whole: Box, longest_px: int) -> tuple[int, int]:
    shrink = min(1.0, longest_px / max(whole.width, whole.height))
    return max(1, round(whole.width * shrink)), max(1, round(whole.height * shrink))
