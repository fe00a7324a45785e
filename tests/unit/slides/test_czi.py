"""Zeiss CZI by the reader of our own, as libCZI and OpenSlide read the same files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openslide
import pytest
from pylibCZIrw import czi as libczi

from coverslip.phantoms.files.czi import CODES, CziOptions, write_czi
from coverslip.phantoms.files.czi_examples import czi_channels
from coverslip.phantoms.files.picture import Rgb, halved, tissue
from coverslip.slides.errors import FormatDeclined, SlideCorrupt, SlideError, SlideTruncated, TileUnreadable
from coverslip.slides.readers.czi import CziReader, CziSlide
from coverslip.slides.registry import open_slide
from coverslip.vocabulary.geometry import Box

IMAGE = tissue(301, 227)
WHOLE = Box(0, 0, 301, 227)
LABEL = tissue(60, 50, 3)
LOSSLESS = [name for name in CODES if name != "jpeg"]


def opened(path: Path) -> CziSlide:
    slide = open_slide(path)
    assert isinstance(slide, CziSlide)
    return slide


def difference(ours: Rgb, theirs: Rgb) -> float:
    return float(np.abs(ours.astype(np.int16) - theirs).mean())


@pytest.mark.parametrize("compression", LOSSLESS)
def test_a_mosaic_is_put_together_without_loss(tmp_path: Path, compression: Any) -> None:
    with opened(write_czi(tmp_path / "a.czi", IMAGE, CziOptions(compression=compression))) as slide:
        assert np.array_equal(slide.region(0, WHOLE), IMAGE)
        assert np.array_equal(slide.region(1, Box(0, 0, 150, 113)), halved(IMAGE, 2))


def test_jpeg_sub_blocks_have_their_colours(tmp_path: Path) -> None:
    with opened(write_czi(tmp_path / "a.czi", IMAGE, CziOptions(compression="jpeg"))) as slide:
        assert difference(slide.region(0, WHOLE), IMAGE) < 2


@pytest.mark.parametrize("compression", ["none", "zstd0", "zstd1"])
def test_openslide_sees_the_same_pixels(tmp_path: Path, compression: Any) -> None:
    path = write_czi(tmp_path / "a.czi", IMAGE, CziOptions(compression=compression))
    with opened(path) as slide, openslide.OpenSlide(path) as judge:
        sizes = [(level.width, level.height) for level in slide.properties.levels]
        for number, (width, height) in enumerate(judge.level_dimensions):
            assert abs(width - sizes[number][0]) <= 1
            theirs = np.asarray(judge.read_region((0, 0), number, (width, height)))[..., :3]
            assert np.array_equal(slide.region(number, Box(0, 0, width, height)), theirs)


@pytest.mark.parametrize("compression", LOSSLESS)
def test_libczi_sees_the_same_pixels(tmp_path: Path, compression: Any) -> None:
    path = write_czi(tmp_path / "a.czi", IMAGE, CziOptions(compression=compression))
    with opened(path) as slide, libczi.open_czi(str(path)) as judge:
        assert np.array_equal(slide.region(0, WHOLE), judge.read()[..., ::-1])


@pytest.mark.parametrize("compression", LOSSLESS)
def test_channels_hold_the_light_that_libczi_reads(tmp_path: Path, compression: Any) -> None:
    path = write_czi(tmp_path / "a.czi", IMAGE, CziOptions(compression=compression, channels=czi_channels(IMAGE)))
    with opened(path) as slide, libczi.open_czi(str(path)) as judge:
        found = slide.properties.channels
        assert [(channel.name, channel.wavelength_nm) for channel in found] == [("DAPI", 461.0), ("Cy5", 670.0)]
        assert [channel.colour for channel in found] == [(0, 0, 255), (255, 0, 0)]
        shown = []
        for number, channel in enumerate(found):
            light = judge.read(plane={"C": number})[..., 0].astype(np.float32)
            low, high = channel.window
            share = np.clip((light - low) / (high - low), 0, 1)[..., None]
            expected = np.rint(share * np.array(channel.colour, np.float32)).astype(np.uint8)
            assert np.array_equal(slide.layer(0, number).region(0, WHOLE), expected)
            shown.append(expected.astype(np.uint16))
        assert np.array_equal(slide.region(0, WHOLE), np.minimum(shown[0] + shown[1], 255))


def test_channels_of_8_bits_are_read(tmp_path: Path) -> None:
    light = np.ascontiguousarray(255 - IMAGE[..., 0])
    channels = (("DAPI", 461.0, "#0000ff", light),)
    with opened(write_czi(tmp_path / "a.czi", IMAGE, CziOptions(channels=channels))) as slide:
        assert slide.properties.channels[0].window[1] <= 255
        assert slide.region(0, WHOLE)[..., 2].max() > 200


def test_the_window_of_the_display_setting_is_taken(tmp_path: Path) -> None:
    options = CziOptions(channels=czi_channels(IMAGE), display=True)
    with opened(write_czi(tmp_path / "a.czi", IMAGE, options)) as slide:
        assert slide.properties.channels[0].window == (655, 3277)


def test_focal_planes_are_declared_and_each_is_shown(tmp_path: Path) -> None:
    planes = (255 - IMAGE, IMAGE, np.ascontiguousarray(IMAGE[::-1]))
    with opened(write_czi(tmp_path / "a.czi", IMAGE, CziOptions(planes=planes))) as slide:
        assert [plane.offset_um for plane in slide.properties.planes] == pytest.approx([-1.5, 0, 1.5])
        assert slide.properties.shown_plane == 1
        for number, picture in enumerate(planes):
            assert np.array_equal(slide.layer(number, None).region(0, WHOLE), picture)


def test_spacing_lens_barcode_and_pictures_are_read(tmp_path: Path) -> None:
    with opened(write_czi(tmp_path / "a.czi", IMAGE, CziOptions(label=LABEL))) as slide:
        properties = slide.properties
        assert properties.spacing is not None
        assert properties.spacing.mean_um == pytest.approx(0.22)
        assert (properties.objective_power, properties.barcode) == (20, "S24-1-A1-HE")
        assert (properties.scanner_model, properties.scanned_at) == ("Axioscan 7", "2024-03-14T08:30:00")
        assert properties.associated == ("label", "thumbnail")
        assert np.array_equal(slide.associated("label"), LABEL)
        assert difference(slide.associated("thumbnail"), halved(IMAGE, 4)) < 4


def test_a_level_that_a_plane_lacks_is_not_offered(tmp_path: Path) -> None:
    """Else tissue would be missing from the plane that lacks it."""
    path = write_czi(tmp_path / "a.czi", IMAGE, CziOptions(channels=czi_channels(IMAGE), factors=(1, 2)))
    data = bytearray(path.read_bytes())
    blocks = [block for block in opened(path)._file.sub_blocks if block.width > block.stored[0] and block.at("C") == 1]
    assert blocks
    start = data.index(b"ZISRAWDIRECTORY")
    for block in blocks:
        at = data.index(b"DV" + block.pixel_type.to_bytes(4, "little") + block.position.to_bytes(8, "little"), start)
        place = data.index(b"C\0\0\0", at)
        data[place + 4 : place + 8] = (0).to_bytes(4, "little")
    path.write_bytes(data)
    with opened(path) as slide:
        assert len(slide.properties.levels) == 1


def test_one_damaged_sub_block_leaves_the_others(tmp_path: Path) -> None:
    image = tissue(1200, 600)
    path = write_czi(tmp_path / "a.czi", image, CziOptions(tile=512, overlap=0, factors=(1,)))
    with opened(path) as slide:
        first = min(slide._file.sub_blocks, key=lambda block: (block.y, block.x))
    data = bytearray(path.read_bytes())
    start = first.position + 32 + 256
    data[start : start + 200] = b"\xff" * 200
    path.write_bytes(data)
    with opened(path) as slide:
        with pytest.raises(TileUnreadable):
            slide.tile(0, 0, 0)
        assert np.array_equal(slide.region(0, Box(512, 0, 512, 512)), image[:512, 512:1024])


def _put(offset: int, value: bytes) -> Any:
    def change(data: bytearray) -> None:
        data[offset : offset + len(value)] = value

    return change


def _dimension(name: bytes, place: int) -> Any:
    def change(data: bytearray) -> None:
        at = data.index(name, data.index(b"ZISRAWDIRECTORY"))
        data[at : at + 4] = b"T\0\0\0"
        data[at + 4 : at + 8] = place.to_bytes(4, "little")

    return change


def _entry(offset: int, value: int) -> Any:
    def change(data: bytearray) -> None:
        at = data.index(b"ZISRAWDIRECTORY") + 32 + 128
        data[at + offset : at + offset + 4] = value.to_bytes(4, "little")

    return change


DAMAGES: dict[str, tuple[Any, type[SlideError]]] = {
    "a scan that broke off": (_put(32 + 68, b"\1\0\0\0"), SlideCorrupt),
    "the second part of a slide": (_put(32 + 48, b"\1\0\0\0"), SlideCorrupt),
    "a directory elsewhere": (_put(32 + 52, b"\0\2\0\0\0\0\0\0"), SlideCorrupt),
    "a directory beyond the end": (_put(32 + 52, b"\0\0\0\x7f\0\0\0\0"), SlideTruncated),
    "time points": (_dimension(b"S\0\0\0", 1), FormatDeclined),
    "an unknown compression": (_entry(18, 99), FormatDeclined),
    "pixels of another kind": (_entry(2, 12), FormatDeclined),
    "no dimensions": (_entry(28, 0), SlideCorrupt),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_contradicts_itself_is_refused_with_its_reason(tmp_path: Path, damage: str) -> None:
    change, error = DAMAGES[damage]
    path = write_czi(tmp_path / "a.czi", IMAGE)
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)
    with pytest.raises(error) as caught:
        CziReader().open(path)
    assert caught.type is error
    assert "a.czi" in caught.value.message("zh-CN")


def test_a_file_that_ends_early_is_truncated(tmp_path: Path) -> None:
    path = write_czi(tmp_path / "a.czi", IMAGE)
    path.write_bytes(path.read_bytes()[:-700])
    with pytest.raises(SlideTruncated):
        CziReader().open(path)


def test_colour_beside_other_channels_is_declined(tmp_path: Path) -> None:
    options = CziOptions(channels=czi_channels(IMAGE))
    mixed = replace(options, channels=(*options.channels[:1], ("RGB", 500.0, "#ffffff", IMAGE)))
    with pytest.raises(FormatDeclined):
        open_slide(write_czi(tmp_path / "a.czi", IMAGE, mixed))
