"""OME-TIFF with focal planes and channels, against what tifffile reads of the same file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import tifffile

from coverslip.phantoms.files.dicom_examples import channels
from coverslip.phantoms.files.ome_layers import NAMES, write_ome_layers
from coverslip.phantoms.files.picture import halved, tissue
from coverslip.slides.errors import FormatDeclined, SlideCorrupt
from coverslip.slides.readers.tiff_layers import LayeredTiffSlide
from coverslip.slides.registry import open_slide
from coverslip.slides.slide import Channel, RgbImage
from coverslip.vocabulary.geometry import Box

IMAGE = tissue(301, 227)
WHOLE = Box(0, 0, 301, 227)
LIGHT = [light for _, _, light in channels(IMAGE)]
PLANES = [np.ascontiguousarray(IMAGE[:, ::-1]), IMAGE, 255 - IMAGE]


def opened(path: Path) -> LayeredTiffSlide:
    slide = open_slide(path)
    assert isinstance(slide, LayeredTiffSlide)
    return slide


def shown(light: Any, channel: Channel) -> RgbImage:
    low, high = channel.window
    share = np.clip((light.astype(np.float32) - low) / (high - low), 0, 1)[..., None]
    return np.asarray(np.rint(share * np.array(channel.colour, np.float32)), dtype=np.uint8)


def test_channels_have_name_wavelength_and_colour_and_each_its_light(tmp_path: Path) -> None:
    path = write_ome_layers(tmp_path / "a.ome.tif", [LIGHT], channels=NAMES)
    judge = tifffile.imread(path)
    with opened(path) as slide:
        found = slide.properties.channels
        assert [(channel.name, channel.wavelength_nm, channel.colour) for channel in found] == [
            ("DAPI", 461.0, (0, 0, 255)),
            ("Cy5", 670.0, (255, 0, 0)),
        ]
        pictures = [shown(judge[number], channel) for number, channel in enumerate(found)]
        for number, picture in enumerate(pictures):
            assert np.array_equal(slide.layer(0, number).region(0, WHOLE), picture)
        both = np.minimum(sum(picture.astype(np.uint16) for picture in pictures), 255)
        assert np.array_equal(slide.region(0, WHOLE), both)
        assert len(slide.properties.levels) == 3


def test_focal_planes_in_colour_are_shown_one_by_one(tmp_path: Path) -> None:
    path = write_ome_layers(tmp_path / "a.ome.tif", [[plane] for plane in PLANES])
    with opened(path) as slide:
        assert [plane.offset_um for plane in slide.properties.planes] == [-1.5, 0.0, 1.5]
        assert slide.properties.channels == ()
        for number, picture in enumerate(PLANES):
            layer = slide.layer(number, None)
            assert np.array_equal(layer.region(0, WHOLE), picture)
            assert np.array_equal(layer.region(1, Box(0, 0, 150, 113)), halved(picture, 2))


@pytest.mark.parametrize("order", ["ZCYX", "CZYX"])
def test_planes_and_channels_are_told_apart_in_either_order(tmp_path: Path, order: Literal["ZCYX", "CZYX"]) -> None:
    layers = [[light for _, _, light in channels(plane)] for plane in PLANES]
    path = write_ome_layers(tmp_path / "a.ome.tif", layers, channels=NAMES, order=order)
    with opened(path) as slide:
        for plane in range(3):
            for number, channel in enumerate(slide.properties.channels):
                ours = slide.layer(plane, number).region(0, WHOLE)
                assert np.array_equal(ours, shown(layers[plane][number], channel))


def test_one_image_of_16_bits_is_one_channel_in_white(tmp_path: Path) -> None:
    path = write_ome_layers(tmp_path / "a.ome.tif", [LIGHT[:1]])
    with opened(path) as slide:
        (channel,) = slide.properties.channels
        assert (channel.colour, channel.wavelength_nm) == ((255, 255, 255), None)
        assert np.array_equal(slide.region(0, WHOLE), shown(LIGHT[0], channel))


def changed(path: Path, old: bytes, new: bytes) -> Path:
    data = path.read_bytes()
    assert old in data
    assert len(old) == len(new)
    path.write_bytes(data.replace(old, new))
    return path


def test_time_points_are_declined(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    stack = np.stack([LIGHT[0], LIGHT[1]])
    with tifffile.TiffWriter(path, ome=True) as tiff:
        tiff.write(stack, metadata={"axes": "TYX"}, photometric="minisblack", tile=(64, 64))
    with pytest.raises(FormatDeclined, match="2 time points"):
        open_slide(path)


def test_channels_in_strips_are_declined(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as tiff:
        tiff.write(np.stack(LIGHT), metadata={"axes": "CYX"}, photometric="minisblack")
    with pytest.raises(FormatDeclined, match="not stored in tiles"):
        open_slide(path)


def test_more_planes_than_are_stored_are_refused(tmp_path: Path) -> None:
    path = write_ome_layers(tmp_path / "a.ome.tif", [LIGHT], channels=NAMES)
    with pytest.raises(SlideCorrupt):
        open_slide(changed(path, b'SizeZ="1"', b'SizeZ="9"'))


def test_an_unknown_order_of_dimensions_is_refused(tmp_path: Path) -> None:
    path = write_ome_layers(tmp_path / "a.ome.tif", [LIGHT], channels=NAMES)
    with pytest.raises(SlideCorrupt):
        open_slide(changed(path, b'DimensionOrder="XY', b'DimensionOrder="YX'))
