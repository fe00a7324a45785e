"""Where the camera frames of a Ventana BIF slide belong: the areas, joints and overlaps that its XML states.

Sources: Roche, "BIF image file format for digital pathology", version 1.0 (2020), "Image stitching process" and "AOI
positions within BIF-image"; for the older iScan, OpenSlide's documentation, "Ventana format". Frames are stored row by
row from the upper left corner; only their numbers in the joints run in serpentines from the lower left one.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from xml.etree import ElementTree

from coverslip.slides.errors import SlideCorrupt
from coverslip.slides.readers.tiff_chain import LONGEST_SIDE_PX

DP = "VENTANA DP"
MOST_FRAMES = 4_000_000


@dataclass(frozen=True, slots=True)
class Joint:
    """How two neighbouring frames overlap, in pixels; `second` is to the right of `first`, or below it."""

    first: tuple[int, int]
    second: tuple[int, int]
    overlap_x: float
    overlap_y: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Area:
    """One scanned area: where its frames stand in the file's grid, and where the stage was."""

    column: int
    row: int
    columns: int
    rows: int
    stage_x: float
    stage_y: float
    """Pixels from a common point; y grows upwards and names the lower border of the area."""
    joints: tuple[Joint, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each stored frame belongs. `places`: (column, row) in the file's grid -> corner on level 0, in pixels."""

    places: Mapping[tuple[int, int], tuple[int, int]]
    width: int
    height: int
    exact: bool
    """True where every frame belongs where it is stored, so that stored tiles are the slide's own tiles."""


def read_areas(xml: str, tile: tuple[int, int], file: str) -> list[Area]:
    """The scanned areas of `EncodeInfo`. Raises `SlideCorrupt`, ElementTree.ParseError (a SyntaxError)."""
    root = ElementTree.fromstring(xml)  # noqa: S314  expat limits entity expansion, and this runs in the sandbox
    infos = root.findall("SlideStitchInfo/ImageInfo")
    origins = root.find("AoiOrigin")
    if origins is None or len(origins) != len(infos):
        raise SlideCorrupt(file=file, problem="areas_origins")
    areas = []
    for info, origin in zip(infos, origins, strict=True):
        if not int(info.get("AOIScanned", "1")):
            continue
        if (int(info.get("Width", tile[0])), int(info.get("Height", tile[1]))) != tile:
            raise SlideCorrupt(file=file, problem="frames_tiles")
        x, y = int(float(origin.get("OriginX", "0"))), int(float(origin.get("OriginY", "0")))
        if x % tile[0] or y % tile[1] or x < 0 or y < 0:
            raise SlideCorrupt(file=file, problem="area_inside_tile")
        columns, rows = int(info.get("NumCols", "0")), int(info.get("NumRows", "0"))
        if columns <= 0 or rows <= 0 or columns * rows > MOST_FRAMES:
            raise SlideCorrupt(file=file, problem="area_frames", columns=columns, rows=rows)
        stage = _finite(info.get("Pos-X", "0"), file), _finite(info.get("Pos-Y", "0"), file)
        joints = tuple(_joints(info, columns, rows, file))
        areas.append(Area(x // tile[0], y // tile[1], columns, rows, *stage, joints))
    if not areas:
        raise SlideCorrupt(file=file, problem="areas_none")
    return areas


def lay_out(areas: list[Area], tile: tuple[int, int], *, by_stage: bool, file: str) -> Layout:
    """Places every frame. `by_stage`: several areas stand where the stage was (iScan), else where the file's grid has
    them (DP, whose grid is the slide). Raises `SlideCorrupt`.

    Overlaps are averaged, weighted by confidence, over all joints of one gap between columns or rows, not over the
    whole slide: the DP 200 overlaps only every few columns. Joints without confidence are ignored; a gap without any
    takes the mean of the others.
    """
    inside = [_within(area, tile) for area in areas]
    corners = [(float(area.column * tile[0]), float(area.row * tile[1])) for area in areas]
    if by_stage and len(areas) > 1:
        heights = [max(y for _, y in frames.values()) + tile[1] for frames in inside]
        top = max(area.stage_y + height for area, height in zip(areas, heights, strict=True))
        corners = [(area.stage_x, top - area.stage_y - height) for area, height in zip(areas, heights, strict=True)]
    placed = {
        (area.column + column, area.row + row): (round(left + x), round(upper + y))
        for area, frames, (left, upper) in zip(areas, inside, corners, strict=True)
        for (column, row), (x, y) in frames.items()
    }
    exact = _on_grid(placed, tile)
    if not exact:
        left, upper = min(x for x, _ in placed.values()), min(y for _, y in placed.values())
        placed = {frame: (x - left, y - upper) for frame, (x, y) in placed.items()}
        exact = _on_grid(placed, tile)
    width, height = max(x for x, _ in placed.values()) + tile[0], max(y for _, y in placed.values()) + tile[1]
    if width > LONGEST_SIDE_PX or height > LONGEST_SIDE_PX:
        raise SlideCorrupt(file=file, problem="areas_spread", width=width, height=height)
    return Layout(placed, width, height, exact)


def _on_grid(placed: Mapping[tuple[int, int], tuple[int, int]], tile: tuple[int, int]) -> bool:
    return all(place == (frame[0] * tile[0], frame[1] * tile[1]) for frame, place in placed.items())


def _within(area: Area, tile: tuple[int, int]) -> dict[tuple[int, int], tuple[float, float]]:
    """Corner of each frame from the upper left one, in pixels."""
    across = [joint for joint in area.joints if joint.first[1] == joint.second[1]]
    down = [joint for joint in area.joints if joint.first[0] == joint.second[0]]
    across_x, across_y = _gaps(across, area.columns - 1, 0)
    down_x, down_y = _gaps(down, area.rows - 1, 1)
    x = list(accumulate((tile[0] - overlap for overlap in across_x), initial=0.0))
    y = list(accumulate((tile[1] - overlap for overlap in down_y), initial=0.0))
    left = list(accumulate((-drift for drift in down_x), initial=0.0))
    up = list(accumulate((-drift for drift in across_y), initial=0.0))
    return {
        (column, row): (x[column] + left[row], y[row] + up[column])
        for row in range(area.rows)
        for column in range(area.columns)
    }


def _gaps(joints: Iterable[Joint], count: int, axis: int) -> tuple[list[float], list[float]]:
    """Mean overlap in x and in y of each of `count` gaps."""
    sums: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for joint in joints:
        for number in (joint.first[axis], -1):
            total = sums[number]
            total[0] += joint.confidence
            total[1] += joint.confidence * joint.overlap_x
            total[2] += joint.confidence * joint.overlap_y
    weight, all_x, all_y = sums[-1]
    mean = (all_x / weight, all_y / weight) if weight else (0.0, 0.0)
    known = {
        number: (total_x / weight, total_y / weight) for number, (weight, total_x, total_y) in sums.items() if weight
    }
    gaps = [known.get(number, mean) for number in range(count)]
    return [x for x, _ in gaps], [y for _, y in gaps]


def _joints(info: ElementTree.Element, columns: int, rows: int, file: str) -> Iterable[Joint]:
    for joint in info.findall("TileJointInfo"):
        confidence = _finite(joint.get("Confidence", "0"), file)
        if not int(joint.get("FlagJoined", "1")) or confidence <= 0:
            continue
        one, two = (_frame(int(joint.get(name, "0")), columns, rows, file) for name in ("Tile1", "Tile2"))
        first, second = sorted((one, two))
        if (second[0] - first[0], second[1] - first[1]) not in ((1, 0), (0, 1)):
            raise SlideCorrupt(file=file, problem="frames_joint", first=str(first), second=str(second))
        overlap = _finite(joint.get("OverlapX", "0"), file), _finite(joint.get("OverlapY", "0"), file)
        yield Joint(first, second, *overlap, confidence)


def _frame(number: int, columns: int, rows: int, file: str) -> tuple[int, int]:
    """Column and row, from the upper left, of a frame numbered in serpentines from the lower left one."""
    if not 1 <= number <= columns * rows:
        raise SlideCorrupt(file=file, problem="frame_outside", number=number, frames=columns * rows)
    from_below, along = divmod(number - 1, columns)
    return (along if from_below % 2 == 0 else columns - 1 - along), rows - 1 - from_below


def _finite(text: str, file: str) -> float:
    value = float(text)
    if not math.isfinite(value) or abs(value) > 1e9:
        raise SlideCorrupt(file=file, problem="position_unread", value=text)
    return value
