"""Other readers reading regions: `python regions.py NAME SLIDE SIDE PATCH SECONDS SEED` prints regions done.

`libjpeg-turbo` is the limit: the tiles that a region touches, read from the file by place and decoded by simplejpeg
(libjpeg-turbo), laid into one array; it knows the file's layout from tifffile and checks nothing.
"""

import os
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

Read = Callable[[int, int, int], Any]
"""x, y, side of a region of level 0 -> (side, side, 3)."""


def libjpeg_turbo(path: str) -> Read:
    import simplejpeg
    import tifffile

    with tifffile.TiffFile(path) as tiff:
        page: Any = tiff.pages[0]
        offsets, lengths, tile = page.dataoffsets, page.databytecounts, page.tilewidth
        columns = -(-page.imagewidth // tile)
    file = os.open(path, os.O_RDONLY)

    def read(x: int, y: int, side: int) -> Any:
        region = np.empty((side, side, 3), dtype=np.uint8)
        for row in range(y // tile, -(-(y + side) // tile)):
            for column in range(x // tile, -(-(x + side) // tile)):
                number = row * columns + column
                pixels = simplejpeg.decode_jpeg(os.pread(file, lengths[number], offsets[number]))
                top, left = row * tile - y, column * tile - x
                part = region[max(0, top) : top + tile, max(0, left) : left + tile]
                part[:] = pixels[max(0, -top) :, max(0, -left) :][: part.shape[0], : part.shape[1]]
        return region

    return read


def cucim(path: str) -> Read:
    from cucim import CuImage

    slide = CuImage(path)
    return lambda x, y, side: np.asarray(slide.read_region((x, y), (side, side), 0))


def tifffile_imagecodecs(path: str) -> Read:
    import tifffile

    tiff: Any = tifffile.TiffFile(path)
    page: Any = tiff.pages[0]
    columns = -(-page.imagewidth // page.tilewidth)

    def read(x: int, y: int, side: int) -> Any:
        tile = page.tilewidth
        region = np.empty((side, side, 3), dtype=np.uint8)
        numbers = [
            row * columns + column
            for row in range(y // tile, -(-(y + side) // tile))
            for column in range(x // tile, -(-(x + side) // tile))
        ]
        offsets = [page.dataoffsets[number] for number in numbers]
        counts = [page.databytecounts[number] for number in numbers]
        for data, number in tiff.filehandle.read_segments(offsets, counts, indices=numbers):
            pixels = page.decode(data, number)[0][0]
            top, left = number // columns * tile - y, number % columns * tile - x
            part = region[max(0, top) : top + tile, max(0, left) : left + tile]
            part[:] = pixels[max(0, -top) :, max(0, -left) :][: part.shape[0], : part.shape[1]]
        return region

    return read


def openslide(path: str) -> Read:
    from openslide import OpenSlide

    slide = OpenSlide(path)
    return lambda x, y, side: np.asarray(slide.read_region((x, y), 0, (side, side)).convert("RGB"))


READERS: dict[str, Callable[[str], Read]] = {
    "libjpeg-turbo": libjpeg_turbo,
    "cucim": cucim,
    "tifffile": tifffile_imagecodecs,
    "openslide": openslide,
}


def places(seed: int, side: int, patch: int) -> Any:
    """Corners of regions at random, anywhere on the slide."""
    chooser = random.Random(seed)
    while True:
        yield chooser.randrange(side - patch), chooser.randrange(side - patch)


def measured(read: Read, side: int, patch: int, seconds: float, seed: int) -> float:
    """Regions a second."""
    where = places(seed, side, patch)
    x, y = next(where)
    read(x, y, patch)
    end, done = time.monotonic() + seconds, 0
    start = time.monotonic()
    while time.monotonic() < end:
        x, y = next(where)
        if read(x, y, patch).shape != (patch, patch, 3):
            raise ValueError("a region of the wrong shape")
        done += 1
    return done / (time.monotonic() - start)


if __name__ == "__main__":
    name, slide, side_given, patch_given, seconds_given, seed_given = sys.argv[1:]
    rate = measured(READERS[name](slide), int(side_given), int(patch_given), float(seconds_given), int(seed_given))
    print(rate)
