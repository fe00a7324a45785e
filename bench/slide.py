"""The slide that tiles are served from: 6,400 JPEG tiles of 256 px, about 18 kB each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import simplejpeg
import tifffile
from pydicom.encaps import encapsulate_extended

from coverslip.phantoms.files.dicom import DicomOptions, write_dicom_series
from coverslip.phantoms.files.picture import tissue
from coverslip.slides.tile_index import TileIndex

TILE = 256
COLUMNS = ROWS = 80
DICOM_SIDE = 152
"""Frames in a row and in a column: 23,104 in all."""
DIFFERENT = 64
GRAIN = 12.0
"""Noise of the picture, in grey levels; sets the size of a tile."""
QUALITY = 84


def different_tiles() -> list[bytes]:
    """As many different tiles, YCbCr 4:2:0, as matter for a cache of the processor."""
    random = np.random.default_rng(5)
    tiles = []
    for number in range(DIFFERENT):
        picture = tissue(TILE, TILE, number) + random.normal(0, GRAIN, (TILE, TILE, 3))
        pixels = np.ascontiguousarray(picture.clip(0, 255).astype(np.uint8))
        tiles.append(simplejpeg.encode_jpeg(pixels, quality=QUALITY, colorspace="RGB", colorsubsampling="420"))
    return tiles


def make_slide(path: Path) -> None:
    """An SVS of one level."""
    tiles = different_tiles()

    def stored() -> Iterator[bytes]:
        for number in range(COLUMNS * ROWS):
            yield tiles[(number * 7919) % DIFFERENT]

    with tifffile.TiffWriter(path) as tiff:
        tiff.write(
            stored(),
            shape=(ROWS * TILE, COLUMNS * TILE, 3),
            dtype="uint8",
            tile=(TILE, TILE),
            photometric="ycbcr",
            subsampling=(2, 2),
            compression="jpeg",
            description="Aperio Image Library v12.0.0\nbenchmark|AppMag = 40|MPP = 0.25",
            metadata=None,
        )


def cut_tiles(index: TileIndex, folder: Path) -> float:
    """Every tile as a file `column/row.jpg` for nginx; returns the mean size in bytes."""
    total = 0
    with Path(index.files[0]).open("rb") as file:
        for column in range(COLUMNS):
            (folder / str(column)).mkdir(parents=True)
            for row in range(ROWS):
                place = index.place(0, column, row)
                assert place is not None
                data = place.read(file.fileno())
                total += len(data)
                (folder / str(column) / f"{row}.jpg").write_bytes(data)
    return total / (COLUMNS * ROWS)


def make_dicom(folder: Path) -> int:
    """A DICOM slide of one instance of more than 400 MB with the same tiles; returns its size in bytes."""
    tiles = different_tiles()
    write_dicom_series(folder, tissue(2 * TILE, 2 * TILE), DicomOptions(tile=(TILE, TILE), factors=(1,)))
    path = folder / "level0.dcm"
    dataset = pydicom.dcmread(path)
    frames = [tiles[(number * 7919) % DIFFERENT] for number in range(DICOM_SIDE * DICOM_SIDE)]
    data, offsets, lengths = encapsulate_extended(frames)
    dataset.PixelData, dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = data, offsets, lengths
    dataset.NumberOfFrames = len(frames)
    dataset.TotalPixelMatrixColumns = dataset.TotalPixelMatrixRows = DICOM_SIDE * TILE
    dataset.ImagedVolumeWidth = dataset.ImagedVolumeHeight = DICOM_SIDE * TILE * 0.25 / 1000
    dataset.PhotometricInterpretation = "YBR_FULL_422"
    dataset.save_as(path, enforce_file_format=True)
    return path.stat().st_size
