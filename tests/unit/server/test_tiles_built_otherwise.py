"""One tile among many that is built otherwise than its neighbours is shown in its right colours and size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import imagecodecs
import numpy as np
import pytest
import simplejpeg
import tifffile

from coverslip.server.slide_sources import TileSource
from coverslip.server.tiles import TileApp
from coverslip.slides import jpeg
from coverslip.slides.isolation import DecoderLimits, DecoderPool
from coverslip.slides.tile_index import BuiltOtherwise
from coverslip.testing.tile_calls import COOKIE, Answer, Hospital, get, run
from coverslip.vocabulary.geometry import Box

SLIDE = UUID(int=1)
COLOUR = (180, 60, 120)
ACROSS, ODD = 20, 33
JFIF = bytes.fromhex("ffe000104a46494600010100000100010000")
ADOBE_YCBCR = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x01"


@pytest.fixture(scope="module")
def decoders() -> Iterator[DecoderPool]:
    with DecoderPool(DecoderLimits(1024, 20.0, 1)) as pool:
        yield pool


def plain(size: int = 64) -> bytes:
    """A tile in RGB without any marker that says so: TIFF says it outside."""
    pixels = np.full((size, size, 3), COLOUR, np.uint8)
    tile = bytes(imagecodecs.jpeg8_encode(pixels, level=95, colorspace="rgb", outcolorspace="rgb"))
    kept = [part for part in jpeg.segments(tile) if part.marker not in (jpeg.APP0, jpeg.APP14, jpeg.SOS)]
    scan = next(part.start for part in jpeg.segments(tile) if part.marker == jpeg.SOS)
    return tile[:2] + b"".join(tile[part.start : part.end] for part in kept) + tile[scan:]


def with_jfif(tile: bytes) -> bytes:
    return tile[:2] + JFIF + tile[2:]


def with_adobe_first(tile: bytes) -> bytes:
    return tile[:2] + ADOBE_YCBCR + tile[2:]


def with_adobe_later(tile: bytes) -> bytes:
    first = next(jpeg.segments(tile))
    return tile[: first.end] + ADOBE_YCBCR + tile[first.end :]


def larger(_: bytes) -> bytes:
    return plain(128)


def written(path: Path, odd: Callable[[bytes], bytes], others: Callable[[bytes], bytes]) -> Path:
    tiles = [odd(plain()) if number == ODD else others(plain()) for number in range(ACROSS * ACROSS)]
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(
            iter(tiles),
            shape=(64 * ACROSS, 64 * ACROSS, 3),
            dtype=np.uint8,
            tile=(64, 64),
            photometric="rgb",
            compression="jpeg",
            compressionargs={"outcolorspace": "rgb"},
            metadata=None,
        )
    return path


@pytest.mark.parametrize("others", [lambda tile: tile, with_jfif], ids=["others plain", "others with JFIF"])
@pytest.mark.parametrize("odd", [lambda tile: tile, with_jfif, with_adobe_first, with_adobe_later, larger])
def test_the_odd_tile_is_decoded_and_has_its_colours(
    tmp_path: Path,
    decoders: DecoderPool,
    odd: Callable[[bytes], bytes],
    others: Callable[[bytes], bytes],
) -> None:
    slide = decoders.open(written(tmp_path / "a.tif", odd, others))
    index = slide.tile_index()
    assert index.levels[0] is not None, "the level passes through all the same"
    column, row = ODD % ACROSS, ODD // ACROSS

    async def work(app: TileApp) -> list[Answer]:
        return [await get(app, f"/tiles/{SLIDE}/0/{x}/{y}", COOKIE) for x, y in ((column, row), (0, 0), (column, row))]

    for answer in run(Hospital({SLIDE: TileSource("ab" * 32, index, slide)}), work):
        assert answer.status == 200
        shown = simplejpeg.decode_jpeg(answer.body)
        assert shown.shape == (64, 64, 3)
        assert np.abs(shown.astype(int) - COLOUR).max() <= 3
    region = slide.region(0, Box(64 * column, 64 * row, 64, 64))
    assert np.abs(region.astype(int) - COLOUR).max() <= 3


def test_a_stored_tile_of_its_own_kind_is_not_decoded(tmp_path: Path, decoders: DecoderPool) -> None:
    path = written(tmp_path / "a.tif", with_jfif, lambda tile: tile)
    index = decoders.open(path).tile_index()
    usual, odd = index.place(0, 0, 0), index.place(0, ODD % ACROSS, ODD // ACROSS)
    assert usual is not None
    assert odd is not None
    with path.open("rb") as file:
        assert usual.read(file.fileno())[-2:] == jpeg.EOI
        with pytest.raises(BuiltOtherwise):
            odd.read(file.fileno())
