"""Leica SCN: a picture of the glass and one or more scanned areas, in BigTIFF with XML.

Sources: OpenSlide's documentation, "Leica format"; Bio-Formats' LeicaSCNReader for planes and channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from coverslip.phantoms.files.directories import (
    DESCRIPTION,
    ICC,
    UNDEFINED,
    Directory,
    jpeg_tiles,
    write_directories,
)
from coverslip.phantoms.files.picture import Rgb, halved, tissue

GLASS_PX = (1200, 3000)
"""Width and height of the glass in pixels of level 0."""


@dataclass(frozen=True, slots=True)
class ScnArea:
    """One scanned area: its corner in the picture and on the glass, and its size, all in pixels of level 0."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ScnOptions:
    """How the slide is written."""

    areas: tuple[ScnArea, ...] = (ScnArea(0, 0, 500, 380),)
    corner: tuple[int, int] = (300, 800)
    """Where the picture's corner lies on the glass."""
    tile: tuple[int, int] = (128, 128)
    factors: tuple[int, ...] = (1, 4)
    spacing_nm: int = 500
    planes: int = 1
    channels: tuple[str, ...] = ()
    """Names of fluorescence channels; none: brightfield."""
    icc_profile: bytes | None = None


def write_scn(path: Path, image: Rgb, options: ScnOptions | None = None) -> Path:
    """An SCN file of the areas cut from the picture."""
    options = options or ScnOptions()
    macro = tissue(GLASS_PX[0] // 10, GLASS_PX[1] // 10, 8)
    directories = [jpeg_tiles(macro, options.tile)]
    images = [
        _image_xml(
            (0, 0, *GLASS_PX),
            f'<dimension sizeX="{macro.shape[1]}" sizeY="{macro.shape[0]}" r="0" z="0" c="0" ifd="0"/>',
            options,
            brightfield=True,
        )
    ]
    for area in options.areas:
        pixels = image[area.y : area.y + area.height, area.x : area.x + area.width]
        dimensions = ""
        for plane in range(options.planes):
            for channel in range(max(1, len(options.channels))):
                for level, factor in enumerate(options.factors):
                    made, shape = _directory(pixels, plane, channel, factor, options)
                    dimensions += (
                        f'<dimension sizeX="{shape[1]}" sizeY="{shape[0]}" r="{level}" z="{plane}" c="{channel}"'
                        f' ifd="{len(directories)}"/>'
                    )
                    directories.append(made)
        place = options.corner[0] + area.x, options.corner[1] + area.y, area.width, area.height
        images.append(_image_xml(place, dimensions, options, brightfield=not options.channels))
    size = (side * options.spacing_nm for side in GLASS_PX)
    directories[0].text(
        DESCRIPTION,
        '<?xml version="1.0"?><scn xmlns="http://www.leica-microsystems.com/scn/2010/10/01">'
        '<collection name="c" uuid="1" sizeX="{}" sizeY="{}">'
        "<barcode>UzI0LTEtQTE=</barcode>{}</collection></scn>".format(*size, "".join(images)),
    )
    return write_directories(path, directories)


def _directory(
    pixels: Rgb, plane: int, channel: int, factor: int, options: ScnOptions
) -> tuple[Directory, tuple[int, ...]]:
    if plane != options.planes // 2:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 2.0), dtype=np.uint8)
    small = halved(pixels, factor) if factor > 1 else pixels
    if options.channels:
        small = np.repeat(255 - small[..., channel : channel + 1], 3, axis=2)
        made = jpeg_tiles(small, options.tile, "grey")
    else:
        made = jpeg_tiles(small, options.tile)
    if options.icc_profile is not None:
        made.tags[ICC] = (UNDEFINED, options.icc_profile)
    return made.resolution(options.spacing_nm * factor / 1000), small.shape


def _image_xml(place: tuple[int, ...], dimensions: str, options: ScnOptions, *, brightfield: bool) -> str:
    x, y, width, height = (side * options.spacing_nm for side in place)
    colours = ("#0000ff", "#00ff00", "#ff0000")
    channels = "".join(
        f'<channel index="{n}" name="{name}" rgb="{colours[n % 3]}"/>' for n, name in enumerate(options.channels)
    )
    light = "brightfield" if brightfield else "fluorescence"
    settings = "" if brightfield else f"<channelSettings>{channels}</channelSettings>"
    return (
        '<image name="image"><creationDate>2024-03-14T08:30:00Z</creationDate>'
        '<device model="Leica SCN400F;Leica SCN" version="1.5"/>'
        f'<pixels sizeX="{width // options.spacing_nm}" sizeY="{height // options.spacing_nm}">{dimensions}</pixels>'
        f'<view sizeX="{width}" sizeY="{height}" offsetX="{x}" offsetY="{y}" spacingZ="2000"/>'
        "<scanSettings><objectiveSettings><objective>20</objective></objectiveSettings><illuminationSettings>"
        f"<numericalAperture>0.4</numericalAperture><illuminationSource>{light}</illuminationSource>"
        f"</illuminationSettings>{settings}</scanSettings></image>"
    )
