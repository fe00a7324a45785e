"""DICOM in every way it may be stored: the picture that was written, as independent readers see it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openslide
import pydicom
import pytest
from wsidicom import WsiDicom

from coverslip.phantoms.files.dicom import DicomOptions, write_dicom_series
from coverslip.phantoms.files.dicom_examples import VARIANTS, channels, focal_planes, write_two_slides
from coverslip.phantoms.files.picture import tissue
from coverslip.slides.bundle_errors import SeveralSlides
from coverslip.slides.errors import FormatDeclined, SlideCorrupt, SlideError, SlideTruncated
from coverslip.slides.readers.dicom import DicomReader
from coverslip.slides.readers.dicom_slide import DicomSlide
from coverslip.slides.registry import open_slide
from coverslip.slides.slide import RgbImage
from coverslip.testing.contracts.slide_reader import pixels_of
from coverslip.vocabulary.geometry import Box

IMAGE = tissue(301, 227)
WHOLE = Box(0, 0, 301, 227)
LOSSLESS = ("jpeg2000", "jpeg2000-plain", "htj2k", "jpegls", "rle", "none", "implicit")
JPEG_TOLERANCE = 1.5
"""Mean difference in grey levels that JPEG of quality 90 with halved chroma leaves."""
NOT_BY_WSIDICOM = {
    "dicom-grey-16-bit": "one optical path in grey, which it shows as 16 bits",
    "dicom-fluorescence": "16 bits",
    "dicom-fragments": "frames in several fragments",
    "dicom-uncompressed-planar": "it takes planar colour as interleaved",
    "dicom-implicit": "it asks for explicit VR",
}
OPENSLIDE_READS = (
    "dicom-tiled-full-jpeg",
    "dicom-tiled-full-jpeg-rgb",
    "dicom-tiled-sparse",
    "dicom-extended-offsets",
    "dicom-no-offsets",
    "dicom-jpeg2000",
    "dicom-jpeg2000-plain",
    "dicom-label-overview",
)


def write(folder: Path, options: DicomOptions) -> Path:
    return write_dicom_series(folder / "d", IMAGE, options)


def opened(path: Path) -> DicomSlide:
    slide = open_slide(path)
    assert isinstance(slide, DicomSlide)
    return slide


def whole(slide: Any, level: int = 0) -> RgbImage:
    grid = slide.properties.levels[level]
    pixels: RgbImage = slide.region(level, Box(0, 0, grid.width, grid.height))
    return pixels


def difference(ours: RgbImage, theirs: RgbImage) -> float:
    return float(np.abs(ours.astype(np.int16) - theirs).mean())


@pytest.mark.parametrize("encoding", LOSSLESS)
def test_lossless_frames_have_the_pixels_that_were_written(tmp_path: Path, encoding: Any) -> None:
    with opened(write(tmp_path, DicomOptions(encoding=encoding))) as slide:
        assert np.array_equal(whole(slide), IMAGE)
        assert not slide.properties.levels[0].passthrough


@pytest.mark.parametrize("encoding", ["jpeg", "jpeg-rgb"])
def test_jpeg_frames_pass_through_with_their_colours(tmp_path: Path, encoding: Any) -> None:
    with opened(write(tmp_path, DicomOptions(encoding=encoding, tile=(301, 227)))) as slide:
        assert slide.properties.levels[0].passthrough
        assert difference(pixels_of(slide.tile(0, 0, 0)), IMAGE) < JPEG_TOLERANCE


@pytest.mark.parametrize("offsets", ["basic", "extended", "none"])
@pytest.mark.parametrize("fragments", [1, 3])
def test_frames_are_found_by_any_offset_table(tmp_path: Path, offsets: Any, fragments: int) -> None:
    if offsets == "extended" and fragments > 1:
        fragments = 1  # a frame with an extended offset is one fragment (PS3.3 C.7.6.3.1.8)
    reference = write_dicom_series(tmp_path / "reference", IMAGE, DicomOptions())
    path = write(tmp_path, DicomOptions(offsets=offsets, fragments=fragments))
    with opened(reference) as expected, opened(path) as slide:
        assert np.array_equal(whole(slide), whole(expected))
        assert slide.tile(0, 4, 3).data == expected.tile(0, 4, 3).data or fragments > 1


def test_frames_in_pieces_are_put_together_and_never_served_in_pieces(tmp_path: Path) -> None:
    with opened(write(tmp_path, DicomOptions(offsets="basic", fragments=2))) as slide:
        assert slide.tile_index().place(0, 0, 0) is None
        assert not slide.properties.levels[0].passthrough
        grid = slide.properties.levels[0]
        tile = pixels_of(slide.tile(0, 1, 1))
        assert difference(tile, slide.region(0, Box(64, 64, grid.tile_width, grid.tile_height))) < JPEG_TOLERANCE


def test_tiles_of_a_sparse_slide_that_are_not_stored_are_white(tmp_path: Path) -> None:
    with opened(write(tmp_path, DicomOptions(encoding="none", omit=((1, 1), (4, 3))))) as slide:
        expected = IMAGE.copy()
        expected[64:128, 64:128] = 255
        expected[192:, 256:] = 255
        assert np.array_equal(whole(slide), expected)


def test_sparse_frames_may_lie_in_any_order(tmp_path: Path) -> None:
    path = write(tmp_path, DicomOptions(encoding="none", sparse=True, factors=(1,)))
    file = path / "level0.dcm"
    dataset = pydicom.dcmread(file)
    size = 64 * 64 * 3
    frames = [dataset.PixelData[start : start + size] for start in range(0, len(dataset.PixelData), size)]
    dataset.PixelData = b"".join(reversed(frames))
    groups = list(dataset.PerFrameFunctionalGroupsSequence)
    dataset.PerFrameFunctionalGroupsSequence = pydicom.Sequence(reversed(groups))
    dataset.save_as(file)
    with opened(path) as slide:
        assert np.array_equal(whole(slide), IMAGE)


@pytest.mark.parametrize("sparse", [False, True])
def test_a_concatenated_level_is_one_level(tmp_path: Path, sparse: bool) -> None:
    path = write(tmp_path, DicomOptions(encoding="none", parts=4, sparse=sparse))
    assert len(list(path.iterdir())) == 5
    with opened(path) as slide:
        assert len(slide.properties.levels) == 2
        assert np.array_equal(whole(slide), IMAGE)


@pytest.mark.parametrize("sparse", [False, True])
def test_a_concatenation_with_a_missing_file_is_refused_by_name_of_what_is_missing(
    tmp_path: Path, sparse: bool
) -> None:
    path = write(tmp_path, DicomOptions(parts=4, sparse=sparse))
    (path / "level0-2.dcm").unlink()
    with pytest.raises(SlideCorrupt, match="3 of the 4 files"):
        open_slide(path)


@pytest.mark.parametrize("sparse", [False, True])
def test_focal_planes_are_declared_and_each_is_shown(tmp_path: Path, sparse: bool) -> None:
    planes = focal_planes(IMAGE)
    with opened(write(tmp_path, DicomOptions(encoding="none", planes=planes, sparse=sparse))) as slide:
        assert [plane.offset_um for plane in slide.properties.planes] == [-2.0, 0.0, 2.0]
        assert slide.properties.shown_plane == 1
        assert np.array_equal(whole(slide), IMAGE)
        for number, (_, picture) in enumerate(planes):
            assert np.array_equal(whole(slide.layer(number, None)), picture)


def test_tiles_of_each_focal_plane_pass_through(tmp_path: Path) -> None:
    with opened(write(tmp_path, DicomOptions(planes=focal_planes(IMAGE)))) as slide:
        places = [slide.layer(plane, None).tile_index().place(0, 1, 1) for plane in range(3)]
        assert len({place.offset for place in places if place is not None}) == 3


@pytest.mark.parametrize("encoding", ["none", "implicit", "jpeg2000", "htj2k", "jpegls", "jpeg-lossless", "rle"])
def test_channels_of_16_bits_are_shown_through_their_window(tmp_path: Path, encoding: Any) -> None:
    stored = channels(IMAGE)
    with opened(write(tmp_path, DicomOptions(channels=stored, encoding=encoding))) as slide:
        found = slide.properties.channels
        assert [(channel.name, channel.wavelength_nm) for channel in found] == [("DAPI", 461.0), ("Cy5", 670.0)]
        for number, (channel, (_, _, light)) in enumerate(zip(found, stored, strict=True)):
            low, high = channel.window
            share = np.clip((light.astype(np.float32) - low) / (high - low), 0, 1)[..., None]
            expected = np.rint(share * np.array(channel.colour, np.float32)).astype(np.uint8)
            assert np.array_equal(whole(slide.layer(0, number)), expected)
        both = np.minimum(sum(whole(slide.layer(0, number)).astype(np.uint16) for number in (0, 1)), 255)
        assert np.array_equal(whole(slide), both)


def test_where_a_channel_stores_nothing_it_is_dark(tmp_path: Path) -> None:
    options = DicomOptions(channels=channels(IMAGE), encoding="none", omit=((1, 1),))
    with opened(write(tmp_path, options)) as slide:
        assert slide.region(0, Box(64, 64, 64, 64)).max() == 0


def test_inverted_brightness_is_turned_round(tmp_path: Path) -> None:
    light = channels(IMAGE)[:1]
    pictures = []
    for number, inverted in enumerate((False, True)):
        path = write_dicom_series(
            tmp_path / str(number), IMAGE, DicomOptions(channels=light, encoding="none", inverted=inverted)
        )
        with opened(path) as slide:
            pictures.append(whole(slide))
    assert np.array_equal(pictures[0], pictures[1])


def test_grey_of_8_bits_is_a_picture_and_passes_through(tmp_path: Path) -> None:
    grey = np.ascontiguousarray(IMAGE[..., 0])
    with opened(write(tmp_path, DicomOptions(channels=(("", None, grey),), encoding="jpeg"))) as slide:
        assert slide.properties.channels == ()
        assert slide.properties.levels[0].passthrough
        assert difference(whole(slide), np.repeat(grey[..., None], 3, axis=2)) < JPEG_TOLERANCE


@pytest.mark.parametrize(
    ("centre", "width", "shown"),
    [(1000, 800, (600, 1400)), (100, 300, (0, 250)), (-50, 20, (0, 1)), (10, 0, (10, 11))],
)
def test_a_stated_window_is_taken(tmp_path: Path, centre: int, width: int, shown: tuple[int, int]) -> None:
    path = write(tmp_path, DicomOptions(channels=channels(IMAGE)[:1], encoding="none", factors=(1,)))
    file = path / "level0.dcm"
    dataset = pydicom.dcmread(file)
    window = pydicom.Dataset()
    window.WindowCenter, window.WindowWidth = centre, width
    dataset.SharedFunctionalGroupsSequence[0].FrameVOILUTSequence = pydicom.Sequence([window])
    dataset.save_as(file)
    with opened(path) as slide:
        assert slide.properties.channels[0].window == shown


def test_label_overview_profile_barcode_and_glass_are_read(tmp_path: Path) -> None:
    label, overview = tissue(90, 80, 2), tissue(240, 90, 3)
    with opened(write(tmp_path, DicomOptions(label=label, overview=overview, icc_profile=b"profile!"))) as slide:
        properties = slide.properties
        assert properties.associated == ("label", "macro")
        assert difference(slide.associated("label"), label) < JPEG_TOLERANCE
        assert difference(slide.associated("macro"), overview) < JPEG_TOLERANCE
        assert (properties.barcode, properties.container_id) == ("S24-1-A1-HE", "S24-1-A1")
        assert properties.icc_profile == b"profile!"
        assert properties.spacing is not None
        assert properties.spacing.mean_um == pytest.approx(0.25)


def test_two_slides_in_one_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(SeveralSlides) as caught:
        open_slide(write_two_slides(tmp_path))
    assert caught.value.parameters["count"] == 2


def test_two_scans_of_one_glass_are_two_slides(tmp_path: Path) -> None:
    target = write(tmp_path, DicomOptions())
    for file in write_dicom_series(tmp_path / "again", IMAGE, DicomOptions()).iterdir():
        file.rename(target / f"again-{file.name}")
    with pytest.raises(SeveralSlides):
        open_slide(target)


def _with(attribute: str, value: Any) -> Callable[[pydicom.Dataset], None]:
    return lambda dataset: setattr(dataset, attribute, value)


def _shifted(dataset: pydicom.Dataset) -> None:
    dataset.PerFrameFunctionalGroupsSequence[1].PlanePositionSlideSequence[0].ColumnPositionInTotalImagePixelMatrix = 30


def _outside(dataset: pydicom.Dataset) -> None:
    place = dataset.PerFrameFunctionalGroupsSequence[1].PlanePositionSlideSequence[0]
    place.ColumnPositionInTotalImagePixelMatrix = 6401


def _twice(dataset: pydicom.Dataset) -> None:
    groups = dataset.PerFrameFunctionalGroupsSequence
    groups[1].PlanePositionSlideSequence[0].ColumnPositionInTotalImagePixelMatrix = 1
    groups[1].PlanePositionSlideSequence[0].RowPositionInTotalImagePixelMatrix = 1


def _placeless(dataset: pydicom.Dataset) -> None:
    del dataset.PerFrameFunctionalGroupsSequence[3].PlanePositionSlideSequence


DAMAGES: dict[str, tuple[Callable[[pydicom.Dataset], None], type[SlideError]]] = {
    "frames off the grid": (_shifted, FormatDeclined),
    "a frame outside the slide": (_outside, SlideCorrupt),
    "two frames in one place": (_twice, SlideCorrupt),
    "a frame without a place": (_placeless, SlideCorrupt),
    "more frames than places": (_with("NumberOfFrames", 400), SlideCorrupt),
    "no width of a tile": (_with("Columns", 0), SlideCorrupt),
    "no rows": (_with("Rows", None), SlideCorrupt),
    "an unknown colour model": (_with("PhotometricInterpretation", "PALETTE COLOR"), FormatDeclined),
    "32 bits": (_with("BitsAllocated", 32), FormatDeclined),
    "16 bits in colour": (_with("BitsAllocated", 16), FormatDeclined),
    "signed samples": (_with("PixelRepresentation", 1), FormatDeclined),
    "four samples": (_with("SamplesPerPixel", 4), FormatDeclined),
    "halved chroma without compression": (_with("PhotometricInterpretation", "YBR_FULL_422"), FormatDeclined),
    "more stored bits than there are": (_with("BitsStored", 12), FormatDeclined),
    "another kind of object": (_with("SOPClassUID", "1.2.840.10008.5.1.4.1.1.2"), FormatDeclined),
    "a label": (_with("ImageType", ["ORIGINAL", "PRIMARY", "LABEL", "NONE"]), FormatDeclined),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_header_that_contradicts_itself_is_refused_with_its_reason(tmp_path: Path, damage: str) -> None:
    change, error = DAMAGES[damage]
    file = write(tmp_path, DicomOptions(encoding="none", sparse=True, factors=(1,))) / "level0.dcm"
    dataset = pydicom.dcmread(file)
    change(dataset)
    dataset.save_as(file)
    with pytest.raises(error) as caught:
        open_slide(file)
    assert caught.type is error
    assert "level0.dcm" in caught.value.message("zh-CN")


def test_a_full_level_with_too_few_frames_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, DicomOptions(encoding="none", factors=(1,))) / "level0.dcm"
    dataset = pydicom.dcmread(file)
    dataset.NumberOfFrames = 19
    dataset.save_as(file)
    with pytest.raises(SlideCorrupt, match="19 of the 20 tiles"):
        open_slide(file)


def test_a_deflated_or_big_endian_data_set_is_declined(tmp_path: Path) -> None:
    for syntax in ("1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"):
        file = write_dicom_series(tmp_path / syntax, IMAGE, DicomOptions(encoding="none", factors=(1,))) / "level0.dcm"
        old, new = b"1.2.840.10008.1.2.1\0", syntax.encode() + b"\0" * (len(syntax) % 2)
        data = file.read_bytes()
        at = data.index(old)
        length = len(new).to_bytes(2, "little")
        file.write_bytes(data[: at - 2] + length + new + data[at + len(old) :])
        with pytest.raises(FormatDeclined):
            open_slide(file)


@pytest.mark.parametrize("offsets", ["basic", "extended", "none"])
def test_a_file_that_ends_early_is_truncated(tmp_path: Path, offsets: Any) -> None:
    file = write(tmp_path, DicomOptions(offsets=offsets, factors=(1,))) / "level0.dcm"
    file.write_bytes(file.read_bytes()[:-600])
    with pytest.raises(SlideTruncated):
        open_slide(file)


def test_opening_reads_no_pixels_where_a_table_says_where_they_lie(tmp_path: Path) -> None:
    path = write_dicom_series(
        tmp_path / "d", tissue(2000, 1500), DicomOptions(encoding="none", offsets="extended", factors=(1,))
    )
    size = (path / "level0.dcm").stat().st_size
    read = []

    class Counting:
        def __init__(self, source: Any) -> None:
            self._source = source
            self.name, self.size = source.name, source.size

        def read_at(self, offset: int, length: int) -> bytes:
            data: bytes = self._source.read_at(offset, length)
            read.append(len(data))
            return data

        def close(self) -> None:
            self._source.close()

    with pytest.MonkeyPatch.context() as patch:
        from coverslip.slides.readers import dicom_instance
        from coverslip.slides.source import open_source

        patch.setattr(dicom_instance, "open_source", lambda file: Counting(open_source(file)))
        DicomReader().open(path).close()
    assert sum(read) < size / 20


@pytest.mark.parametrize("name", [name for name in VARIANTS if name not in NOT_BY_WSIDICOM])
def test_wsidicom_sees_the_same_pixels(tmp_path: Path, name: str) -> None:
    options = VARIANTS[name](IMAGE)
    path = write(tmp_path, options)
    with opened(path) as slide, WsiDicom.open(path) as judge:
        sizes = [(level.size.width, level.size.height) for level in judge.pyramids[0]]
        assert sizes == [(level.width, level.height) for level in slide.properties.levels]
        z = 0.0 if options.planes else None
        theirs = np.asarray(judge.read_region((0, 0), 0, (301, 227), z=z).convert("RGB"))
        assert difference(whole(slide), theirs) <= (0.5 if slide.properties.levels[0].compression == "jpeg" else 0)


@pytest.mark.parametrize("name", OPENSLIDE_READS)
def test_openslide_sees_the_same_pixels(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, VARIANTS[name](IMAGE))
    with opened(path) as slide, openslide.OpenSlide(path / "level0.dcm") as judge:
        assert judge.level_dimensions == tuple((level.width, level.height) for level in slide.properties.levels)
        for number, (width, height) in enumerate(judge.level_dimensions):
            theirs = np.asarray(judge.read_region((0, 0), number, (width, height)))
            stored = theirs[..., 3] == 255
            assert np.array_equal(whole(slide, number)[stored], theirs[..., :3][stored])
            assert (whole(slide, number)[~stored] == 255).all()
