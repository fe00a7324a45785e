"""Aperio SVS: JPEG tiles in RGB or YCbCr, or JPEG 2000; thumbnail, label, macro."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import imagecodecs
import numpy as np
import tifffile

from coverslip.phantoms.files.jpeg_tiles import Colours, abbreviated
from coverslip.phantoms.files.picture import Rgb, cut, halved, tissue

APERIO_YCBCR, APERIO_RGB = 33003, 33005


@dataclass(frozen=True, slots=True)
class SvsOptions:
    """How the slide is written; `mpp` None: the file does not state its pixel size."""

    tile: tuple[int, int] = (64, 48)
    """Width and height, multiples of 16."""
    factors: tuple[int, ...] = (1, 4)
    colours: Colours = "rgb"
    mpp: float | None = 0.25
    power: float | None = 40.0
    jpeg2000: Literal["", "ycbcr", "rgb"] = ""
    """Tiles are JPEG 2000 whose samples are YCbCr (compression 33003) or RGB (33005); "": JPEG."""
    associated: bool = True
    extra: str = ""
    """More of `|KEY = VALUE`."""
    icc_profile: bytes | None = None
    omit: tuple[tuple[int, int], ...] = ()
    """Tiles (column, row) of level 0 that are not stored."""


def write_svs(path: Path, image: Rgb, options: SvsOptions | None = None) -> Path:
    """An Aperio SVS file: level 0, thumbnail, smaller levels, label, macro."""
    options = options or SvsOptions()
    header = f"Aperio Image Library v12.0.0\n{image.shape[1]}x{image.shape[0]} ({options.tile[0]}x{options.tile[1]})"
    values = [f"{name} = {value:g}" for name, value in (("AppMag", options.power), ("MPP", options.mpp)) if value]
    description = "|".join([header, *values, "Date = 03/14/24", "Time = 08:30:00"]) + options.extra
    with tifffile.TiffWriter(path) as tiff:
        for number, factor in enumerate(options.factors):
            level = halved(image, factor) if factor > 1 else image
            _write_level(tiff, level, options, description if number == 0 else header, first=number == 0)
            if number == 0:
                small = halved(image, max(1, max(image.shape) // 128))
                _write_striped(tiff, small, f"Aperio\n{small.shape[1]}x{small.shape[0]} -")
        if options.associated:
            _write_striped(tiff, tissue(60, 70, 3), "Aperio\nlabel 60x70", subfiletype=1)
            _write_striped(tiff, tissue(130, 50, 4), "Aperio\nmacro 130x50", subfiletype=9)
    return path


def _write_level(tiff: Any, level: Rgb, options: SvsOptions, description: str, *, first: bool) -> None:
    width, height = options.tile
    omit = options.omit if first else ()
    shape, tile = level.shape, (height, width)
    common = {"shape": shape, "dtype": "uint8", "tile": tile, "description": description, "metadata": None}
    if options.jpeg2000:
        data = [_jpeg2000(part, options.jpeg2000) for part in cut(level, options.tile)]
        code = APERIO_RGB if options.jpeg2000 == "rgb" else APERIO_YCBCR
        tiff.write(iter(data), compression=code, photometric="rgb", iccprofile=options.icc_profile, **common)
        return
    tables, tiles = abbreviated(cut(level, options.tile), options.colours)
    columns = -(-level.shape[1] // width)
    kept = [b"" if (number % columns, number // columns) in omit else data for number, data in enumerate(tiles)]
    photometric, sampling = ("rgb", (1, 1)) if options.colours == "rgb" else ("ycbcr", (2, 2))
    tiff.write(
        iter(kept),
        compression="jpeg",
        photometric=photometric,
        subsampling=sampling,
        compressionargs={"outcolorspace": options.colours},
        jpegtables=tables,
        iccprofile=options.icc_profile,
        **common,
    )


def _jpeg2000(tile: Rgb, colours: str) -> bytes:
    """A bare code stream, as Aperio stores it: without the boxes that would name its colours."""
    samples = rgb_to_ycbcr(tile) if colours == "ycbcr" else tile
    return bytes(imagecodecs.jpeg2k_encode(samples, level=60, codecformat="j2k", mct=False))


def rgb_to_ycbcr(rgb: Rgb) -> Rgb:
    """Full-range YCbCr of ITU-R BT.601, as in JFIF; both (h, w, 3) uint8."""
    matrix = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
    return np.asarray((rgb @ matrix.T + (0, 128, 128)).round().clip(0, 255), dtype=np.uint8)


def _write_striped(tiff: Any, image: Rgb, description: str, subfiletype: int = 0) -> None:
    tiff.write(
        image,
        photometric="rgb",
        compression="lzw",
        predictor=True,
        rowsperstrip=16,
        description=description,
        metadata=None,
        subfiletype=subfiletype,
    )
