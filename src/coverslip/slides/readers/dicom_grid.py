"""Which frame of which instance shows which tile, focal plane and optical path of a DICOM level.

TILED_FULL (PS3.3 C.7.6.17.3): frames follow one another by column, row, focal plane and optical path. TILED_SPARSE:
each frame states its place; what no frame shows is not stored. A level may lie in several instances: parts of a
concatenation (PS3.3 C.7.6.16.2.2.4), or one for each focal plane or optical path.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coverslip.errors import Problem
from coverslip.slides.errors import FormatDeclined, SlideCorrupt
from coverslip.slides.readers.dicom_instance import Instance, first_item, items, text_of
from coverslip.slides.readers.tiff_chain import check_size
from coverslip.slides.slide import FocalPlane

UM_PER_MM = 1000.0
SAME_PLANE_UM = 0.001
NOT_STORED = -1
MOST_TILES = 20_000_000
MOST_PLANES = 1000


@dataclass(frozen=True, slots=True)
class Grid:
    """`instance` and `frame`: (planes, paths, rows * columns), the frame that shows a tile, or `NOT_STORED`."""

    width: int
    height: int
    tile_width: int
    tile_height: int
    planes: tuple[FocalPlane, ...]
    paths: tuple[str, ...]
    instance: NDArray[np.int32]
    frame: NDArray[np.int64]

    @property
    def columns(self) -> int:
        """Tiles in a row."""
        return -(-self.width // self.tile_width)

    @property
    def rows(self) -> int:
        """Rows of tiles."""
        return -(-self.height // self.tile_height)

    def nearest_plane(self, offset_um: float | None, position: int) -> int:
        """This level's plane for one of another level: at the same offset, else nearest; by position if not stated."""
        stated = [plane.offset_um for plane in self.planes]
        if offset_um is None or any(offset is None for offset in stated):
            return min(position, len(self.planes) - 1)
        return min(range(len(stated)), key=lambda number: abs((stated[number] or 0.0) - offset_um))


@dataclass(frozen=True, slots=True)
class _Frames:
    """Of one instance, for each frame in order: its tile, its height (um) and its optical path."""

    tile: NDArray[np.int64]
    z_um: NDArray[np.float64]
    z_stated: bool
    path: list[str]


