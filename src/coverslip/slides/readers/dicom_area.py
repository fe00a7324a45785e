"""Which piece of the glass a DICOM image shows: levels are one picture only where they show the same piece.

PS3.3 C.8.12.4: Imaged Volume Width and Height, and Pixel Spacing times the total pixel matrix, give the size of the
piece; Total Pixel Matrix Origin Sequence and Image Orientation (Slide) its place; Pyramid UID (C.8.12.14) names the
pyramid. A scanner may scan several areas of one glass in one series and one frame of reference.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from coverslip.slides.bundle_errors import SeveralSlides
from coverslip.slides.readers.dicom_grid import matrix_size
from coverslip.slides.readers.dicom_header import pixel_spacing_um, volume_um
from coverslip.slides.readers.dicom_instance import Instance, first_item

SIZES_AGREE = 0.02
"""Share by which the stated sizes of one piece may differ: Pixel Spacing is often rounded to a few digits."""
SIZE_ROUNDING_PX = 2.0
"""Of the coarser level: a level may have a pixel more or less than the finer one divided."""
ORIGIN_ROUNDING_PX = 1.5
"""Of the coarser level: the origin is the centre of the first pixel, which lies half a pixel inside the picture."""
ORIGIN_ROUNDING = 0.001
"""Share of the picture's size on top: an origin is often rounded to hundredths of a millimetre."""
NO_SIZE_UM = 20.0
"""Taken as the side of a pixel, to round an origin, where an image states no size."""
TURNED = 0.01
"""Difference of two direction cosines."""
UM_PER_MM = 1000.0
Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Area:
    """What one image states of the piece it shows; None or empty where it does not say."""

    matrix: tuple[int, int]
    """Width and height in pixels."""
    pixel_um: Pair | None
    """Pixel Spacing across and down; None for nonsense too."""
    volume_um: Pair | None
    """Width and height of the imaged volume; None for nonsense too."""
    origin_um: Pair | None
    orientation: tuple[float, ...]
    pyramid: str | None

    def is_of(self, whole: Area) -> bool:
        """Whether this is the same piece as `whole`, an image with as many pixels or more."""
        if self.pyramid and whole.pyramid and self.pyramid != whole.pyramid:
            return False
        if self.orientation and whole.orientation and not _as_turned(self.orientation, whole.orientation):
            return False
        return self._as_large(whole) and self._as_placed(whole)

    @property
    def sizes_um(self) -> tuple[Pair, ...]:
        """Width and height of the piece, in each way that it is stated."""
        pixel, (width, height) = self.pixel_um, self.matrix
        spaced = None if pixel is None else (pixel[0] * width, pixel[1] * height)
        return tuple(size for size in (self.volume_um, spaced) if size is not None)

    def _as_large(self, whole: Area) -> bool:
        """Where the ways of stating it contradict each other, one that agrees is enough: the other is a wrong size of a
        pixel, which `spacing.checked_by_levels` finds. Fewer pixels of the same size show less of the glass, though,
        whatever volume a scanner writes; only a common pyramid then says that it is a level.
        """
        if not self.sizes_um or not whole.sizes_um:
            return True
        if self._is_cut_from(whole) and not (self.pyramid and whole.pyramid):
            return False
        return any(self._sizes_agree(own, other) for own in self.sizes_um for other in whole.sizes_um)

    def _is_cut_from(self, whole: Area) -> bool:
        """Whether its pixels are as large as those of `whole`, and fewer."""
        if self.pixel_um is None or whole.pixel_um is None:
            return False
        alike = all(abs(a - b) <= b * SIZES_AGREE for a, b in zip(self.pixel_um, whole.pixel_um, strict=True))
        spaced = (whole.pixel_um[0] * whole.matrix[0], whole.pixel_um[1] * whole.matrix[1])
        own = (self.pixel_um[0] * self.matrix[0], self.pixel_um[1] * self.matrix[1])
        return alike and not self._sizes_agree(own, spaced)

    def _sizes_agree(self, own: Pair, other: Pair) -> bool:
        sides = zip(own, other, self.matrix, strict=True)
        return all(abs(a - b) <= b * SIZES_AGREE + b / pixels * SIZE_ROUNDING_PX for a, b, pixels in sides)

    def _as_placed(self, whole: Area) -> bool:
        if self.origin_um is None or whole.origin_um is None:
            return True
        size = min(whole.sizes_um, key=max) if whole.sizes_um else None
        longest = max(size) if size else 0.0
        pixel = max(size[0] / self.matrix[0], size[1] / self.matrix[1]) if size else NO_SIZE_UM
        return math.dist(self.origin_um, whole.origin_um) <= pixel * ORIGIN_ROUNDING_PX + longest * ORIGIN_ROUNDING


def area_of(instance: Instance) -> Area:
    """What an instance states. Raises any of `PARSER_ERRORS` for values of the wrong kind."""
    header = instance.header
    place = first_item(header, "TotalPixelMatrixOriginSequence")
    x, y = (place.get(f"{axis}OffsetInSlideCoordinateSystem") for axis in "XY")
    return Area(
        matrix=matrix_size(instance),
        pixel_um=_possible(pixel_spacing_um(header)),
        volume_um=_possible(volume_um(header)),
        origin_um=None if x is None or y is None else (float(x) * UM_PER_MM, float(y) * UM_PER_MM),
        orientation=tuple(float(cosine) for cosine in _several(header.get("ImageOrientationSlide"))),
        pyramid=instance.text("PyramidUID"),
    )


def require_one_area(levels: list[list[Instance]], name: str) -> None:
    """Raises `SeveralSlides` where the images, largest first, show several pieces, or do not tell that they show one.

    Images in several series have to say how large their piece is; those of one series without a size are taken as
    levels, because nothing else may lie in a series without saying so.
    """
    pieces: list[Area] = []
    series: set[str | None] = set()
    for instance in (instance for group in levels for instance in group):
        area = area_of(instance)
        known = any(area.is_of(piece) for piece in pieces)
        new_series = bool(series) and instance.text("SeriesInstanceUID") not in series
        if not known or (new_series and not (area.sizes_um and pieces[0].sizes_um)):
            pieces.append(area)
        series.add(instance.text("SeriesInstanceUID"))
    if len(pieces) > 1:
        raise SeveralSlides(file=name, count=len(pieces))


def _possible(sides: Pair | None) -> Pair | None:
    return sides if sides is not None and all(math.isfinite(side) and side > 0 for side in sides) else None


def _as_turned(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return len(one) == len(other) and all(abs(a - b) <= TURNED for a, b in zip(one, other, strict=True))


def _several(value: Any) -> list[Any]:
    return list(value) if value is not None and hasattr(value, "__len__") else []
