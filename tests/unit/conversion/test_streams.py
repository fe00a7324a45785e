"""Headers of compressed tiles say what a decoder would make of them."""

import imagecodecs
import numpy as np
import pytest

from coverslip.conversion.streams import jpeg2000_header, jpeg_header
from coverslip.phantoms.files.picture import tissue

PICTURE = tissue(64, 48)


@pytest.mark.parametrize(("sampling", "expected"), [("444", (1, 1)), ("422", (2, 1)), ("420", (2, 2))])
def test_chroma_subsampling_is_read(sampling: str, expected: tuple[int, int]) -> None:
    stream = imagecodecs.jpeg8_encode(PICTURE, colorspace="rgb", outcolorspace="ycbcr", subsampling=sampling)
    header = jpeg_header(bytes(stream))
    assert (header.width, header.height, header.colours, header.subsampling) == (64, 48, "ycbcr", expected)


@pytest.mark.parametrize("colours", ["rgb", "ycbcr"])
def test_colours_are_those_a_decoder_assumes(colours: str) -> None:
    stream = imagecodecs.jpeg8_encode(PICTURE, colorspace="rgb", outcolorspace=colours)
    assert jpeg_header(bytes(stream)).colours == colours


def test_one_component_is_grey() -> None:
    stream = imagecodecs.jpeg8_encode(np.ascontiguousarray(PICTURE[..., 0]))
    assert jpeg_header(bytes(stream)).colours == "grey"


@pytest.mark.parametrize("codec", ["j2k", "htj2k"])
def test_a_codestream_tells_size_transform_and_wavelet(codec: str) -> None:
    encode = imagecodecs.htj2k_encode if codec == "htj2k" else imagecodecs.jpeg2k_encode
    options = {"reversible": True} if codec == "htj2k" else {"level": 0, "codecformat": "j2k", "mct": True}
    header = jpeg2000_header(bytes(encode(PICTURE, **options)))
    assert (header.width, header.height, header.components, header.precision) == (64, 48, 3, 8)
    assert header.transformed and header.reversible and not header.subsampled
    assert header.high_throughput == (codec == "htj2k")


def test_a_lossy_codestream_is_not_reversible() -> None:
    stream = imagecodecs.jpeg2k_encode(PICTURE, level=30, codecformat="j2k", mct=True)
    assert not jpeg2000_header(bytes(stream)).reversible


@pytest.mark.parametrize("read", [jpeg_header, jpeg2000_header])
def test_every_cut_or_altered_header_is_read_or_refused_but_never_crashes(read) -> None:  # type: ignore[no-untyped-def]
    random = np.random.default_rng(3)
    stream = bytes(
        imagecodecs.jpeg8_encode(PICTURE)
        if read is jpeg_header
        else imagecodecs.jpeg2k_encode(PICTURE, level=0, codecformat="j2k")
    )[:700]
    refused = 0
    for _ in range(2000):
        altered = bytearray(stream[: random.integers(0, len(stream))])
        for _ in range(random.integers(0, 4)):
            if altered:
                altered[random.integers(0, len(altered))] = random.integers(0, 256)
        try:
            read(bytes(altered))
        except ValueError:
            refused += 1
    assert 0 < refused < 2000
