"""Philips TIFF: padded levels cut to size, tiles left out are white, pictures within the XML; checked by OpenSlide."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openslide
import pytest

from coverslip.phantoms.files.philips import PhilipsOptions, write_philips
from coverslip.phantoms.files.picture import tissue
from coverslip.slides.errors import SlideCorrupt
from coverslip.slides.readers.philips import PhilipsReader
from coverslip.slides.registry import open_slide
from coverslip.testing.openslide_pixels import greatest_difference, openslide_properties
from coverslip.vocabulary.units import Spacing

IMAGE = tissue(500, 380)
SPARSE = PhilipsOptions(omit=((1, 1), (0, 2)))


@pytest.mark.parametrize("options", [PhilipsOptions(), SPARSE, PhilipsOptions(factors=(1, 4, 8))])
def test_every_level_is_openslides_to_the_pixel(tmp_path: Path, options: PhilipsOptions) -> None:
    path = write_philips(tmp_path / "a.tiff", IMAGE, options)
    with open_slide(path) as slide, openslide.OpenSlide(str(path)) as judge:
        assert slide.properties.reader == "philips"
        assert [(level.width, level.height) for level in slide.properties.levels] == list(judge.level_dimensions)
        assert [level.downsample for level in slide.properties.levels] == list(judge.level_downsamples)
        for level in range(len(options.factors)):
            assert greatest_difference(path, slide, level) == 0


def test_stored_tiles_pass_through_and_missing_ones_are_white(tmp_path: Path) -> None:
    with PhilipsReader().open(write_philips(tmp_path / "a.tiff", IMAGE, SPARSE)) as slide:
        assert all(level.passthrough for level in slide.properties.levels)
        index = slide.tile_index()
        assert index.place(0, 0, 0) is not None
        assert index.place(0, 1, 1) is None
        assert slide.region(0, slide.properties.bounds)[128:256, 128:256].min() == 255


def test_properties_are_openslides(tmp_path: Path) -> None:
    path = write_philips(tmp_path / "a.tiff", IMAGE)
    stated = openslide_properties(path)
    with open_slide(path) as slide, openslide.OpenSlide(str(path)) as judge:
        properties = slide.properties
        assert properties.spacing == Spacing.square(float(stated["openslide.mpp-x"]))
        assert properties.objective_power == float(stated["openslide.objective-power"]) == 40
        assert properties.barcode == "S24-1-A1", "Philips writes it in base64"
        assert properties.scanner_model == stated["philips.DICOM_MANUFACTURERS_MODEL_NAME"]
        assert properties.scanned_at == "2024-03-14T08:30:00"
        for name in ("label", "macro"):
            theirs = np.asarray(judge.associated_images[name])[..., :3]
            assert np.array_equal(slide.associated(name), theirs)


def test_pixel_sizes_that_do_not_fit_the_levels_are_refused(tmp_path: Path) -> None:
    """The levels' true sizes follow from their pixel sizes, so there is nothing right to show."""
    path = write_philips(tmp_path / "a.tiff", IMAGE, PhilipsOptions(factors=(1, 2)))
    path.write_bytes(path.read_bytes().replace(b"0.000500000", b"0.000250000"))
    with pytest.raises(SlideCorrupt):
        PhilipsReader().open(path)


@pytest.mark.parametrize("spacing", [b"-0.00025000", b"0.000000000", b"nonsense!!!"])
def test_a_pixel_size_of_nought_or_less_is_refused(tmp_path: Path, spacing: bytes) -> None:
    path = write_philips(tmp_path / "a.tiff", IMAGE, PhilipsOptions(factors=(1, 2)))
    path.write_bytes(path.read_bytes().replace(b"0.000250000", spacing))
    with pytest.raises(SlideCorrupt):
        PhilipsReader().open(path)