def grid_of(instances: list[Instance]) -> Grid:
    """The grid of one level. Raises `SlideCorrupt`, `FormatDeclined`."""
    first = instances[0]
    width, height = matrix_size(first)
    check_size(first.name, width, height)
    tile_width, tile_height = first.number("Columns"), first.number("Rows")
    if tile_width <= 0 or tile_height <= 0:
        raise SlideCorrupt(file=first.name, problem="tiles_without_size")
    columns, rows = -(-width // tile_width), -(-height // tile_height)
    if columns * rows > MOST_TILES:
        raise SlideCorrupt(file=first.name, problem="tiles_many", number=columns * rows)
    if any((other.number("Columns"), other.number("Rows")) != (tile_width, tile_height) for other in instances):
        raise FormatDeclined(file=first.name, problem="tiles_sizes")
    found = [_frames_of(instance, columns, rows, tile_width, tile_height) for instance in instances]
    z_stated = all(frames.z_stated for frames in found)
    heights = _heights(found)
    if len(heights) > MOST_PLANES:
        raise SlideCorrupt(file=first.name, problem="planes_many", number=len(heights))
    paths = list(dict.fromkeys(name for frames in found for name in frames.path))
    shape = (len(heights), len(paths), columns * rows)
    if math.prod(shape) > MOST_TILES:
        raise SlideCorrupt(file=first.name, problem="tiles_many", number=math.prod(shape))
    instance, frame = np.full(shape, NOT_STORED, np.int32), np.full(shape, NOT_STORED, np.int64)
    for number, frames in enumerate(found):
        plane = np.abs(frames.z_um[:, None] - np.array(heights)[None]).argmin(axis=1) if len(heights) > 1 else 0
        path = np.array([paths.index(name) for name in frames.path]) if len(paths) > 1 else 0
        taken = int((instance != NOT_STORED).sum())
        instance[plane, path, frames.tile] = number
        if int((instance != NOT_STORED).sum()) != taken + len(frames.tile):
            raise SlideCorrupt(file=first.name, problem="frames_same_tile")
        frame[plane, path, frames.tile] = np.arange(len(frames.tile))
    _check_complete(instances, instance)
    planes = tuple(FocalPlane(float(z) if z_stated else None) for z in heights)
    return Grid(width, height, tile_width, tile_height, planes, tuple(paths), instance, frame)


def matrix_size(instance: Instance) -> tuple[int, int]:
    """Width and height of the level; an image without a total pixel matrix is one frame."""
    width = instance.number("TotalPixelMatrixColumns", instance.number("Columns"))
    return width, instance.number("TotalPixelMatrixRows", instance.number("Rows"))


def is_full(instance: Instance) -> bool:
    """Whether frames follow in order, and every one is stored."""
    stated = instance.text("DimensionOrganizationType")
    return stated == "TILED_FULL" or (stated is None and not items(instance.header, "PerFrameFunctionalGroupsSequence"))


def _frames_of(instance: Instance, columns: int, rows: int, tile_width: int, tile_height: int) -> _Frames:
    if is_full(instance):
        return _full(instance, columns * rows)
    return _sparse(instance, columns, rows, tile_width, tile_height)


def _full(instance: Instance, tiles: int) -> _Frames:
    header = instance.header
    planes = instance.number("TotalPixelMatrixFocalPlanes", 1)
    names = [text_of(path, "OpticalPathIdentifier") or "" for path in items(header, "OpticalPathSequence")] or [""]
    start = instance.number("ConcatenationFrameOffsetNumber", 0)
    count = instance.number("NumberOfFrames", 1)
    if planes < 1 or start < 0 or count < 1 or start + count > tiles * planes * len(names):
        problem = Problem("frames_beyond", frames=start + count, tiles=tiles * max(planes, 1) * len(names))
        raise SlideCorrupt(file=instance.name, problem=problem)
    frame = np.arange(start, start + count, dtype=np.int64)
    lowest, step = _focus(header)
    z = np.asarray((lowest or 0.0) + (frame // tiles % planes) * (step or 1.0), dtype=np.float64)
    path = [names[number] for number in frame // (tiles * planes)] if len(names) > 1 else [names[0]] * count
    z_stated = step is not None if planes > 1 else lowest is not None
    return _Frames(frame % tiles, z, z_stated, path)


def _focus(header: Any) -> tuple[float | None, float | None]:
    """Height of the lowest focal plane and the step to the next, in micrometres; None where not stated."""
    shared = first_item(header, "SharedFunctionalGroupsSequence")
    places = [*items(shared, "PlanePositionSlideSequence"), *items(header, "TotalPixelMatrixOriginSequence")]
    stated = [float(z) for place in places if (z := place.get("ZOffsetInSlideCoordinateSystem")) is not None]
    measures = first_item(shared, "PixelMeasuresSequence")
    step = measures.get("SpacingBetweenSlices")
    return (stated[0] if stated else None), (float(step) * UM_PER_MM if step else None)


def _sparse(instance: Instance, columns: int, rows: int, tile_width: int, tile_height: int) -> _Frames:
    header = instance.header
    shared = first_item(header, "SharedFunctionalGroupsSequence")
    groups = items(header, "PerFrameFunctionalGroupsSequence")
    if len(groups) != instance.number("NumberOfFrames", 1):
        problem = Problem("frames_unplaced", frames=instance.number("NumberOfFrames", 1), placed=len(groups))
        raise SlideCorrupt(file=instance.name, problem=problem)
    alone = [text_of(path, "OpticalPathIdentifier") or "" for path in items(header, "OpticalPathSequence")] or [""]
    common = first_item(shared, "OpticalPathIdentificationSequence").get("OpticalPathIdentifier", alone[0])
    tile, heights, paths = np.zeros(len(groups), np.int64), np.zeros(len(groups)), []
    z_stated = True
    for number, group in enumerate(groups):
        place = first_item(group, "PlanePositionSlideSequence")
        if "ColumnPositionInTotalImagePixelMatrix" not in place:
            raise SlideCorrupt(file=instance.name, problem="frame_no_place", number=number + 1)
        x = int(place.ColumnPositionInTotalImagePixelMatrix) - 1
        y = int(place.RowPositionInTotalImagePixelMatrix) - 1
        if x % tile_width or y % tile_height:
            raise FormatDeclined(file=instance.name, problem="frames_off_grid")
        column, row = x // tile_width, y // tile_height
        if not (0 <= column < columns and 0 <= row < rows):
            raise SlideCorrupt(file=instance.name, problem="frame_outside_slide", number=number + 1)
        tile[number] = row * columns + column
        z = place.get("ZOffsetInSlideCoordinateSystem")
        z_stated &= z is not None
        heights[number] = float(z or 0.0)
        own = first_item(group, "OpticalPathIdentificationSequence")
        paths.append(str(own.get("OpticalPathIdentifier", common)))
    return _Frames(tile, heights, z_stated, paths)


def _heights(found: list[_Frames]) -> list[float]:
    heights = np.unique(np.concatenate([frames.z_um for frames in found]))
    if not len(heights):
        return [0.0]
    if not np.isfinite(heights).all():
        raise ValueError("a focal plane at no height")
    return [float(z) for z, gap in zip(heights, np.diff(heights, prepend=-np.inf), strict=True) if gap > SAME_PLANE_UM]


def _check_complete(instances: list[Instance], placed: NDArray[np.int32]) -> None:
    """Raises `SlideCorrupt` where a part of a concatenation or of a full level is missing."""
    first = instances[0]
    parts = {other.number("InConcatenationNumber", 0) for other in instances if other.text("ConcatenationUID")}
    stated = max((other.number("InConcatenationTotalNumber", 0) for other in instances), default=0)
    if parts and stated > len(parts):
        problem = Problem("dicom_files_missing", present=len(parts), stated=stated)
        raise SlideCorrupt(file=first.name, problem=problem)
    missing = int((placed == NOT_STORED).sum())
    if missing and all(is_full(other) for other in instances):
        problem = Problem("dicom_tiles_missing", present=placed.size - missing, stated=placed.size)
        raise SlideCorrupt(file=first.name, problem=problem)
