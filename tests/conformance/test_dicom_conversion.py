"""A converted slide is DICOM that other people's programs take: dciodvfy, wsidicom, OpenSlide, pydicom, Orthanc."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import openslide
import pydicom
import pytest
from pydicom.encaps import generate_frames
from pydicom.uid import HTJ2KLossless, JPEG2000Lossless
from wsidicom import WsiDicom

from coverslip.conversion.convert import convert
from coverslip.conversion.metadata import metadata_from
from coverslip.conversion.options import Options, SeriesOptions
from coverslip.conversion.plan import Choice, Wanted
from coverslip.phantoms.files.dicom import DicomOptions, write_dicom_series
from coverslip.phantoms.files.picture import tissue
from coverslip.slides.registry import open_slide
from coverslip.slides.slide import Slide
from coverslip.vocabulary.geometry import Box
from coverslip.vocabulary.units import Spacing
from tests.conformance.conftest import installed
from tests.conformance.examples import CODESTREAMS, GIVEN, HTJ2K, PASSING, SOURCES, SPACING, converted, files, source

ONE_OF_EACH = [(name, "lossless", False) for name in SOURCES if name not in HTJ2K] + [
    ("tiff-plain", "jpeg", False),
    ("svs-jpeg-rgb", "lossless", True),
    ("svs-jpeg2000-rgb", "lossless", True),
]

SAMPLE = ("svs-jpeg-rgb", "svs-jpeg-ycbcr", "tiff-plain", "tiff-deflate", "svs-with-missing-tiles")


def errors(file: Path) -> list[str]:
    """What dciodvfy calls an error."""
    told = subprocess.run([installed("dciodvfy"), str(file)], capture_output=True, text=True, check=False)
    lines = (told.stdout + told.stderr).splitlines()
    assert "VLWholeSlideMicroscopyImage" in lines, lines
    return [line for line in lines if line.startswith("Error") or " Error " in line]


def whole(slide: Slide, level: int) -> Any:
    described = slide.properties.levels[level]
    return slide.region(level, Box(0, 0, described.width, described.height))


def instances(name: str) -> Iterator[tuple[Path, pydicom.Dataset]]:
    for file in files(converted(name, "dicom")):
        yield file, pydicom.dcmread(file)


@pytest.mark.parametrize(("name", "wanted", "given"), ONE_OF_EACH)
def test_dciodvfy_finds_no_error_in_any_instance(name: str, wanted: str, given: bool) -> None:
    done = converted(name, "dicom", wanted, given)
    assert {file.name: errors(file) for file in files(done)} == {file.name: [] for file in files(done)}


@pytest.mark.parametrize("name", ["tiff-plain", *HTJ2K])
def test_dciodvfy_finds_no_error_in_the_attributes_of_htj2k(name: str, tmp_path: Path) -> None:
    """It is older than HTJ2K's transfer syntaxes and cannot read the pixels: they are called JPEG 2000 for it."""
    for file in files(converted(name, "dicom", "htj2k")):
        renamed = pydicom.dcmread(file)
        assert renamed.file_meta.TransferSyntaxUID == HTJ2KLossless
        renamed.file_meta.TransferSyntaxUID = JPEG2000Lossless
        renamed.save_as(tmp_path / file.name)
        assert errors(tmp_path / file.name) == []


@pytest.mark.parametrize("name", ["tiff-plain", "tiff-deflate"])
def test_htj2k_keeps_every_pixel(name: str) -> None:
    with open_slide(source(name)) as before, WsiDicom.open(converted(name, "dicom", "htj2k").out) as after:
        for number, level in enumerate(before.properties.levels):
            image = after.read_region((0, 0), after.levels[number].level, (level.width, level.height))
            assert np.array_equal(np.asarray(image.convert("RGB")), whole(before, number)), number


def test_dciodvfy_does_find_an_error_where_there_is_one(tmp_path: Path) -> None:
    header = pydicom.dcmread(files(converted("svs-jpeg-rgb", "dicom"))[0])
    del header.FocusMethod
    del header.OpticalPathSequence[0].ICCProfile
    header.save_as(tmp_path / "bad.dcm")
    assert len(errors(tmp_path / "bad.dcm")) == 2


@pytest.mark.parametrize("name", SOURCES)
def test_every_level_has_the_pixels_of_the_source(name: str) -> None:
    done = converted(name, "dicom")
    with open_slide(source(name)) as before, open_slide(done.out) as after:
        assert [(level.width, level.height) for level in after.properties.levels] == [
            (level.width, level.height) for level in before.properties.levels
        ]
        for level in range(len(before.properties.levels)):
            assert np.array_equal(whole(after, level), whole(before, level)), level


