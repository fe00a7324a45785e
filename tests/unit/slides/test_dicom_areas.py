"""Levels of a DICOM slide show one piece of the glass; another piece is never shown as a coarser level."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.uid import generate_uid

from coverslip.phantoms.files.dicom import DicomOptions, write_dicom_series
from coverslip.phantoms.files.picture import tissue
from coverslip.slides.bundle import dicom_bundles
from coverslip.slides.bundle_errors import SeveralSlides
from coverslip.slides.errors import SlideError
from coverslip.slides.registry import open_slide

Change = Callable[[pydicom.Dataset], None]
SAME_SERIES = ("SeriesInstanceUID", "FrameOfReferenceUID", "StudyInstanceUID")


def changed(file: Path, change: Change) -> None:
    dataset = pydicom.dcmread(file)
    change(dataset)
    dataset.save_as(file)


def measures(dataset: pydicom.Dataset) -> Any:
    return dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]


def placed(x_mm: float, y_mm: float) -> Change:
    def change(dataset: pydicom.Dataset) -> None:
        origin = dataset.TotalPixelMatrixOriginSequence[0]
        origin.XOffsetInSlideCoordinateSystem, origin.YOffsetInSlideCoordinateSystem = x_mm, y_mm

    return change


def without_spacing(dataset: pydicom.Dataset) -> None:
    del measures(dataset).PixelSpacing


def without_size(dataset: pydicom.Dataset) -> None:
    without_spacing(dataset)
    del dataset.ImagedVolumeWidth, dataset.ImagedVolumeHeight


def of_the_whole_glass(dataset: pydicom.Dataset) -> None:
    dataset.ImagedVolumeWidth, dataset.ImagedVolumeHeight = 25.0, 18.75


def same_series_as(file: Path, shared: tuple[str, ...] = SAME_SERIES) -> Change:
    first = pydicom.dcmread(file)

    def change(dataset: pydicom.Dataset) -> None:
        for name in shared:
            setattr(dataset, name, first[name].value)

    return change


def areas(
    folder: Path, *others: Change, size: tuple[int, int] = (320, 240), shared: tuple[str, ...] = SAME_SERIES
) -> Path:
    """640 x 480 pixels and a second image of one glass, changed; both of 0.25 um."""
    first = write_dicom_series(folder / "a", tissue(640, 480), DicomOptions(factors=(1,)))
    second = write_dicom_series(folder / "b", tissue(*size, 2), DicomOptions(factors=(1,))) / "level0.dcm"
    for change in (same_series_as(first / "level0.dcm", shared), *others):
        changed(second, change)
    second.rename(first / "other.dcm")
    return first


@pytest.mark.parametrize(
    "others",
    [(placed(20, 15),), (), (without_spacing,), (without_spacing, placed(20, 15)), (without_size, placed(20, 15))],
    ids=["elsewhere", "nothing said of its place", "volume only", "volume only, elsewhere", "place only"],
)
def test_a_smaller_area_of_the_glass_is_no_coarser_level(tmp_path: Path, others: tuple[Change, ...]) -> None:
    with pytest.raises(SeveralSlides) as caught:
        open_slide(areas(tmp_path, *others))
    assert caught.value.parameters["count"] == 2
    assert "folder of its own" in caught.value.mend("en")
    assert "单独的文件夹" in caught.value.mend("zh-CN")


def test_a_folder_of_two_areas_is_two_slides_each_with_its_own_levels(tmp_path: Path) -> None:
    """What the error's second piece of advice, to take the folder in as a whole, comes to."""
    folder = areas(tmp_path, placed(20, 15))
    label = write_dicom_series(tmp_path / "c", tissue(640, 480), DicomOptions(factors=(1,), label=tissue(90, 80)))
    changed(label / "label.dcm", same_series_as(folder / "level0.dcm"))
    (label / "label.dcm").rename(folder / "label.dcm")
    found = dicom_bundles(folder)
    assert [{file.path.name for file in bundle.files} for bundle in found] == [
        {"label.dcm", "level0.dcm"},
        {"other.dcm"},
    ]
    assert len({bundle.name for bundle in found}) == 2
    with open_slide(found[1].main) as slide:
        assert (slide.properties.width, slide.properties.height) == (320, 240)


def test_a_header_without_a_size_is_told_by_its_name_and_not_by_a_crash(tmp_path: Path) -> None:
    folder = areas(tmp_path, lambda dataset: setattr(dataset, "TotalPixelMatrixColumns", 0), placed(20, 15))
    changed(folder / "other.dcm", lambda dataset: setattr(dataset, "Columns", 0))
    assert len(dicom_bundles(folder)) == 2
    with pytest.raises(SlideError):
        open_slide(folder)


