"""Bad slide files: each is told apart, says what is wrong in both languages, and harms nothing else."""

from __future__ import annotations

import shutil
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from coverslip.analysis.pixels import SlidePixels
from coverslip.errors import LOCALES, CoverslipError
from coverslip.phantoms.files.dicom import write_dicom
from coverslip.phantoms.files.ome import write_ome
from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.svs import SvsOptions, write_svs
from coverslip.phantoms.files.tiff import bomb, write_tiff
from coverslip.slides.errors import (
    FormatDeclined,
    NotASlide,
    SlideCorrupt,
    SlideEmpty,
    SlideError,
    SlideMissing,
    SlideTooLarge,
    SlideTruncated,
    SpacingUnknown,
    TileUnreadable,
)
from coverslip.slides.registry import open_slide
from coverslip.slides.tiled import IndexedSlide
from coverslip.vocabulary.geometry import Box

IMAGE = tissue(301, 227)


def refused(path: Path, kind: type[SlideError]) -> SlideError:
    """The error of opening the file, its words checked in both languages."""
    with pytest.raises(kind) as caught:
        open_slide(path)
    for locale in LOCALES:
        assert path.name in caught.value.message(locale)
        assert str(path.parent) not in caught.value.message(locale)
        assert caught.value.mend(locale)
    return caught.value


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    refused(tmp_path / "gone.svs", SlideMissing)


def test_a_file_of_no_bytes_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "empty.svs"
    path.touch()
    refused(path, SlideEmpty)


@pytest.mark.parametrize("name", ["report.svs", "report.dcm", "report.png", "report.tif"])
def test_text_is_not_a_slide_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("A letter.\n" * 500)
    refused(path, NotASlide)


