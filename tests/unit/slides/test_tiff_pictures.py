"""A TIFF is shown rightly or not at all: every picture in it, every level, every sample."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile

from coverslip.phantoms.files.picture import Rgb, halved, tissue
from coverslip.slides.errors import FormatDeclined
from coverslip.slides.registry import open_slide
from coverslip.vocabulary.geometry import Box

IMAGE = tissue(300, 226)
TILE = (64, 64)


def declined(path: Path) -> str:
    with pytest.raises(FormatDeclined) as refused:
        open_slide(path)
    return str(refused.value.parameters["problem"])


def pages(path: Path, *written: tuple[Rgb, dict[str, Any]]) -> Path:
    """A TIFF with these pages, tiled and in RGB unless they say otherwise."""
    with tifffile.TiffWriter(path) as tiff:
        for image, options in written:
            tiff.write(image, **{"tile": TILE, "photometric": "rgb", "metadata": None} | options)
    return path


def first_pixel(path: Path) -> list[int]:
    with open_slide(path) as slide:
        return [int(value) for value in slide.region(0, Box(0, 0, 1, 1))[0, 0]]


def flat(*values: int) -> Rgb:
    return np.full((128, 128, len(values)), values, np.uint8)


def test_an_ome_tiff_of_two_scenes_is_declined_and_says_how_many(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as tiff:
        for name in ("Tissue A", "Tissue B"):
            tiff.write(IMAGE, photometric="rgb", tile=TILE, metadata={"axes": "YXS", "Name": name})
    with pytest.raises(FormatDeclined, match="2 slides") as refused:
        open_slide(path)
    assert "2 张切片（场景）" in refused.value.message("zh-CN")


def test_two_scenes_of_channels_are_declined_too(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as tiff:
        for name in ("Tissue A", "Tissue B"):
            stack = np.zeros((2, 128, 128), np.uint16)
            tiff.write(stack, photometric="minisblack", tile=TILE, metadata={"axes": "CYX", "Name": name})
    assert declined(path) == "several_scenes"


@pytest.mark.parametrize(
    "second",
    [
        (IMAGE, {}),
        (tissue(200, 151, 3), {}),
        (tissue(200, 151, 3), {"tile": None}),
        (halved(IMAGE, 2), {}),
        (tissue(150, 40), {"subfiletype": 1}),
    ],
    ids=["of one size", "smaller, not called a level", "in strips", "half as large, not called a level", "other shape"],
)
def test_a_page_that_is_no_level_is_never_hidden_nor_shown_as_one(
    tmp_path: Path, second: tuple[Rgb, dict[str, Any]]
) -> None:
    path = pages(tmp_path / "a.tif", (IMAGE, {}), second)
    assert declined(path) == "page_unrelated"


def test_pages_called_reduced_are_levels_and_named_ones_are_pictures(tmp_path: Path) -> None:
    reduced, label = (halved(IMAGE, 2), {"subfiletype": 1}), (tissue(60, 70), {"tile": None, "description": "Label"})
    with open_slide(pages(tmp_path / "a.tif", (IMAGE, {}), reduced, label)) as slide:
        assert [level.width for level in slide.properties.levels] == [300, 150]
        assert slide.properties.associated == ("label",)


def test_an_svs_page_that_is_no_level_is_declined(tmp_path: Path) -> None:
    described = {"description": "Aperio Image Library v12\n300x226 |MPP = 0.25"}
    assert declined(pages(tmp_path / "a.svs", (IMAGE, described), (IMAGE, {}))) == "page_unrelated"


@pytest.mark.parametrize("samples", [3, 4])
def test_channels_of_brightness_are_not_taken_for_colours(tmp_path: Path, samples: int) -> None:
    image = np.zeros((128, 128, samples), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="minisblack", planarconfig="contig", tile=TILE)
    assert declined(tmp_path / "a.tif") == "grey_samples"


def test_every_level_is_judged(tmp_path: Path) -> None:
    small: dict[str, Any] = {"photometric": "palette", "colormap": np.zeros((3, 256), np.uint16), "subfiletype": 1}
    grey = np.full((256, 256), 200, np.uint8)
    path = pages(tmp_path / "a.tif", (grey, {"photometric": "minisblack"}), (grey[::2, ::2], small))
    assert declined(path) == "photometric_unread"


@pytest.mark.parametrize(
    ("meaning", "shown"), [("unspecified", 100), ("assocalpha", 227), ("unassalpha", 177)], ids=str
)
def test_a_fourth_sample_is_what_the_file_says_it_is(tmp_path: Path, meaning: str, shown: int) -> None:
    path = pages(tmp_path / "a.tif", (flat(100, 100, 100, 128), {"extrasamples": [meaning]}))
    assert first_pixel(path) == [shown] * 3


def test_a_fourth_sample_without_a_meaning_is_declined(tmp_path: Path) -> None:
    path = pages(tmp_path / "a.tif", (flat(100, 100, 100, 128), {}))
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tiff:
        at = tiff.pages.first.tags["ExtraSamples"].offset
    data[at : at + 2] = (65_000).to_bytes(2, "little")
    path.write_bytes(data)
    assert declined(path) == "fourth_sample_unstated"


def jpeg2000(path: Path, pixels: Rgb, **options: Any) -> Path:
    """Four equal tiles of JPEG 2000 in the standard's compression, called YCbCr by their tag."""
    encoded = bytes(imagecodecs.jpeg2k_encode(pixels[:64, :64], level=0, reversible=True, **options))

    def tiles() -> Iterator[bytes]:
        yield from [encoded] * 4

    with tifffile.TiffWriter(path) as tiff:
        tiff.write(
            tiles(),
            shape=(128, 128, 3),
            dtype=np.uint8,
            tile=TILE,
            photometric="ycbcr",
            compression=34712,
            subsampling=(1, 1),
            metadata=None,
        )
    return path


def test_ycbcr_in_standard_jpeg_2000_is_converted(tmp_path: Path) -> None:
    path = jpeg2000(tmp_path / "a.tif", flat(150, 100, 180), codecformat="j2k", mct=False)
    assert first_pixel(path) == [223, 123, 100]


@pytest.mark.parametrize("options", [{"codecformat": "j2k", "mct": True}, {"codecformat": "jp2", "mct": False}])
def test_ycbcr_that_can_be_read_in_two_ways_is_declined(tmp_path: Path, options: dict[str, Any]) -> None:
    assert declined(jpeg2000(tmp_path / "a.tif", flat(150, 100, 180), **options)) == "ycbcr_unread"
