"""Real slides: the same pixels as OpenSlide, and for each DICOM file what is expected of it.

The tolerance is 0 everywhere: JPEG levels are decoded by the same libjpeg-turbo with the same DCT (the accurate integer
one) and upsampling, JPEG 2000 by the same OpenJPEG, and NDPI by OpenSlide itself.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openslide
import pydicom
import pytest

from coverslip.slides.errors import FormatDeclined, SlideError
from coverslip.slides.isolation import open_isolated, probe
from coverslip.slides.registry import open_slide
from coverslip.slides.slide import RgbImage
from coverslip.slides.tiled import exact_downsample
from coverslip.testing.contracts.slide_reader import pixels_of
from coverslip.vocabulary.geometry import Box

pytestmark = pytest.mark.real

REPOSITORY = Path(__file__).parents[2]
DATA = Path(os.environ.get("COVERSLIP_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
SLIDES = DATA / "open" / "slides"
DICOM = DATA / "open" / "dicom"


@dataclass(frozen=True)
class Expected:
    """What a slide file must turn out to be."""

    reader: str
    format: str
    size: tuple[int, int]
    levels: int
    spacing_um: float | None
    objective: float | None
    passthrough: bool
    associated: tuple[str, ...]


EXPECTED_SLIDES = {
    "CMU-1-Small-Region.svs": Expected(
        "tiff", "svs", (2220, 2967), 1, 0.499, 20, True, ("label", "macro", "thumbnail")
    ),
    "TCGA-CR-7395-01A-01-TS1.svs": Expected("tiff", "svs", (4443, 3567), 2, None, None, False, ("thumbnail",)),
    "fluorescence-dapi.ndpi": Expected("ndpi", "ndpi", (3968, 4864), 4, 0.2282, 40, True, ("macro",)),
}

READ = "read"
NOT_A_SLIDE_OBJECT = FormatDeclined
EXPECTED_DICOM: dict[str, str | type[SlideError]] = {
    "highdicom_seg_image_sm_control.dcm": NOT_A_SLIDE_OBJECT,
    "highdicom_seg_image_sm_control_labelmap.dcm": NOT_A_SLIDE_OBJECT,
    "highdicom_seg_image_sm_control_labelmap_palette_color.dcm": NOT_A_SLIDE_OBJECT,
    "highdicom_seg_image_sm_dots.dcm": NOT_A_SLIDE_OBJECT,
    "highdicom_seg_image_sm_dots_tiled_full.dcm": NOT_A_SLIDE_OBJECT,
    "highdicom_seg_image_sm_numbers.dcm": NOT_A_SLIDE_OBJECT,
    "highdicom_sm_annotations.dcm": NOT_A_SLIDE_OBJECT,
    "highdicom_sm_image.dcm": READ,
    "highdicom_sm_image_control.dcm": READ,
    "highdicom_sm_image_dots.dcm": READ,
    "highdicom_sm_image_grayscale.dcm": READ,
    "highdicom_sm_image_grayscale_reversed.dcm": READ,
    "highdicom_sm_image_jpegls.dcm": READ,
    "highdicom_sm_image_jpegls_nobot.dcm": READ,
    "highdicom_sm_image_numbers.dcm": READ,
    "highdicom_sr_document.dcm": NOT_A_SLIDE_OBJECT,
    "highdicom_sr_document_with_multiple_groups.dcm": NOT_A_SLIDE_OBJECT,
    "multi_frame_jpeg2000_camelyon_challenge_image.dcm": READ,
    "multi_frame_jpeg_camelyon_challenge_image.dcm": READ,
    "test_jpeg_dicom.dcm": READ,
    "test_slide_coordinates.dcm": NOT_A_SLIDE_OBJECT,
    "wsi_annotation.dcm": NOT_A_SLIDE_OBJECT,
    "wsi_private_tags.dcm": FormatDeclined,
}
"""Read, or refused with this error: a label alone is declined."""
PLACEHOLDER_SIZE = ("test_jpeg_dicom.dcm",)
"""States 100 um a pixel at full resolution, which no microscope gives: shown, not measured."""


def test_the_data_folder_is_there_and_every_file_has_an_expectation() -> None:
    assert SLIDES.is_dir(), f"{SLIDES} is missing: set COVERSLIP_SHARED_DATA"
    assert {path.name for path in SLIDES.iterdir()} == set(EXPECTED_SLIDES)
    assert {path.name for path in DICOM.glob("*.dcm")} == set(EXPECTED_DICOM)


@pytest.mark.parametrize("name", EXPECTED_SLIDES)
def test_a_slide_is_what_it_should_be(name: str) -> None:
    properties, expected = probe(SLIDES / name), EXPECTED_SLIDES[name]
    assert (properties.reader, properties.format) == (expected.reader, expected.format)
    assert (properties.width, properties.height) == expected.size
    assert len(properties.levels) == expected.levels
    if expected.spacing_um is None:
        assert properties.spacing is None
    else:
        assert properties.spacing is not None
        assert properties.spacing.mean_um == pytest.approx(expected.spacing_um, abs=1e-4)
    assert properties.objective_power == expected.objective
    assert all(level.passthrough == expected.passthrough for level in properties.levels)
    assert properties.associated == expected.associated


@pytest.mark.parametrize("name", EXPECTED_SLIDES)
def test_every_level_has_the_pixels_that_openslide_reads(name: str) -> None:
    with open_slide(SLIDES / name) as slide, openslide.OpenSlide(SLIDES / name) as judge:
        sizes = [(level.width, level.height) for level in slide.properties.levels]
        assert sizes == list(judge.level_dimensions)[: len(sizes)]
        assert len(sizes) == len(judge.level_dimensions) or name.endswith(".ndpi"), "OpenSlide adds reduced levels"
        for number, (width, height) in enumerate(sizes):
            ours = slide.region(number, Box(0, 0, width, height))
            theirs = flattened(judge.read_region((0, 0), number, (width, height)))
            assert np.array_equal(ours, theirs), f"level {number}"


@pytest.mark.parametrize("name", EXPECTED_SLIDES)
def test_sample_regions_have_the_pixels_that_openslide_reads(name: str) -> None:
    random = np.random.default_rng(11)
    with open_slide(SLIDES / name) as slide, openslide.OpenSlide(SLIDES / name) as judge:
        for number, level in enumerate(slide.properties.levels):
            step = round(level.downsample)
            for _ in range(12):
                x, y = (int(random.integers(0, max(1, side - 40))) for side in (level.width, level.height))
                size = int(random.integers(20, 300)), int(random.integers(20, 300))
                if (
                    exact_downsample(judge.dimensions, judge.level_dimensions[number])
                    != judge.level_downsamples[number]
                ):
                    continue  # OpenSlide shifts by a fraction of a pixel here: it divides the sizes as rounded
                inside = min(size[0], level.width - x), min(size[1], level.height - y)
                ours = slide.region(number, Box(x, y, *inside))
                theirs = flattened(judge.read_region((x * step, y * step), number, inside))
                assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("name", EXPECTED_SLIDES)
def test_label_and_macro_have_the_pixels_that_openslide_reads(name: str) -> None:
    with open_slide(SLIDES / name) as slide, openslide.OpenSlide(SLIDES / name) as judge:
        for picture in slide.properties.associated:
            assert np.array_equal(slide.associated(picture), flattened(judge.associated_images[picture]))


def test_stored_tiles_pass_a_strict_decoder_and_match_openslide() -> None:
    path = SLIDES / "CMU-1-Small-Region.svs"
    with open_slide(path) as slide, openslide.OpenSlide(path) as judge:
        level = slide.properties.levels[0]
        whole = flattened(judge.read_region((0, 0), 0, (level.width, level.height)))
        for row in range(level.rows):
            for column in range(level.columns):
                x, y = column * level.tile_width, row * level.tile_height
                expected = whole[y : y + level.tile_height, x : x + level.tile_width]
                tile = pixels_of(slide.tile(0, column, row))[: expected.shape[0], : expected.shape[1]]
                assert np.array_equal(tile, expected)


@pytest.mark.parametrize("name", EXPECTED_DICOM)
def test_a_dicom_file_is_read_or_refused_as_expected(name: str) -> None:
    expected = EXPECTED_DICOM[name]
    if isinstance(expected, str):
        with open_isolated(DICOM / name) as slide:
            assert slide.properties.format == "dicom"
            stated = slide.properties.spacing is not None, slide.properties.spacing_problem
            assert stated == ((False, "SPACING_NOT_CREDIBLE") if name in PLACEHOLDER_SIZE else (True, None))
            for number, level in enumerate(slide.properties.levels):
                assert slide.region(number, Box(0, 0, level.width, level.height)).std() > 1
        return
    with pytest.raises(expected) as caught:
        probe(DICOM / name)
    assert name in caught.value.message("zh-CN")


@pytest.mark.parametrize("name", [name for name, outcome in EXPECTED_DICOM.items() if outcome == READ])
def test_dicom_pixels_are_those_that_another_decoder_reads(name: str) -> None:
    with open_slide(DICOM / name) as slide:
        level = slide.properties.levels[0]
        ours = slide.region(0, Box(0, 0, level.width, level.height))
        channels = slide.properties.channels
    window = channels[0].window if channels else None
    assert np.array_equal(ours, judged(DICOM / name, level.width, level.height, window))


def judged(path: Path, width: int, height: int, window: tuple[int, int] | None) -> RgbImage:
    """OpenSlide's pixels of JPEG and JPEG 2000; pydicom's frames, put together, of what is not compressed.

    `window`: the values shown as black and white where the file has 16 bits, as the slide states them.
    The two JPEG-LS files are lossless copies of highdicom_sm_image.dcm, which is not compressed.
    """
    if "jpegls" in path.name:
        path = path.with_name("highdicom_sm_image.dcm")
    dataset = pydicom.dcmread(path)
    if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        with openslide.OpenSlide(path) as judge:
            return flattened(judge.read_region((0, 0), 0, (width, height)))
    columns = -(-width // dataset.Columns)
    whole = np.zeros((-(-height // dataset.Rows) * dataset.Rows, columns * dataset.Columns, 3), np.uint8)
    for number, frame in enumerate(dataset.pixel_array):
        y, x = number // columns * dataset.Rows, number % columns * dataset.Columns
        if window is not None:
            light = frame if dataset.PhotometricInterpretation == "MONOCHROME2" else 2**dataset.BitsStored - 1 - frame
            share = np.clip((light.astype(np.float32) - window[0]) / (window[1] - window[0]), 0, 1)
            frame = np.repeat(np.rint(share * 255).astype(np.uint8)[..., None], 3, axis=2)
        whole[y : y + dataset.Rows, x : x + dataset.Columns] = frame
    return whole[:height, :width]


def flattened(image: object) -> RgbImage:
    """OpenSlide's RGBA without its alpha, which is full on these slides."""
    pixels = np.asarray(image)
    if pixels.shape[2] == 4:
        assert pixels[..., 3].min() == 255
    return np.ascontiguousarray(pixels[..., :3])
