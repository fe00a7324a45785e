"""QPTIFF: brightfield passes through, fluorescence is shown channel by channel; checked against tifffile."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.qptiff import QptiffOptions, write_qptiff
from coverslip.slides.errors import SlideCorrupt
from coverslip.slides.layers import layer_of
from coverslip.slides.readers.qptiff import QptiffReader
from coverslip.slides.registry import open_slide
from coverslip.vocabulary.units import Spacing

IMAGE = tissue(500, 380)
FLUORESCENCE = QptiffOptions(channels=("DAPI", "FITC", "Cy3"))


def test_brightfield_passes_through_and_has_tifffiles_pixels(tmp_path: Path) -> None:
    path = write_qptiff(tmp_path / "a.qptiff", IMAGE)
    with open_slide(path) as slide, tifffile.TiffFile(path) as judge:
        assert slide.properties.reader == "qptiff"
        assert all(level.passthrough for level in slide.properties.levels)
        assert np.array_equal(slide.region(0, slide.properties.bounds), judge.series[0].levels[0].asarray())
        assert slide.properties.channels == ()


def test_properties_are_what_the_xml_says(tmp_path: Path) -> None:
    with open_slide(write_qptiff(tmp_path / "a.qptiff", IMAGE)) as slide:
        properties = slide.properties
        assert properties.spacing is not None
        assert properties.spacing.mean_um == pytest.approx(Spacing.square(0.5).mean_um, rel=1e-4)
        assert properties.objective_power == 20
        assert properties.barcode == "S24-1-A1"
        assert properties.scanner_model == "Vectra Polaris"
        assert properties.associated == ("label", "macro", "thumbnail")
        assert slide.associated("macro").shape == (60, 120, 3)


@pytest.mark.parametrize("deep", [True, False])
def test_a_channel_is_its_brightness_through_its_window(tmp_path: Path, deep: bool) -> None:
    path = write_qptiff(tmp_path / "a.qptiff", IMAGE, QptiffOptions(channels=("DAPI", "FITC"), deep=deep))
    with open_slide(path) as slide, tifffile.TiffFile(path) as judge:
        stored = judge.series[0].levels[0].asarray()
        bounds = slide.properties.bounds
        for number, channel in enumerate(slide.properties.channels):
            low, high = channel.window
            assert 0 <= low < high
            expected = np.clip((stored[number].astype(np.float64) - low) / (high - low), 0, 1) * 255
            shown = layer_of(slide, 0, number).region(0, bounds)
            assert np.abs(shown[..., number] - expected).max() <= 1
            assert np.delete(shown, number, axis=2).max() == 0


def test_all_channels_together_are_the_sum_of_their_light(tmp_path: Path) -> None:
    with open_slide(write_qptiff(tmp_path / "a.qptiff", IMAGE, FLUORESCENCE)) as slide:
        assert [channel.name for channel in slide.properties.channels] == ["DAPI", "FITC", "Cy3"]
        assert [channel.colour for channel in slide.properties.channels] == [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
        bounds = slide.properties.bounds
        layers = [layer_of(slide, 0, number).region(0, bounds).astype(np.int16) for number in range(3)]
        assert np.array_equal(slide.region(0, bounds), np.minimum(sum(layers), 255))


def test_levels_that_differ_in_their_channels_are_refused(tmp_path: Path) -> None:
    path = write_qptiff(tmp_path / "a.qptiff", IMAGE, FLUORESCENCE)
    data = path.read_bytes()
    at = data.rindex(b"ReducedResolution")
    path.write_bytes(data[:at] + b"NothingThatIKnow " + data[at + 17 :])
    with pytest.raises(SlideCorrupt):
        QptiffReader().open(path)
