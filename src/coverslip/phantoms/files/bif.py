"""Ventana BIF (iScan Coreo, iScan HT, DP 200, DP 600): camera frames as tiles, overlapping where the camera overlapped.

Sources: Roche, "BIF image file format for digital pathology", version 1.0 (2020): directories, `iScan`, `EncodeInfo`,
serpentine numbers of frames, overlaps, areas; OpenSlide's documentation, "Ventana format", for the older scanners.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import cv2
import numpy as np

from coverslip.phantoms.files.directories import (
    DESCRIPTION,
    ICC,
    IMAGE_DEPTH,
    UNDEFINED,
    XMP,
    Directory,
    jpeg_tiles,
    one_strip,
    write_directories,
)
from coverslip.phantoms.files.jpeg_tiles import Colours
from coverslip.phantoms.files.picture import Rgb, halved, tissue

DP_200 = "VENTANA DP 200"


@dataclass(frozen=True, slots=True)
class BifArea:
    """One scanned area: its corner in the picture and its frames."""

    x: int
    y: int
    columns: int
    rows: int
    origin: tuple[int, int] = (0, 0)
    """Column and row of its first tile in the file's grid."""


@dataclass(frozen=True, slots=True)
class BifOptions:
    """How the slide is written. Overlaps and drifts in pixels, one for each gap from the left or the top, repeated."""

    areas: tuple[BifArea, ...] = (BifArea(0, 0, 3, 3),)
    tile: tuple[int, int] = (128, 96)
    overlap_x: tuple[int, ...] = (0,)
    overlap_y: tuple[int, ...] = (0,)
    drift_x: tuple[int, ...] = (0,)
    """How far each row lies to the left of the row above it."""
    drift_y: tuple[int, ...] = (0,)
    """How far each column lies above the column to its left."""
    levels: int = 3
    scanner: str | None = DP_200
    """None: an iScan, whose file does not name its model."""
    spacing_um: float = 0.25
    planes: int = 1
    """Focal planes: the nominal one, then those nearer to the lens, then those farther from it."""
    colours: Colours = "ycbcr"
    icc_profile: bytes | None = None
    unsure: tuple[int, ...] = ()
    """Positions of horizontal joints, from the left, whose overlap is nonsense of confidence 0 in the first row."""


def write_bif(path: Path, image: Rgb, options: BifOptions | None = None) -> Path:
    """A BIF of the areas cut from the picture: label image, thumbnail, levels 1/1, 1/2, 1/4, ..."""
    options = options or BifOptions()
    width, height = options.tile
    columns = max(area.origin[0] + area.columns for area in options.areas)
    rows = max(area.origin[1] + area.rows for area in options.areas)
    grids = [_grid(image, options, (columns * width, rows * height), plane) for plane in range(options.planes)]
    label = one_strip(tissue(90, 200, 5)).text(DESCRIPTION, "Label_Image").text(XMP, _scan_xml(options))
    thumbnail = one_strip(halved(image, 8)).text(DESCRIPTION, "Thumbnail")
    directories = [label, thumbnail]
    for number in range(options.levels):
        made = _level(grids, number, options)
        made.text(DESCRIPTION, f"level={number} mag={40 / 2**number:g} quality=95")
        if number == 0:
            made.text(XMP, _encode_xml(options))
            if options.icc_profile is not None:
                made.tags[ICC] = (UNDEFINED, options.icc_profile)
        directories.append(made)
    return write_directories(path, directories)


def places(area: BifArea, options: BifOptions) -> dict[tuple[int, int], tuple[int, int]]:
    """Corner in the picture of each frame (column, row) of an area."""

    def steps(size: int, overlaps: tuple[int, ...], count: int) -> list[int]:
        return list(accumulate((size - overlaps[gap % len(overlaps)] for gap in range(count - 1)), initial=0))

    x, y = steps(options.tile[0], options.overlap_x, area.columns), steps(options.tile[1], options.overlap_y, area.rows)
    left, up = steps(0, options.drift_x, area.rows), steps(0, options.drift_y, area.columns)
    return {
        (column, row): (area.x + x[column] + left[row], area.y + y[row] + up[column])
        for row in range(area.rows)
        for column in range(area.columns)
    }


def _grid(image: Rgb, options: BifOptions, size: tuple[int, int], plane: int) -> Rgb:
    """All frames side by side, as they lie in the file; other focal planes are blurred."""
    if plane:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 1.5 * plane), dtype=np.uint8)
    width, height = options.tile
    grid = np.full((size[1], size[0], 3), 235, dtype=np.uint8)
    for area in options.areas:
        for (column, row), (x, y) in places(area, options).items():
            left, top = (area.origin[0] + column) * width, (area.origin[1] + row) * height
            grid[top : top + height, left : left + width] = image[y : y + height, x : x + width]
    return grid


