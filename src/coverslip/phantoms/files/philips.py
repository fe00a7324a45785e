"""Philips TIFF: padded levels, pixel sizes and pictures of the label in XML, tiles without tissue left out.

Source: OpenSlide's documentation, "Philips format".
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coverslip.phantoms.files.directories import (
    DESCRIPTION,
    SOFTWARE,
    SUBFILE,
    Directory,
    jpeg_tiles,
    write_directories,
)
from coverslip.phantoms.files.jpeg_tiles import encoded
from coverslip.phantoms.files.picture import Rgb, halved, tissue


@dataclass(frozen=True, slots=True)
class PhilipsOptions:
    """How the slide is written."""

    tile: tuple[int, int] = (128, 128)
    factors: tuple[int, ...] = (1, 2, 4)
    spacing_um: float = 0.25
    omit: tuple[tuple[int, int], ...] = ()
    """Tiles (column, row) of level 0 that are not stored."""
    barcode: str = "S24-1-A1"


def write_philips(path: Path, image: Rgb, options: PhilipsOptions | None = None) -> Path:
    """A Philips TIFF; the picture is padded with white to whole tiles, as the exporter does."""
    options = options or PhilipsOptions()
    width, height = options.tile
    padding = ((0, -image.shape[0] % height), (0, -image.shape[1] % width), (0, 0))
    padded = np.asarray(np.pad(image, padding, constant_values=255), dtype=np.uint8)
    for column, row in options.omit:  # the exporter shows them white wherever a smaller level covers them
        padded[row * height : (row + 1) * height, column * width : (column + 1) * width] = 255
    directories = []
    for number, factor in enumerate(options.factors):
        level = halved(padded, factor) if factor > 1 else padded
        filler = ((0, -level.shape[0] % height), (0, -level.shape[1] % width), (0, 0))
        stored = np.asarray(np.pad(level, filler, constant_values=255), dtype=np.uint8)
        made = jpeg_tiles(stored, options.tile).text(SOFTWARE, "Philips DP v1.0").number(SUBFILE, int(number > 0))
        if number == 0:
            _omit(made, stored.shape[1] // width, options.omit)
            made.text(DESCRIPTION, _xml(options))
        directories.append(made)
    return write_directories(path, directories, big=False)


def _omit(made: Directory, columns: int, tiles: tuple[tuple[int, int], ...]) -> None:
    for column, row in tiles:
        made.blocks[row * columns + column] = b""


def _attribute(name: str, value: str, kind: str = "IString") -> str:
    return f'<Attribute Name="{name}" Group="0x301D" Element="0x1000" PMSVR="{kind}">{value}</Attribute>'


def _array(name: str, *objects: str) -> str:
    return _attribute(name, f"<Array>{''.join(objects)}</Array>", "IDataObjectArray")


def _xml(options: PhilipsOptions) -> str:
    def spacing(factor: int) -> str:
        side = f"&quot;{options.spacing_um * factor / 1000:.9f}&quot;"
        return _attribute("DICOM_PIXEL_SPACING", f"{side} {side}", "IDoubleArray")

    levels = [
        f'<DataObject ObjectType="PixelDataRepresentation">{spacing(factor)}'
        f"{_attribute('PIIM_PIXEL_DATA_REPRESENTATION_NUMBER', str(number), 'IUInt16')}</DataObject>"
        for number, factor in enumerate(options.factors)
    ]
    slide = (
        _attribute("PIM_DP_IMAGE_TYPE", "WSI")
        + spacing(1)
        + _attribute("DICOM_DERIVATION_DESCRIPTION", "tiff-useBigTIFF=1-levels=40,20,10-processed")
        + _array("PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE", *levels)
    )
    pictures = [
        _attribute("PIM_DP_IMAGE_TYPE", kind)
        + _attribute("PIM_DP_IMAGE_DATA", base64.b64encode(encoded(tissue(*size), "ycbcr")).decode())
        for kind, size in (("LABELIMAGE", (70, 60)), ("MACROIMAGE", (60, 140)))
    ]
    scanned = [f'<DataObject ObjectType="DPScannedImage">{content}</DataObject>' for content in (slide, *pictures)]
    return (
        '<?xml version="1.0" encoding="UTF-8" ?><DataObject ObjectType="DPUfsImport">'
        + _attribute("DICOM_ACQUISITION_DATETIME", "20240314083000.000000")
        + _attribute("DICOM_MANUFACTURERS_MODEL_NAME", "UFS Scanner")
        + _attribute("PIM_DP_UFS_BARCODE", base64.b64encode(options.barcode.encode()).decode())
        + _array("PIM_DP_SCANNED_IMAGES", *scanned)
        + "</DataObject>"
    )
