"""OME-TIFF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tifffile

from coverslip.phantoms.files.jpeg_tiles import QUALITY
from coverslip.phantoms.files.picture import Rgb, halved


def write_ome(path: Path, image: Rgb, *, mpp: float | None = 0.25, factors: Sequence[int] = (2, 4)) -> Path:
    """An OME-TIFF whose smaller levels are sub-IFDs of the first, JPEG in YCbCr; `mpp` None: not stated."""
    metadata: dict[str, Any] = {"axes": "YXS", "Name": "scan"}
    if mpp is not None:
        metadata |= {"PhysicalSizeX": mpp, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": mpp, "PhysicalSizeYUnit": "µm"}
    common: dict[str, Any] = {"tile": (64, 64), "photometric": "rgb", "compression": "jpeg"}
    common["compressionargs"] = {"level": QUALITY}
    with tifffile.TiffWriter(path, ome=True) as tiff:
        tiff.write(image, subifds=len(factors), metadata=metadata, **common)
        for factor in factors:
            tiff.write(halved(image, factor), subfiletype=1, metadata=None, **common)
    return path