def _level(grids: list[Rgb], number: int, options: BifOptions) -> Directory:
    made = [jpeg_tiles(halved(grid, 2**number) if number else grid, options.tile, options.colours) for grid in grids]
    made[0].blocks = [block for plane in made for block in plane.blocks]
    if len(grids) > 1:
        made[0].number(IMAGE_DEPTH, len(grids))
    return made[0]


def _scan_attributes(options: BifOptions) -> str:
    model = f' ScannerModel="{options.scanner}" ScanWhitePoint="235" Barcode1D="S24-1-A1"' if options.scanner else ""
    return (
        f'Magnification="40" ScanRes="{options.spacing_um}" UnitNumber="2000515" UserName="Operator"'
        f' BuildVersion="1.1.0.15854" BuildDate="11/27/2019 11:6:28 AM" SlideAnnotation="" ShowLabel="1"'
        f' LabelBoundary="0" Z-layers="{options.planes}" Z-spacing="1.5" FocusMode="0" FocusQuality="1" ScanMode="1"'
        f"{model}"
    )


def _scan_xml(options: BifOptions) -> str:
    inner = "".join(f'<AOI{n} Left="1" Top="1" Right="2" Bottom="2"/>' for n in range(len(options.areas)))
    scan = f"<iScan {_scan_attributes(options)}>{inner}</iScan>"
    return f"<?xml version='1.0' encoding='utf-8' ?><Metadata>{scan}</Metadata>" if options.scanner else scan


def _encode_xml(options: BifOptions) -> str:
    infos = "".join(_area_xml(number, area, options) for number, area in enumerate(options.areas))
    origins = "".join(
        f'<AOI{n} OriginX="{area.origin[0] * options.tile[0]}" OriginY="{area.origin[1] * options.tile[1]}"/>'
        for n, area in enumerate(options.areas)
    )
    return (
        "<?xml version='1.0' encoding='utf-8' ?><EncodeInfo Ver=\"2\">"
        f'<SlideInfo Rack="0" Slot="2"><iScan {_scan_attributes(options)}/></SlideInfo>'
        f'<SlideStitchInfo Left="-1" Top="-1" Right="-1" Bottom="-1">{infos}</SlideStitchInfo>'
        f"<AoiOrigin>{origins}</AoiOrigin></EncodeInfo>"
    )


def _area_xml(number: int, area: BifArea, options: BifOptions) -> str:
    width, height = options.tile
    frames = places(area, options)
    lowest = max(y for _, y in frames.values()) + height
    joints = "".join(_joints(area, options))
    return (
        f'<ImageInfo AOIScanned="1" AOIIndex="{number}" NumRows="{area.rows}" NumCols="{area.columns}" Width="{width}"'
        f' Height="{height}" Pos-X="{area.x}" Pos-Y="{100_000 - lowest}">{joints}</ImageInfo>'
    )


def serpentine(column: int, row: int, columns: int, rows: int) -> int:
    """Number of a frame, from 1: from the lower left corner to the right, the next row back, and so on."""
    from_below = rows - 1 - row
    return 1 + from_below * columns + (column if from_below % 2 == 0 else columns - 1 - column)


def _joints(area: BifArea, options: BifOptions) -> list[str]:
    frames = places(area, options)
    width, height = options.tile
    made = []

    def joint(first: tuple[int, int], second: tuple[int, int], direction: str, x: int, y: int, confidence: int) -> None:
        one, two = (serpentine(*frame, area.columns, area.rows) for frame in (first, second))
        made.append(
            f'<TileJointInfo FlagJoined="{int(confidence > 0)}" Confidence="{confidence}" Direction="{direction}"'
            f' Tile1="{one}" Tile2="{two}" OverlapX="{x}" OverlapY="{y}"/>'
        )

    for (column, row), (x, y) in frames.items():
        right, below = frames.get((column + 1, row)), frames.get((column, row + 1))
        if right is not None:
            wrong = row == 0 and column in options.unsure
            overlap = (77, 33) if wrong else (x + width - right[0], y - right[1])
            direction = "LEFT" if options.scanner else "RIGHT"
            joint((column, row), (column + 1, row), direction, *overlap, 0 if wrong else 98)
        if below is not None:
            joint((column, row + 1), (column, row), "UP", x - below[0], y + height - below[1], 98)
    return made
