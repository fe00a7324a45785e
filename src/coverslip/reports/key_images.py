"""Key images: boxes of a slide, checked when the draft is saved and cut from the file when the report is rendered."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any, Literal
from uuid import UUID

from PIL import Image

from coverslip.records.models import Slide as SlideRow
from coverslip.reports.errors import KeyImageInvalid
from coverslip.slides.colour.managed import colour_of
from coverslip.slides.region import read_scaled
from coverslip.slides.slide import RgbImage, Slide
from coverslip.vocabulary.geometry import Box

MOST_IMAGES = 24
LONGEST_CAPTION = 400
SMALLEST_SIDE_PX = 16
"""Of level 0: below it there is nothing to see."""
LONGEST_PRINTED_PX = 1400
"""Longer side in the report: 300 dpi at the 118 mm that the widest picture takes."""
JPEG_QUALITY = 90

Colour = Literal["applied", "none", "unusable"]
OpenSlide = Callable[[SlideRow], AbstractContextManager[Slide]]
"""Opens the stored file of a slide, decoded in the sandbox."""


@dataclass(frozen=True, slots=True)
class KeyImage:
    """A picture for the report: a box in pixels of level 0, and its caption."""

    slide_id: UUID
    x: int
    y: int
    width: int
    height: int
    caption: str

    def to_json(self) -> dict[str, Any]:
        """As it stands in the report's row."""
        return {**asdict(self), "slide_id": str(self.slide_id)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> KeyImage:
        """The inverse of `to_json`."""
        return cls(**{**stored, "slide_id": UUID(str(stored["slide_id"]))})

    @property
    def box(self) -> Box:
        """The box in pixels of level 0."""
        return Box(self.x, self.y, self.width, self.height)


@dataclass(frozen=True, slots=True)
class CutImage:
    """The picture as JPEG with its SHA-256, and the file's micrometres a pixel of level 0 (None: it does not say).

    `colour`: whether the file's colour profile was `applied`, there was `none`, or it was `unusable`.
    """

    digest: str
    data: bytes
    spacing_um: float | None
    colour: Colour


def check(images: Sequence[KeyImage], slides: Mapping[UUID, SlideRow], case_id: UUID) -> None:
    """Raise `KeyImageInvalid` where a box is not on a readable slide of the case; `slides`: rows by id."""
    if len(images) > MOST_IMAGES:
        raise KeyImageInvalid(field="key_images", number=len(images), problem="too_many_images", most=MOST_IMAGES)
    for number, image in enumerate(images, start=1):
        field = f"key_images.{number - 1}"
        row = slides.get(image.slide_id)
        if row is None or row.case_id != case_id:
            raise KeyImageInvalid(field=f"{field}.slide_id", number=number, problem="image_not_of_case")
        if row.status != "ready" or row.properties is None:
            raise KeyImageInvalid(field=f"{field}.slide_id", number=number, problem="image_slide_not_ready")
        if len(image.caption) > LONGEST_CAPTION:
            raise KeyImageInvalid(field=f"{field}.caption", number=number, problem="too_long", longest=LONGEST_CAPTION)
        if min(image.width, image.height) < SMALLEST_SIDE_PX:
            raise KeyImageInvalid(field=field, number=number, problem="image_too_small", smallest=SMALLEST_SIDE_PX)
        right, bottom = image.x + image.width, image.y + image.height
        inside = image.x >= 0 and image.y >= 0
        if not inside or right > row.properties["width"] or bottom > row.properties["height"]:
            raise KeyImageInvalid(field=field, number=number, problem="image_outside_slide")


def cut(images: Sequence[KeyImage], slides: Mapping[UUID, SlideRow], open_slide: OpenSlide) -> list[CutImage]:
    """The pictures in their order, in sRGB by the slide's colour profile. Raises what reading a slide raises."""
    made: list[CutImage] = []
    for image in images:
        with open_slide(slides[image.slide_id]) as slide:
            spacing = slide.properties.spacing
            colour = colour_of(slide)
            data = _jpeg(colour.apply(_pixels(slide, image.box)))
        digest = hashlib.sha256(data).hexdigest()
        # A bar is drawn along x, so x's own spacing counts.
        made.append(CutImage(digest, data, None if spacing is None else float(spacing.x_um), colour.applied))
    return made


def _pixels(slide: Slide, box: Box) -> RgbImage:
    shrink = min(1.0, LONGEST_PRINTED_PX / max(box.width, box.height))
    return read_scaled(slide, box, (max(1, round(box.width * shrink)), max(1, round(box.height * shrink))))


def _jpeg(pixels: RgbImage) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return buffer.getvalue()