@pytest.mark.parametrize("name", PASSING)
def test_stored_tiles_are_the_frames_byte_by_byte(name: str) -> None:
    with open_slide(source(name)) as slide:
        index = slide.tile_index()  # type: ignore[attr-defined]  # these readers have one
        for level, described in enumerate(slide.properties.levels):
            header = pydicom.dcmread(converted(name, "dicom").out / f"level-{level}.dcm")
            frames = list(generate_frames(header.PixelData, number_of_frames=int(header.NumberOfFrames)))
            assert len(frames) == described.columns * described.rows
            for number, frame in enumerate(frames):
                place = index.place(level, number % described.columns, number // described.columns)
                if place is not None:
                    with Path(index.files[place.file]).open("rb") as file:
                        stored = place.read(file.fileno())
                    assert frame == stored + b"\0" * (len(stored) % 2), (level, number)


@pytest.mark.parametrize("name", CODESTREAMS)
def test_stored_codestreams_are_the_frames_byte_by_byte(name: str) -> None:
    with open_slide(source(name)) as slide:
        index = slide.stored_index()  # type: ignore[attr-defined]  # these readers have one
        for number, level in enumerate(index.levels):
            header = pydicom.dcmread(converted(name, "dicom").out / f"level-{number}.dcm")
            frames = list(generate_frames(header.PixelData, number_of_frames=int(header.NumberOfFrames)))
            assert len(frames) == level.columns * level.rows
            for tile, frame in enumerate(frames):
                file = Path(index.files[level.files[tile] if level.files is not None else 0])
                stored = file.read_bytes()[level.offsets[tile] :][: level.lengths[tile]]
                assert frame == stored + b"\0" * (len(stored) % 2), (number, tile)


@pytest.mark.parametrize("name", [*PASSING, *CODESTREAMS])
def test_levels_that_can_pass_through_do(name: str) -> None:
    assert all(image.passed_through for image in converted(name, "dicom").images if image.kind == "volume")


@pytest.mark.parametrize("name", ["svs-jpeg-rgb", "svs-420-with-missing-tiles", "tiff-plain", "tiff-grey-jpeg"])
def test_the_extended_offset_table_leads_to_every_frame(name: str) -> None:
    for file, header in instances(name):
        offsets = np.frombuffer(header.ExtendedOffsetTable, "<u8")
        lengths = np.frombuffer(header.ExtendedOffsetTableLengths, "<u8")
        frames = list(generate_frames(header.PixelData, number_of_frames=int(header.NumberOfFrames)))
        data = file.read_bytes()
        first = data.index(header.PixelData[8:]) - 8 + 8  # behind the item of the empty basic offset table
        assert header.PixelData[:8] == bytes.fromhex("feff00e000000000")
        assert len(frames) == len(offsets) == len(lengths)
        for frame, offset, length in zip(frames, offsets, lengths, strict=True):
            start = first + int(offset) + 8
            assert data[start : start + int(length)] == frame
        assert data.endswith(bytes.fromhex("feffdde000000000"))


@pytest.mark.parametrize("name", SOURCES)
def test_wsidicom_opens_it_and_sees_every_level(name: str) -> None:
    done = converted(name, "dicom")
    with WsiDicom.open(done.out) as opened, open_slide(source(name)) as slide:
        sizes = [(level.size.width, level.size.height) for level in opened.levels]
        assert sizes == [(level.width, level.height) for level in slide.properties.levels]
        assert opened.levels[0].mpp.width == pytest.approx(SPACING.x_um)
        assert len(opened.labels or ()) == ("label" in slide.properties.associated)
        assert len(opened.overviews or ()) == ("macro" in slide.properties.associated)


@pytest.mark.parametrize("name", SAMPLE)
def test_wsidicom_decodes_the_pixels_of_the_source(name: str) -> None:
    with WsiDicom.open(converted(name, "dicom").out) as opened, open_slide(source(name)) as slide:
        for number, level in enumerate(slide.properties.levels):
            image = opened.read_region((0, 0), opened.levels[number].level, (level.width, level.height))
            assert np.array_equal(np.asarray(image.convert("RGB")), whole(slide, number)), number


@pytest.mark.parametrize("name", [name for name in SOURCES if "grey" not in name and name not in HTJ2K])
def test_openslide_opens_it_and_decodes_the_pixels_of_the_source(name: str) -> None:
    with (
        openslide.OpenSlide(str(converted(name, "dicom").out / "level-0.dcm")) as opened,
        open_slide(source(name)) as slide,
    ):
        assert opened.properties["openslide.vendor"] == "dicom"
        assert float(opened.properties["openslide.mpp-x"]) == pytest.approx(SPACING.x_um)
        assert set(opened.associated_images) >= set(slide.properties.associated) - {"thumbnail"}
        for number, level in enumerate(slide.properties.levels):
            image = opened.read_region((0, 0), number, (level.width, level.height)).convert("RGB")
            assert np.array_equal(np.asarray(image), whole(slide, number)), number


@pytest.mark.parametrize("name", [*SAMPLE, "tiff-grey-jpeg", "dicom-label-overview"])
def test_orthanc_takes_it_and_gives_it_back(name: str, orthanc: httpx.Client) -> None:
    for file, header in instances(name):
        answer = orthanc.post("/instances", content=file.read_bytes())
        assert answer.status_code == 200, answer.text
        stored = answer.json()["ID"]
        tags = orthanc.get(f"/instances/{stored}/simplified-tags").json()
        assert tags["SOPInstanceUID"] == header.SOPInstanceUID
        assert tags["ImageType"] == "\\".join(header.ImageType)
        assert tags["ContainerIdentifier"] == header.ContainerIdentifier
        assert orthanc.get(f"/instances/{stored}/file").content == file.read_bytes()
        count = int(header.NumberOfFrames)
        assert len(orthanc.get(f"/instances/{stored}/frames").json()) == count
        frames = list(generate_frames(header.PixelData, number_of_frames=count))
        for number in {0, count // 2, count - 1}:
            assert orthanc.get(f"/instances/{stored}/frames/{number}/raw").content == frames[number]


def test_orthanc_holds_the_slide_as_one_series(orthanc: httpx.Client) -> None:
    headers = [header for _, header in instances("svs-jpeg-ycbcr")]
    for file in files(converted("svs-jpeg-ycbcr", "dicom")):
        orthanc.post("/instances", content=file.read_bytes()).raise_for_status()
    found = orthanc.post("/tools/lookup", content=headers[0].SeriesInstanceUID).json()
    assert [entry["Type"] for entry in found] == ["Series"]
    series = orthanc.get(found[0]["Path"]).json()
    assert len(series["Instances"]) == len(headers)
    assert series["MainDicomTags"]["Modality"] == "SM"


@pytest.mark.parametrize("name", ["svs-jpeg-rgb", "svs-large-without-small-levels", "dicom-label-overview"])
def test_all_instances_are_one_series_in_one_frame_of_reference(name: str) -> None:
    headers = [header for _, header in instances(name)]
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "ContainerIdentifier"):
        assert len({header[keyword].value for header in headers}) == 1, keyword
    assert len({header.SOPInstanceUID for header in headers}) == len(headers)
    assert sorted(header.InstanceNumber for header in headers) == list(range(1, len(headers) + 1))
    pyramid = [header for header in headers if header.ImageType[2] in ("VOLUME", "THUMBNAIL")]
    assert len({header.PyramidUID for header in pyramid}) == 1
    assert not any("PyramidUID" in header for header in headers if header not in pyramid)


def test_each_instance_says_what_it_is() -> None:
    types = {file.stem: list(header.ImageType) for file, header in instances("svs-large-without-small-levels")}
    assert types == {
        "level-0": ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"],
        "label": ["ORIGINAL", "PRIMARY", "LABEL", "NONE"],
        "overview": ["ORIGINAL", "PRIMARY", "OVERVIEW", "NONE"],
        "thumbnail": ["DERIVED", "PRIMARY", "THUMBNAIL", "RESAMPLED"],
    }
    levels = {file.stem: list(header.ImageType) for file, header in instances("svs-jpeg-rgb")}
    assert levels["level-1"] == ["DERIVED", "PRIMARY", "VOLUME", "RESAMPLED"]


def test_the_photometric_interpretation_is_that_of_the_stored_tiles() -> None:
    found = {}
    for name in ("svs-jpeg-rgb", "svs-jpeg-ycbcr", "svs-jpeg2000-rgb", "tiff-grey-jpeg", "tiff-plain"):
        header = pydicom.dcmread(converted(name, "dicom").out / "level-0.dcm", stop_before_pixels=True)
        found[name] = (header.PhotometricInterpretation, header.file_meta.TransferSyntaxUID.name)
    assert found == {
        "svs-jpeg-rgb": ("RGB", "JPEG Baseline (Process 1)"),
        "svs-jpeg-ycbcr": ("YBR_FULL_422", "JPEG Baseline (Process 1)"),
        "svs-jpeg2000-rgb": ("RGB", "JPEG 2000 Image Compression"),
        "tiff-grey-jpeg": ("MONOCHROME2", "JPEG Baseline (Process 1)"),
        "tiff-plain": ("YBR_RCT", "JPEG 2000 Image Compression (Lossless Only)"),
    }


def test_lossy_compression_is_declared_and_only_where_there_was_any() -> None:
    lossy = pydicom.dcmread(converted("svs-jpeg-rgb", "dicom").out / "level-0.dcm")
    size = sum(len(frame) for frame in generate_frames(lossy.PixelData, number_of_frames=int(lossy.NumberOfFrames)))
    raw = int(lossy.NumberOfFrames) * lossy.Rows * lossy.Columns * 3
    assert (lossy.LossyImageCompression, lossy.LossyImageCompressionMethod) == ("01", "ISO_10918_1")
    assert float(lossy.LossyImageCompressionRatio) == pytest.approx(raw / size, rel=0.01)
    lossless = pydicom.dcmread(converted("tiff-plain", "dicom").out / "level-0.dcm", stop_before_pixels=True)
    assert lossless.LossyImageCompression == "00"
    assert "LossyImageCompressionMethod" not in lossless
    twice = pydicom.dcmread(converted("tiff-plain", "dicom", "jpeg").out / "level-0.dcm", stop_before_pixels=True)
    assert (twice.LossyImageCompression, twice.LossyImageCompressionMethod) == ("01", "ISO_10918_1")


def test_the_slides_own_profile_is_embedded_and_srgb_only_where_it_has_none() -> None:
    own = pydicom.dcmread(converted("svs-colour-target", "dicom").out / "level-0.dcm").OpticalPathSequence[0]
    with open_slide(source("svs-colour-target")) as slide:
        profile = slide.properties.icc_profile
    assert profile is not None and own.ICCProfile.rstrip(b"\0") == profile.rstrip(b"\0")
    assert "ColorSpace" not in own and "OpticalPathDescription" not in own
    none = pydicom.dcmread(converted("svs-jpeg-rgb", "dicom").out / "level-0.dcm").OpticalPathSequence[0]
    assert none.ColorSpace == "SRGB" and "assumed" in none.OpticalPathDescription
    assert none.ICCProfile[12:16] == b"scnr" and none.ICCProfile[36:40] == b"acsp"


def test_label_and_overview_have_neither_profile_nor_place_nor_lens_of_the_scan(tmp_path: Path) -> None:
    """PS3.3 demands a profile and an origin of them too (type 1C and 1): sRGB, marked as assumed, and the corner."""
    with open_slide(source("svs-colour-target")) as target:
        profile = target.properties.icc_profile
    label, overview = tissue(90, 80, 2), tissue(240, 90, 3)
    written = DicomOptions(label=label, overview=overview, icc_profile=profile)
    slide = write_dicom_series(tmp_path / "slide", tissue(300, 220), written)
    done = convert(slide, "dicom", tmp_path / "out", Options(Choice(), SeriesOptions(metadata_from({}))))
    headers = {file.stem: pydicom.dcmread(file) for file in files(done)}
    scan = headers["level-0"].OpticalPathSequence[0]
    assert profile is not None and scan.ICCProfile.rstrip(b"\0") == profile.rstrip(b"\0") and "ColorSpace" not in scan
    for name in ("label", "overview"):
        path, origin = headers[name].OpticalPathSequence[0], headers[name].TotalPixelMatrixOriginSequence[0]
        assert path.ColorSpace == "SRGB" and "assumed" in path.OpticalPathDescription
        assert path.ICCProfile[12:16] == b"scnr" and path.ICCProfile != scan.ICCProfile
        assert "ObjectiveLensPower" not in path and "ObjectiveLensPower" in scan
        assert (origin.XOffsetInSlideCoordinateSystem, origin.YOffsetInSlideCoordinateSystem) == (0, 0)
        assert errors(done.out / f"{name}.dcm") == []


def identifiers(out: Path) -> dict[str, str]:
    header = pydicom.dcmread(out / "level-0.dcm", stop_before_pixels=True)
    keywords = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID", "PyramidUID")
    specimen = header.SpecimenDescriptionSequence[0].SpecimenUID
    return {keyword: header[keyword].value for keyword in keywords} | {"SpecimenUID": specimen}


def again(folder: Path, um: float, wanted: Wanted = "lossless") -> dict[str, str]:
    spacing = Spacing.square(um)
    options = Options(Choice(wanted), SeriesOptions(metadata_from({}), spacing=spacing))
    return identifiers(convert(source("tiff-plain"), "dicom", folder / f"{um}-{wanted}", options).out)


def test_conversions_of_one_slide_share_coordinates_only_where_they_have_one_pixel_size(tmp_path: Path) -> None:
    quarter, half, encoded = again(tmp_path, 0.25), again(tmp_path, 0.5), again(tmp_path, 0.25, "jpeg")
    of_the_glass = {"StudyInstanceUID", "SpecimenUID"}
    assert {name for name in quarter if quarter[name] == half[name]} == of_the_glass
    assert {name for name in quarter if quarter[name] == encoded[name]} == {*of_the_glass, "FrameOfReferenceUID"}


def test_an_identifier_names_exact_bytes_also_after_an_upgrade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, same = again(tmp_path / "a", 0.25), again(tmp_path / "b", 0.25)
    assert first == same
    (one,), (other,) = ([*(tmp_path / folder).rglob("level-0.dcm")] for folder in "ab")
    assert one.read_bytes() == other.read_bytes()
    for module in ("header", "instance", "series"):
        monkeypatch.setattr(f"coverslip.conversion.dicom.{module}.__version__", "99.0")
    later = again(tmp_path / "c", 0.25)
    (newer,) = (tmp_path / "c").rglob("level-0.dcm")
    assert newer.read_bytes() != one.read_bytes()
    changed = {name for name in first if first[name] != later[name]}
    assert changed == {"SeriesInstanceUID", "SOPInstanceUID", "PyramidUID"}


def test_patient_specimen_and_barcode_are_those_that_were_given() -> None:
    done = converted("svs-jpeg-rgb", "dicom", given=True)
    for file in files(done):
        header = pydicom.dcmread(file, stop_before_pixels=True)
        for keyword in ("PatientID", "PatientBirthDate", "PatientSex", "AccessionNumber", "ContainerIdentifier"):
            assert header[keyword].value == GIVEN[keyword], keyword
        assert str(header.PatientName) == GIVEN["PatientName"]
        specimen = header.SpecimenDescriptionSequence[0]
        assert specimen.SpecimenIdentifier == "S25-00123-A1"
        steps = specimen.SpecimenPreparationSequence[0].SpecimenPreparationStepContentItemSequence
        assert [item.ConceptCodeSequence[0].CodeMeaning for item in steps if item.ValueType == "CODE"] == [
            "Staining",
            "hematoxylin stain",
            "water soluble eosin stain",
        ]
    label = pydicom.dcmread(done.out / "label.dcm", stop_before_pixels=True)
    assert (label.BarcodeValue, label.SpecimenLabelInImage, label.BurnedInAnnotation) == (
        "S25-00123-A1-2",
        "YES",
        "YES",
    )


def test_nobody_is_made_up_where_nothing_was_given() -> None:
    header = pydicom.dcmread(converted("svs-jpeg-rgb", "dicom").out / "level-0.dcm", stop_before_pixels=True)
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID"):
        assert not header[keyword].value, keyword
    assert header.IssuerOfTheContainerIdentifierSequence[0].LocalNamespaceEntityID == "COVERSLIP"


def test_sizes_in_millimetres_fit_the_pixels() -> None:
    for _, header in instances("svs-jpeg-rgb"):
        if header.ImageType[2] != "VOLUME":
            continue
        rows, columns = header.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing
        assert header.ImagedVolumeWidth == pytest.approx(header.TotalPixelMatrixColumns * float(columns))
        assert header.ImagedVolumeHeight == pytest.approx(header.TotalPixelMatrixRows * float(rows))
        assert header.NumberOfFrames == -(-header.TotalPixelMatrixColumns // header.Columns) * -(
            -header.TotalPixelMatrixRows // header.Rows
        )


def test_no_file_of_a_series_is_larger_than_its_parts() -> None:
    done = converted("svs-jpeg-rgb", "dicom")
    for image in done.images:
        over = (done.out / image.file).stat().st_size - image.tile_bytes
        assert over < 16 * 1024 + 26 * image.tiles, image.file
