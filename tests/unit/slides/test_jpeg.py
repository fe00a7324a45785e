"""Stored JPEG tiles made complete, judged by a strict decoder that sees only the stream."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
import simplejpeg

from coverslip.phantoms.files.jpeg_tiles import Colours, abbreviated
from coverslip.phantoms.files.picture import tissue
from coverslip.slides import jpeg
from coverslip.slides.jpeg import APP14_RGB, SOI, decode, encode, segments, splice
from coverslip.slides.slide import RgbImage

IMAGE = tissue(64, 64)
MARKERS = {"rgb": 0xEE, "ycbcr": None}


def strict(stream: bytes) -> RgbImage:
    return np.asarray(simplejpeg.decode_jpeg(stream, colorspace="RGB", strict=True), dtype=np.uint8)


def stored(colours: Colours) -> tuple[bytes, bytes]:
    tables, tiles = abbreviated(iter([IMAGE]), colours)
    return tables, tiles[0]


@pytest.mark.parametrize("colours", ["rgb", "ycbcr"])
def test_tables_and_marker_make_a_stored_tile_complete(colours: Colours) -> None:
    tables, tile = stored(colours)
    with pytest.raises(ValueError):
        strict(tile)
    part = splice(tile, tables, colours)
    assert part is not None
    assert np.abs(strict(part.apply(tile)).astype(int) - IMAGE).mean() < 4


@pytest.mark.parametrize("colours", ["rgb", "ycbcr"])
def test_the_wrong_marker_turns_the_colours_wrong(colours: Colours) -> None:
    tables, tile = stored(colours)
    part = splice(tile, tables, "ycbcr" if colours == "rgb" else "rgb")
    assert part is not None
    assert np.abs(strict(part.apply(tile)).astype(int) - IMAGE).max() > 60


def test_the_marker_for_rgb_is_adobes_with_transform_nought() -> None:
    assert APP14_RGB[:4] == b"\xff\xee\x00\x0e"
    assert len(APP14_RGB) == 16
    assert APP14_RGB[4:9] == b"Adobe"
    assert APP14_RGB[-1] == 0


def test_ycbcr_gets_no_marker() -> None:
    tables, tile = stored("ycbcr")
    part = splice(tile, tables, "ycbcr")
    assert part is not None
    assert not any(segment.marker in (0xE0, 0xEE) for segment in segments(part.apply(tile)))


def test_a_jfif_marker_in_an_rgb_tile_is_cut_out() -> None:
    """JFIF says YCbCr and overrules APP14 in libjpeg."""
    tables, tile = stored("rgb")
    jfif = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    wrong = SOI + jfif + tile[2:]
    part = splice(wrong, tables, "rgb")
    assert part is not None
    assert part.skip == 2 + len(jfif)
    assert np.abs(strict(part.apply(wrong)).astype(int) - IMAGE).mean() < 4


def test_an_adobe_marker_in_a_ycbcr_tile_is_cut_out() -> None:
    tables, tile = stored("ycbcr")
    wrong = SOI + APP14_RGB + tile[2:]
    part = splice(wrong, tables, "ycbcr")
    assert part is not None
    assert np.abs(strict(part.apply(wrong)).astype(int) - IMAGE).mean() < 4


def test_a_colour_marker_that_does_not_stand_first_cannot_be_cut() -> None:
    tables, tile = stored("rgb")
    parts = list(segments(tile))
    later = tile[: parts[0].end] + APP14_RGB + tile[parts[0].end :]
    assert splice(later, tables, "rgb") is None


def test_lossless_jpeg_does_not_pass_through() -> None:
    stream = bytes(imagecodecs.ljpeg_encode(IMAGE[..., 0]))
    assert splice(stream, None, "grey") is None


def test_what_is_not_jpeg_is_an_error() -> None:
    with pytest.raises(ValueError, match="start marker"):
        splice(b"\0" * 100, None, "rgb")


@pytest.mark.parametrize("reduction", [1, 2, 4, 8])
def test_dct_scaling_divides_the_size(reduction: int) -> None:
    assert decode(encode(IMAGE), reduction).shape == (64 // reduction, 64 // reduction, 3)


def test_a_stream_that_ends_early_is_an_error_not_grey() -> None:
    stream = encode(IMAGE)
    with pytest.raises(ValueError):
        decode(stream[: len(stream) // 2])


def test_filler_before_the_end_marker_is_harmless() -> None:
    stream = encode(IMAGE)
    assert np.array_equal(decode(stream[:-2] + b"\0\0\0" + stream[-2:]), decode(stream))


def test_encoding_keeps_full_chroma() -> None:
    red = np.zeros((16, 16, 3), np.uint8)
    red[:, ::2, 0] = 255
    _, _, _, sampling = simplejpeg.decode_jpeg_header(encode(red))
    assert sampling == "444"
    assert jpeg.TILE_QUALITY == 90
