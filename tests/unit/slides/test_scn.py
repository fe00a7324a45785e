"""Leica SCN: areas in their places on the glass, planes and channels as named; checked against OpenSlide."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.scn import ScnArea, ScnOptions, write_scn
from coverslip.slides.errors import FormatDeclined, SlideCorrupt, SlideError
from coverslip.slides.layers import layer_of
from coverslip.slides.readers.scn import ScnReader
from coverslip.slides.registry import open_slide
from coverslip.testing.openslide_pixels import greatest_difference, openslide_properties
from coverslip.vocabulary.units import Spacing

IMAGE = tissue(500, 380)
ON_GLASS = (300, 800)
TWO = ScnOptions(areas=(ScnArea(0, 0, 200, 300), ScnArea(260, 120, 240, 260)))
JPEG_TOLERANCE = 2.5


@pytest.mark.parametrize("options", [ScnOptions(), TWO], ids=["one area", "two areas"])
def test_every_level_is_openslides_to_the_pixel(tmp_path: Path, options: ScnOptions) -> None:
    """OpenSlide's picture is the whole glass; ours begins where the first area does."""
    path = write_scn(tmp_path / "a.scn", IMAGE, options)
    with open_slide(path) as slide:
        assert slide.properties.reader == "scn"
        for level in range(2):
            assert greatest_difference(path, slide, level, ON_GLASS) == 0


def test_one_area_passes_its_tiles_through_and_several_are_drawn(tmp_path: Path) -> None:
    with open_slide(write_scn(tmp_path / "one.scn", IMAGE)) as slide:
        assert all(level.passthrough for level in slide.properties.levels)
    with open_slide(write_scn(tmp_path / "two.scn", IMAGE, TWO)) as slide:
        assert not any(level.passthrough for level in slide.properties.levels)
        shown = slide.region(0, slide.properties.bounds)
    assert (shown[350:, :150] == 255).all(), "glass that was not scanned is white"
    assert np.abs(shown[130:, 270:].astype(np.int16) - IMAGE[130:, 270:]).mean() < JPEG_TOLERANCE


def test_properties_are_openslides(tmp_path: Path) -> None:
    path = write_scn(tmp_path / "a.scn", IMAGE, ScnOptions(icc_profile=b"y" * 36 + b"acsp"))
    stated = openslide_properties(path)
    with open_slide(path) as slide:
        properties = slide.properties
        assert properties.spacing == Spacing.square(float(stated["openslide.mpp-x"]))
        assert properties.objective_power == float(stated["openslide.objective-power"])
        assert properties.barcode == stated["leica.barcode"] == "S24-1-A1"
        assert properties.scanner_model == stated["leica.device-model"]
        assert properties.scanned_at == stated["leica.creation-date"]
        assert properties.icc_profile == b"y" * 36 + b"acsp"
        assert properties.associated == ("macro",)
        assert slide.associated("macro").shape == (300, 120, 3)


def test_the_middle_plane_is_shown(tmp_path: Path) -> None:
    """OpenSlide shows the first; the middle one is where the scanner focused."""
    with open_slide(write_scn(tmp_path / "a.scn", IMAGE, ScnOptions(planes=3))) as slide:
        assert [plane.offset_um for plane in slide.properties.planes] == [-2.0, 0.0, 2.0]
        assert slide.properties.shown_plane == 1
        bounds = slide.properties.bounds
        sharpness = [
            np.abs(np.diff(layer_of(slide, plane, None).region(0, bounds).astype(np.int16), axis=1)).mean()
            for plane in range(3)
        ]
        assert sharpness[1] > 1.3 * max(sharpness[0], sharpness[2])
        assert np.array_equal(slide.region(0, bounds), layer_of(slide, 1, None).region(0, bounds))


def test_channels_are_shown_in_their_colours(tmp_path: Path) -> None:
    with open_slide(write_scn(tmp_path / "a.scn", IMAGE, ScnOptions(channels=("DAPI", "FITC")))) as slide:
        names = [channel.name for channel in slide.properties.channels]
        assert names == ["DAPI", "FITC"]
        assert [channel.colour for channel in slide.properties.channels] == [(0, 0, 255), (0, 255, 0)]
        bounds = slide.properties.bounds
        blue, green = (layer_of(slide, 0, number).region(0, bounds).astype(np.int16) for number in range(2))
        assert np.abs(blue[..., 2] - (255 - IMAGE[..., 0])).mean() < JPEG_TOLERANCE
        assert np.abs(green[..., 1] - (255 - IMAGE[..., 1])).mean() < JPEG_TOLERANCE
        assert blue[..., :2].max() == 0
        assert np.array_equal(slide.region(0, bounds), blue + green)


REPLACED: dict[str, tuple[bytes, bytes, type[SlideError]]] = {
    "a directory that is not there": (b'ifd="2"', b'ifd="9"', SlideCorrupt),
    "sizes that do not fit": (b'sizeX="125"', b'sizeX="126"', SlideCorrupt),
    "a view without a size": (b'<view sizeX="250000"', b'<view sizeX="000000"', SlideCorrupt),
    "broken XML": (b"</collection>", b"</collectioN>", SlideCorrupt),
}


@pytest.mark.parametrize("damage", REPLACED)
def test_xml_that_contradicts_the_file_is_refused(tmp_path: Path, damage: str) -> None:
    old, new, error = REPLACED[damage]
    path = write_scn(tmp_path / "a.scn", IMAGE)
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))
    with pytest.raises(error):
        ScnReader().open(path).close()


def test_areas_of_different_resolution_are_declined(tmp_path: Path) -> None:
    path = write_scn(tmp_path / "a.scn", IMAGE, TWO)
    path.write_bytes(path.read_bytes().replace(b'<view sizeX="120000"', b'<view sizeX="180000"'))
    with pytest.raises(FormatDeclined):
        ScnReader().open(path)
