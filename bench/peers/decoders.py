"""Other readers at the same work: `python decoders.py NAME SLIDE EVERY SIZE SECONDS SEED` prints tiles done.

A tile is `SIZE` x `SIZE` pixels covering `SIZE * EVERY` pixels of level 0, decoded and encoded as JPEG of quality 90,
4:4:4, by simplejpeg for all of them. Each reader is called as its own documentation shows it.
"""

import random
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import simplejpeg

VIEW = (6, 4)
CACHE_MB = 64
"""Of decoded tiles, where a reader has such a cache; Coverslip's decoders have the same."""
Draw = Callable[[int, int, int, int], Any]
"""x, y on level 0, output size, level-0 pixels each output pixel spans in a row -> (size, size, 3)."""


def cucim(path: str) -> tuple[Draw, int]:
    from cucim import CuImage
    from PIL import Image

    CuImage.cache("per_process", memory_capacity=CACHE_MB)
    slide = CuImage(path)

    def draw(x: int, y: int, size: int, every: int) -> Any:
        pixels = np.asarray(slide.read_region((x, y), (size * every, size * every), 0))
        return pixels if every == 1 else np.asarray(Image.fromarray(pixels).reduce(every))

    return draw, int(slide.shape[1])


def openslide(path: str) -> tuple[Draw, int]:
    from openslide import OpenSlide
    from openslide.deepzoom import DeepZoomGenerator

    slide = OpenSlide(path)
    pyramids: dict[int, DeepZoomGenerator] = {}

    def draw(x: int, y: int, size: int, every: int) -> Any:
        pyramid = pyramids.setdefault(size, DeepZoomGenerator(slide, tile_size=size, overlap=0))
        level = pyramid.level_count - 1 - (every.bit_length() - 1)
        return np.asarray(pyramid.get_tile(level, (x // (size * every), y // (size * every))))

    return draw, slide.dimensions[0]


def large_image(path: str) -> tuple[Draw, int]:
    import large_image as library
    import large_image_source_tiff

    library.config.setConfig("icc_correction", False)
    source = large_image_source_tiff.open(path)

    def draw(x: int, y: int, size: int, every: int) -> Any:
        region = {"left": x, "top": y, "width": size * every, "height": size * every, "units": "base_pixels"}
        output = {"maxWidth": size, "maxHeight": size}
        return source.getRegion(region=region, output=output, format=library.constants.TILE_FORMAT_NUMPY)[0]

    return draw, int(source.sizeX)


def walk(chooser: random.Random, count: int) -> Iterator[tuple[int, int]]:
    """Tiles (column, row) as a viewer asks for them: places at random, at each of them a view of 6 x 4 tiles."""
    while True:
        left, top = chooser.randrange(count - VIEW[0]), chooser.randrange(count - VIEW[1])
        yield from ((left + column, top + row) for row in range(VIEW[1]) for column in range(VIEW[0]))


READERS: dict[str, Callable[[str], tuple[Draw, int]]] = {
    "cucim": cucim,
    "openslide": openslide,
    "large_image": large_image,
}


def main() -> None:
    name, path, every_given, size_given, seconds, seed = sys.argv[1:]
    draw, side = READERS[name](path)
    every, size = int(every_given), int(size_given)
    step = size * every
    places = walk(random.Random(int(seed)), side // step)

    def one() -> None:
        column, row = next(places)
        x, y = column * step, row * step
        pixels = np.ascontiguousarray(draw(x, y, size, every)[..., :3])
        if pixels.shape != (size, size, 3):
            raise ValueError(f"{name}: {pixels.shape}")
        simplejpeg.encode_jpeg(pixels, quality=90, colorspace="RGB", colorsubsampling="444")

    one()
    end, done = time.monotonic() + float(seconds), 0
    while time.monotonic() < end:
        one()
        done += 1
    print(done)


if __name__ == "__main__":
    main()
