"""Which piece of the glass a DICOM image shows: levels are one picture only where they show the same piece.

PS3.3 C.8.12.4: Imaged Volume Width and Height, and Pixel Spacing times the total pixel matrix, give the size of the
piece; Total Pixel Matrix Origin Sequence and Image Orientation (Slide) its place; Pyramid UID (C.8.12.14) names the
pyramid. A scanner may scan several areas of one glass in one series and one frame of reference.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

FLAVOURS = {"LABEL": "label", "OVERVIEW": "macro", "THUMBNAIL": "thumbnail", "LOCALIZER": "macro"}
"""Third value of Image Type (PS3.3 C.8.12.4.1.1) -> what the picture is here; anything else is a level."""
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
        return all(abs(a - b) <= b * SIZES_AGREE + b / max(1, pixels) * SIZE_ROUNDING_PX for a, b, pixels in sides)

    def _as_placed(self, whole: Area) -> bool:
        if self.origin_um is None or whole.origin_um is None:
            return True
        size = min(whole.sizes_um, key=max) if whole.sizes_um else None
        longest = max(size) if size else 0.0
        pixel = max(size[0] / max(1, self.matrix[0]), size[1] / max(1, self.matrix[1])) if size else NO_SIZE_UM
        return math.dist(self.origin_um, whole.origin_um) <= pixel * ORIGIN_ROUNDING_PX + longest * ORIGIN_ROUNDING


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of the glass: its largest image, and which images show it."""

    whole: Area
    images: list[int]
    series: set[str]


def area_of(header: Any) -> Area:
    """What a header states. Raises any of `PARSER_ERRORS` for values of the wrong kind."""
    width = header.get("TotalPixelMatrixColumns") or header.get("Columns") or 0
    height = header.get("TotalPixelMatrixRows") or header.get("Rows") or 0
    place: Any = next(iter(header.get("TotalPixelMatrixOriginSequence") or ()), {})
    x, y = (place.get(f"{axis}OffsetInSlideCoordinateSystem") for axis in "XY")
    turned = header.get("ImageOrientationSlide")
    return Area(
        matrix=(int(width), int(height)),
        pixel_um=_possible(pixel_spacing_um(header)),
        volume_um=_possible(volume_um(header)),
        origin_um=None if x is None or y is None else (float(x) * UM_PER_MM, float(y) * UM_PER_MM),
        orientation=tuple(float(cosine) for cosine in turned) if hasattr(turned, "__len__") else (),
        pyramid=str(header.get("PyramidUID") or "").strip() or None,
    )


def pieces_of(images: Sequence[tuple[Area, str]]) -> list[Piece]:
    """The pieces of glass that images (each with its series) show, the largest image's first.

    Images of several series have to say how large their piece is; those of one series without a size are taken as
    levels, because nothing else may lie in a series without saying so.
    """
    pieces: list[Piece] = []
    for number in sorted(range(len(images)), key=lambda each: images[each][0].matrix, reverse=True):
        area, series = images[number]
        for piece in pieces:
            sized = area.sizes_um and piece.whole.sizes_um
            if area.is_of(piece.whole) and (series in piece.series or sized):
                piece.images.append(number)
                piece.series.add(series)
                break
        else:
            pieces.append(Piece(area, [number], {series}))
    return pieces


def flavour_of(header: Any) -> str | None:
    """`label`, `macro` or `thumbnail`; None for a level."""
    kinds = [str(value) for value in header.get("ImageType") or ()]
    return FLAVOURS.get(kinds[2]) if len(kinds) > 2 else None


def pixel_spacing_um(header: Any) -> Pair | None:
    """Pixel Spacing (PS3.3 C.7.6.16.2.1) across and down, in micrometres, as stated: nonsense too; None: not stated."""
    groups = [
        group
        for keyword in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
        for group in list(header.get(keyword) or ())[:1]
    ]
    measures = [measure for group in groups for measure in group.get("PixelMeasuresSequence") or ()]
    stated = next((measure.PixelSpacing for measure in measures if measure.get("PixelSpacing") is not None), None)
    return None if stated is None else (float(stated[1]) * UM_PER_MM, float(stated[0]) * UM_PER_MM)


def volume_um(header: Any) -> Pair | None:
    """Imaged Volume Width and Height (PS3.3 C.8.12.4) in micrometres, as stated; None: not stated."""
    across, down = header.get("ImagedVolumeWidth"), header.get("ImagedVolumeHeight")
    return None if across is None or down is None else (float(across) * UM_PER_MM, float(down) * UM_PER_MM)


def _possible(sides: Pair | None) -> Pair | None:
    return sides if sides is not None and all(math.isfinite(side) and side > 0 for side in sides) else None


def _as_turned(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return len(one) == len(other) and all(abs(a - b) <= TURNED for a, b in zip(one, other, strict=True))