def test_a_folder_without_dicom_is_not_a_slide(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("nothing")
    refused(tmp_path, NotASlide)


@pytest.mark.parametrize("name", ["slide.jpg", "slide", "slide.dcm", "slide.txt"])
def test_a_renamed_slide_is_read_by_its_content(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    shutil.copy(write_svs(tmp_path / "a.svs", IMAGE), path)
    with open_slide(path) as slide:
        assert slide.properties.format == "svs"


@pytest.mark.parametrize("kept", [9, 400, 4_000, 0.3, 0.6, 0.9, 0.999])
def test_a_cut_off_svs_is_truncated(tmp_path: Path, kept: float) -> None:
    whole = write_svs(tmp_path / "a.svs", IMAGE).read_bytes()
    path = tmp_path / "cut.svs"
    path.write_bytes(whole[: int(kept * len(whole)) if kept < 1 else int(kept)])
    refused(path, SlideTruncated)


def test_a_cut_off_dicom_file_is_refused(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "d", IMAGE, factors=(1,)) / "level0.dcm"
    whole = path.read_bytes()
    for part in (0.5, 0.9):
        path.write_bytes(whole[: int(part * len(whole))])
        refused(path, SlideError)


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_a_cut_off_picture_is_refused(tmp_path: Path, kind: str) -> None:
    whole, path = tmp_path / "a", tmp_path / "cut"
    Image.fromarray(IMAGE).save(whole, format=kind)
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    refused(path, SlideError)


def test_a_tiff_of_four_million_pixels_a_side_is_too_large(tmp_path: Path) -> None:
    error = refused(bomb(tmp_path / "bomb.tif"), SlideTooLarge)
    assert error.parameters["width"] == 4_000_000


def test_a_tiff_that_declares_more_tiles_than_it_lists_is_corrupt(tmp_path: Path) -> None:
    refused(bomb(tmp_path / "bomb.tif", side=200_000), SlideCorrupt)


def test_a_png_that_declares_a_gigapixel_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    Image.fromarray(IMAGE).save(path)
    data = bytearray(path.read_bytes())
    data[16:24] = struct.pack(">II", 40_000, 40_000)
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    path.write_bytes(bytes(data))
    refused(path, SlideTooLarge)


def test_directories_in_a_loop_are_corrupt(tmp_path: Path) -> None:
    path = write_svs(tmp_path / "a.svs", IMAGE)
    data = bytearray(path.read_bytes())
    first = struct.unpack("<I", data[4:8])[0]
    count = struct.unpack("<H", data[first : first + 2])[0]
    data[first + 2 + 12 * count : first + 6 + 12 * count] = struct.pack("<I", first)
    path.write_bytes(bytes(data))
    refused(path, SlideCorrupt)


def test_a_directory_beyond_the_end_is_truncation_not_a_lost_level(tmp_path: Path) -> None:
    path = write_svs(tmp_path / "a.svs", IMAGE)
    data = bytearray(path.read_bytes())
    first = struct.unpack("<I", data[4:8])[0]
    count = struct.unpack("<H", data[first : first + 2])[0]
    data[first + 2 + 12 * count : first + 6 + 12 * count] = struct.pack("<I", len(data) + 1000)
    path.write_bytes(bytes(data))
    refused(path, SlideTruncated)


@pytest.mark.parametrize("kind", ["sixteen_bit", "float", "five_channels"])
def test_pixels_that_would_be_shown_wrongly_are_declined(tmp_path: Path, kind: str) -> None:
    made: dict[str, np.ndarray[Any, Any]] = {
        "sixteen_bit": np.zeros((64, 64), np.uint16),
        "float": np.zeros((64, 64), np.float32),
        "five_channels": np.zeros((64, 64, 5), np.uint8),
    }
    pixels = made[kind]
    path = tmp_path / f"{kind}.tif"
    tifffile.imwrite(path, pixels, photometric="minisblack", planarconfig="contig" if pixels.ndim == 3 else None)
    refused(path, FormatDeclined)


def test_separate_fluorescence_channels_are_declined(tmp_path: Path) -> None:
    path = tmp_path / "channels.ome.tiff"
    with tifffile.TiffWriter(path, ome=True) as tiff:
        tiff.write(np.zeros((3, 64, 64), np.uint8), photometric="minisblack", metadata={"axes": "CYX"})
    refused(path, FormatDeclined)


def test_a_stack_of_focal_planes_is_declined(tmp_path: Path) -> None:
    path = tmp_path / "stack.ome.tiff"
    with tifffile.TiffWriter(path, ome=True) as tiff:
        tiff.write(np.zeros((4, 64, 64), np.uint8), photometric="minisblack", metadata={"axes": "ZYX"})
    refused(path, FormatDeclined)


def test_an_unreadable_tile_fails_alone(tmp_path: Path) -> None:
    path = write_svs(tmp_path / "a.svs", IMAGE, SvsOptions(factors=(1,)))
    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        offset, length, columns = page.dataoffsets[7], page.databytecounts[7], -(-301 // 64)
    column, row = 7 % columns, 7 // columns
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(b"\0" * length)
    with open_slide(path) as slide:
        with pytest.raises(TileUnreadable) as caught:
            slide.tile(0, column, row)
        assert (caught.value.parameters["column"], caught.value.parameters["row"]) == (column, row)
        with pytest.raises(TileUnreadable):
            slide.region(0, Box(column * 64 + 5, row * 48 + 5, 10, 10))
        others = [(c, r) for r in range(5) for c in range(columns) if (c, r) != (column, row)]
        for c, r in others:
            assert slide.tile(0, c, r).data
        assert slide.region(0, Box(0, 0, 64, 48)).shape == (48, 64, 3)
        assert isinstance(slide, IndexedSlide)
        place = slide.tile_index().place(0, column, row)
        assert place is not None
        with path.open("rb") as file, pytest.raises(TileUnreadable):
            place.read(file.fileno())


def test_damage_inside_a_tile_is_never_read_as_tissue(tmp_path: Path) -> None:
    """A lenient decoder fills the rest of the tile with grey; an algorithm would measure that."""
    path = write_svs(tmp_path / "a.svs", IMAGE, SvsOptions(factors=(1,)))
    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        offset, length = page.dataoffsets[0], page.databytecounts[0]
    with path.open("r+b") as file:
        file.seek(offset + length // 2)
        file.write(b"\xff\xd9" + b"\0" * (length - length // 2 - 2))
    with open_slide(path) as slide, pytest.raises(TileUnreadable):
        slide.region(0, Box(0, 0, 64, 48))


def test_a_slide_without_spacing_opens_and_is_not_measured(tmp_path: Path) -> None:
    path = write_svs(tmp_path / "a.svs", IMAGE, SvsOptions(mpp=None))
    with open_slide(path) as slide:
        assert slide.properties.spacing is None
        with pytest.raises(SpacingUnknown):
            SlidePixels(slide, file=path.name)


@pytest.mark.parametrize("dpi", [72, 96, 300, 600, 1200])
def test_a_printers_density_is_no_spacing(tmp_path: Path, dpi: int) -> None:
    for name in ("a.png", "a.jpg"):
        Image.fromarray(IMAGE).save(tmp_path / name, dpi=(dpi, dpi))
    write_tiff(tmp_path / "a.tif", IMAGE, mpp=25_400 / dpi)
    for name in ("a.png", "a.jpg", "a.tif"):
        with open_slide(tmp_path / name) as slide:
            assert slide.properties.spacing is None


def test_random_damage_never_raises_anything_but_a_slide_error(tmp_path: Path) -> None:
    """Bytes are changed all over each kind of file; opening and reading give pixels or a stated error."""
    random = np.random.default_rng(7)
    dicom = write_dicom(tmp_path / "d", IMAGE, factors=(1,)) / "level0.dcm"
    whole = [
        write_svs(tmp_path / "a.svs", IMAGE),
        write_ome(tmp_path / "a.ome.tiff", IMAGE),
        write_tiff(tmp_path / "a.tif", IMAGE),
        dicom,
    ]
    path, outcomes = tmp_path / "damaged", set()
    for source in whole:
        original = np.frombuffer(source.read_bytes(), np.uint8)
        for attempt in range(40):
            damaged = original.copy()
            low, high = ((0, 600), (0, len(damaged)), (len(damaged) - 3000, len(damaged)))[attempt % 3]
            where = random.integers(max(0, low), high, size=8)
            damaged[where] = random.integers(0, 256, size=8)
            path.write_bytes(damaged.tobytes())
            outcomes.add(_outcome(path))
    assert "read" in outcomes
    assert len(outcomes) > 2


def _outcome(path: Path) -> str:
    try:
        with open_slide(path) as slide:
            level = slide.properties.levels[0]
            slide.tile(0, 0, 0)
            slide.region(0, Box(0, 0, min(level.width, 256), min(level.height, 256)))
    except CoverslipError as error:
        assert isinstance(error, SlideError)
        return error.code
    return "read"


def test_nothing_is_left_open_after_failures(tmp_path: Path) -> None:
    path = write_svs(tmp_path / "a.svs", IMAGE)
    path.write_bytes(path.read_bytes()[:5000])
    before = set(Path("/proc/self/fd").iterdir())
    for _ in range(10):
        with pytest.raises(SlideError):
            open_slide(path)
    assert len(set(Path("/proc/self/fd").iterdir())) <= len(before)
