"""The slide that tiles are served from: 6,400 JPEG tiles of 256 px, about 18 kB each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import simplejpeg
import tifffile

from coverslip.slides.tile_index import TileIndex
from coverslip.testing.slide_files import tissue

TILE = 256
COLUMNS = ROWS = 80
DIFFERENT = 64
GRAIN = 12.0
"""Noise of the picture, in grey levels; sets the size of a tile."""
QUALITY = 84


def make_slide(path: Path) -> None:
    """An SVS of one level, YCbCr 4:2:0; as many different tiles as matter for a cache of the processor."""
    random = np.random.default_rng(5)
    tiles = []
    for number in range(DIFFERENT):
        picture = tissue(TILE, TILE, number) + random.normal(0, GRAIN, (TILE, TILE, 3))
        pixels = np.ascontiguousarray(picture.clip(0, 255).astype(np.uint8))
        tiles.append(simplejpeg.encode_jpeg(pixels, quality=QUALITY, colorspace="RGB", colorsubsampling="420"))

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
