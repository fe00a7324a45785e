"""A converted slide is OME-TIFF or TIFF that other people's programs take: tifffile, OpenSlide, the OME schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import ome_types
import openslide
import pytest
import tifffile
from lxml import etree

from coverslip.slides.registry import open_slide
from coverslip.slides.slide import Slide
from coverslip.vocabulary.geometry import Box
from tests.conformance.examples import HTJ2K, PASSING, SOURCES, SPACING, converted, files, source

TARGETS = ("tiff", "ome-tiff")
NO_OPENSLIDE = ("svs-jpeg2000-rgb", "dicom-jpeg2000", "tiff-webp")
"""Tiles that pass through in a compression that the libtiff in OpenSlide does not decode."""
KINDS = [name for name in SOURCES if name not in HTJ2K]


def whole(slide: Slide, level: int) -> Any:
    described = slide.properties.levels[level]
    return slide.region(level, Box(0, 0, described.width, described.height))


def only_file(name: str, target: Any) -> Path:
    (file,) = files(converted(name, target))
    return file


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", SOURCES)
def test_levels_pixels_spacing_and_profile_are_those_of_the_source(name: str, target: Any) -> None:
    with open_slide(source(name)) as before, open_slide(only_file(name, target)) as after:
        found, expected = after.properties, before.properties
        assert [(level.width, level.height) for level in found.levels] == [
            (level.width, level.height) for level in expected.levels
        ]
        assert found.spacing is not None and found.spacing.x_um == pytest.approx(SPACING.x_um, rel=1e-6)
        assert found.icc_profile == expected.icc_profile
        assert set(found.associated) == set(expected.associated) - {"thumbnail"}
        for level in range(len(expected.levels)):
            assert np.array_equal(whole(after, level), whole(before, level)), level
        for picture in found.associated:
            assert np.array_equal(after.associated(picture), before.associated(picture)), picture


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", PASSING)
def test_jpeg_tiles_are_stored_as_they_were(name: str, target: Any) -> None:
    assert all(image.passed_through for image in converted(name, target).images if image.kind == "volume")
    with open_slide(source(name)) as before, open_slide(only_file(name, target)) as after:
        for level, described in enumerate(before.properties.levels):
            assert after.properties.levels[level].passthrough
            assert (
                after.tile(level, described.columns - 1, described.rows - 1).data[-200:]
                == (before.tile(level, described.columns - 1, described.rows - 1).data[-200:])
            )


@pytest.mark.parametrize("name", SOURCES)
def test_tifffile_sees_one_pyramid_in_ome_tiff(name: str) -> None:
    with tifffile.TiffFile(only_file(name, "ome-tiff")) as tiff, open_slide(source(name)) as slide:
        assert tiff.is_ome
        assert len(tiff.series[0].levels) == len(slide.properties.levels)
        for number, level in enumerate(tiff.series[0].levels):
            pixels = level.asarray()
            expected = whole(slide, number)
            assert np.array_equal(pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, 2), expected), number
        beside = [series.name for series in tiff.series[1:]]
        assert beside == sorted(set(slide.properties.associated) - {"thumbnail"})


@pytest.mark.parametrize("name", SOURCES)
def test_the_ome_xml_is_valid_by_its_schema(name: str) -> None:
    schema = etree.XMLSchema(etree.parse(str(Path(ome_types.__file__).parent / "ome-2016-06.xsd")))
    with tifffile.TiffFile(only_file(name, "ome-tiff")) as tiff:
        text = tiff.pages.first.description
    schema.assertValid(etree.fromstring(text.encode()))
    image = ome_types.from_xml(text).images[0]
    assert image.pixels.physical_size_x == pytest.approx(SPACING.x_um)
    assert str(image.pixels.physical_size_x_unit.value) == "µm"


@pytest.mark.parametrize("name", [name for name in KINDS if name not in NO_OPENSLIDE])
def test_openslide_reads_the_tiff_pyramid_with_the_pixels_of_the_source(name: str) -> None:
    with openslide.OpenSlide(str(only_file(name, "tiff"))) as opened, open_slide(source(name)) as slide:
        assert opened.properties["openslide.vendor"] == "generic-tiff"
        assert opened.level_count == len(slide.properties.levels)
        for number, level in enumerate(slide.properties.levels):
            image = opened.read_region((0, 0), number, (level.width, level.height)).convert("RGB")
            assert np.array_equal(np.asarray(image), whole(slide, number)), number


@pytest.mark.parametrize("target", TARGETS)
def test_the_same_slide_converts_to_the_same_bytes(target: Any, tmp_path: Path) -> None:
    from coverslip.conversion.convert import convert
    from coverslip.conversion.options import Options, SeriesOptions

    again = convert(source("svs-jpeg-rgb"), target, tmp_path, Options(series=SeriesOptions(spacing=SPACING)))
    assert (tmp_path / again.images[0].file).read_bytes() == only_file("svs-jpeg-rgb", target).read_bytes()
