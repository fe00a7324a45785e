"""PerkinElmer and Akoya QPTIFF: brightfield or fluorescence, XML in every directory.

Source: Akoya's description of the QPTIFF format; tifffile's notes on `PerkinElmer-QPI`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from coverslip.phantoms.files.picture import Rgb, halved, tissue

SOFTWARE = "PerkinElmer-QPI"


@dataclass(frozen=True, slots=True)
class QptiffOptions:
    """How the slide is written; `channels`: names, none: brightfield in colour."""

    channels: tuple[str, ...] = ()
    deep: bool = True
    """Channels of 16 bits, else 8."""
    factors: tuple[int, ...] = (1, 2, 4)
    tile: int = 64
    spacing_um: float = 0.5


def write_qptiff(path: Path, image: Rgb, options: QptiffOptions | None = None) -> Path:
    """A QPTIFF: full resolution, thumbnail, reduced levels, overview, label. Channel n is the n-th of red, green, blue,
    inverted, so that tissue shines."""
    options = options or QptiffOptions()
    with tifffile.TiffWriter(path, bigtiff=True) as tiff:
        for number, factor in enumerate(options.factors):
            level = halved(image, factor) if factor > 1 else image
            kind = "ReducedResolution" if number else "FullResolution"
            resolution = (1e4 / (options.spacing_um * factor),) * 2
            common: dict[str, Any] = {
                "tile": (options.tile, options.tile),
                "subfiletype": int(number > 0),
                "resolution": resolution,
                "resolutionunit": "CENTIMETER",
            }
            if options.channels:
                for channel in range(len(options.channels)):
                    pixels = 255 - level[..., channel % 3]
                    stored = pixels.astype(np.uint16) * 100 if options.deep else pixels
                    _write(tiff, stored, _xml(kind, options, channel), compression="lzw", **common)
            else:
                _write(tiff, level, _xml(kind, options, None), compression="jpeg", photometric="rgb", **common)
            if number == 0:
                _write(tiff, halved(image, 8), _xml("Thumbnail", options, None), photometric="rgb")
        _write(tiff, tissue(120, 60, 7), _xml("Overview", options, None), photometric="rgb")
        _write(tiff, tissue(60, 60, 8), _xml("Label", options, None), photometric="rgb")
    return path


def _write(tiff: Any, pixels: Any, description: str, **options: Any) -> None:
    grey = {} if pixels.ndim == 3 else {"photometric": "minisblack"}
    tiff.write(pixels, description=description, metadata=None, software=SOFTWARE, **grey, **options)


def _xml(kind: str, options: QptiffOptions, channel: int | None) -> str:
    named = ""
    if channel is not None:
        colour = [0, 0, 0]
        colour[channel % 3] = 255
        named = f"<Name>{options.channels[channel]}</Name><Color>{','.join(map(str, colour))}</Color>"
    return (
        '<?xml version="1.0" encoding="utf-16"?><PerkinElmer-QPI-ImageDescription>'
        "<DescriptionVersion>2</DescriptionVersion><AcquisitionSoftware>VectraScan 1.0.0</AcquisitionSoftware>"
        f"<ImageType>{kind}</ImageType><Identifier>1</Identifier><SlideID>S24-1-A1</SlideID>"
        "<Barcode>S24-1-A1</Barcode><InstrumentType>Vectra Polaris</InstrumentType>"
        f"{named}<Objective>20x</Objective></PerkinElmer-QPI-ImageDescription>"
    )