def test_a_volume_that_is_the_whole_glass_makes_no_level_of_an_area(tmp_path: Path) -> None:
    folder = areas(tmp_path, of_the_whole_glass)
    changed(folder / "level0.dcm", of_the_whole_glass)
    with pytest.raises(SeveralSlides):
        open_slide(folder)


@pytest.mark.parametrize("size", [(400, 300), (320, 240)])
def test_scans_in_several_series_of_one_frame_of_reference_are_several_slides(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    with pytest.raises(SeveralSlides):
        open_slide(areas(tmp_path, size=size, shared=("FrameOfReferenceUID",)))


def test_images_of_several_series_that_state_no_size_are_not_one_slide(tmp_path: Path) -> None:
    folder = areas(tmp_path, without_size, shared=("FrameOfReferenceUID",))
    changed(folder / "level0.dcm", without_size)
    with pytest.raises(SeveralSlides):
        open_slide(folder)


def test_an_area_of_as_many_pixels_is_not_laid_over_the_first(tmp_path: Path) -> None:
    """Sparse images could be put together without a frame in the way."""
    folder = write_dicom_series(tmp_path / "a", tissue(128, 64), DicomOptions(factors=(1,), omit=((1, 0),)))
    other = write_dicom_series(tmp_path / "b", tissue(128, 64, 2), DicomOptions(factors=(1,), omit=((0, 0),)))
    uid = pydicom.dcmread(folder / "level0.dcm").SeriesInstanceUID
    changed(other / "level0.dcm", lambda dataset: setattr(dataset, "SeriesInstanceUID", uid))
    changed(other / "level0.dcm", placed(20, 15))
    (other / "level0.dcm").rename(folder / "other.dcm")
    with pytest.raises(SeveralSlides):
        open_slide(folder)


@pytest.mark.parametrize(
    "change",
    [
        placed(0.5, 0),
        lambda dataset: setattr(dataset, "ImageOrientationSlide", [0, 1, 0, 1, 0, 0]),
        lambda dataset: setattr(dataset, "PyramidUID", generate_uid()),
    ],
    ids=["origin", "orientation", "pyramid"],
)
def test_a_level_that_lies_elsewhere_or_is_of_another_pyramid_is_no_level(tmp_path: Path, change: Change) -> None:
    folder = write_dicom_series(tmp_path / "a", tissue(640, 480), DicomOptions(factors=(1, 4)))
    changed(folder / "level0.dcm", lambda dataset: setattr(dataset, "PyramidUID", generate_uid()))
    changed(folder / "level1.dcm", change)
    with pytest.raises(SeveralSlides):
        open_slide(folder)


def _half_a_pixel_inside(dataset: pydicom.Dataset) -> None:
    placed(0.0015, 0.0015)(dataset)  # of 4 x 1 um: the centre of its first pixel is 1.5 um from that of level 0


def _rounded(dataset: pydicom.Dataset) -> None:
    measures(dataset).PixelSpacing = [0.00401, 0.00401]


@pytest.mark.parametrize(
    "change",
    [_half_a_pixel_inside, _rounded, without_spacing, without_size],
    ids=["half", "round", "volume", "no size"],
)
def test_a_level_that_agrees_within_rounding_is_one(tmp_path: Path, change: Change) -> None:
    image = tissue(1283, 957)  # not a multiple of 4: the level is a part of a pixel smaller
    folder = write_dicom_series(tmp_path / "a", image, DicomOptions(factors=(1, 4), mpp=1.0))
    changed(folder / "level1.dcm", change)
    with open_slide(folder) as slide:
        assert [(level.width, level.height) for level in slide.properties.levels] == [(1283, 957), (320, 239)]
        assert slide.properties.spacing_problem is None


def test_levels_of_one_area_in_several_series_are_one_slide(tmp_path: Path) -> None:
    folder = write_dicom_series(tmp_path / "a", tissue(640, 480), DicomOptions(factors=(1, 4)))
    changed(folder / "level1.dcm", lambda dataset: setattr(dataset, "SeriesInstanceUID", generate_uid()))
    with open_slide(folder) as slide:
        assert len(slide.properties.levels) == 2


def test_a_level_whose_pixel_size_contradicts_its_volume_is_shown_and_not_measured(tmp_path: Path) -> None:
    folder = write_dicom_series(tmp_path / "a", tissue(640, 480), DicomOptions(factors=(1, 4), encoding="none"))
    changed(folder / "level1.dcm", lambda dataset: setattr(measures(dataset), "PixelSpacing", [0.007, 0.007]))
    with open_slide(folder) as slide:
        assert slide.properties.spacing is None
        assert slide.properties.spacing_problem == "SPACING_LEVELS_DIFFER"
        assert np.array_equal(slide.region(0, slide.properties.bounds), tissue(640, 480))
