"""The tile index: where each stored tile lies, told in constant time, sent between processes unchanged."""

from __future__ import annotations

import pickle
from array import array
from dataclasses import replace
from pathlib import Path

import pytest

from coverslip.phantoms.files.dicom import write_dicom
from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.svs import SvsOptions, write_svs
from coverslip.slides import wire
from coverslip.slides.errors import LevelOutside, TileOutside, TileUnreadable
from coverslip.slides.readers.dicom import DicomReader
from coverslip.slides.readers.tiff import TiffReader
from coverslip.slides.tile_index import LevelIndex, TileIndex, combined

IMAGE = tissue(301, 227)


def level(columns: int, rows: int, head: bytes = b"", skip: int = 0) -> LevelIndex:
    count = columns * rows
    offsets = array("Q", [10 * n for n in range(count)])
    return LevelIndex(columns, rows, offsets, array("Q", [10] * count), None, (8, 8), head, skip, "image/jpeg")


def test_tiles_are_numbered_row_by_row() -> None:
    place = TileIndex(("a",), (level(5, 4),)).place(0, 3, 2)
    assert place is not None
    assert (place.offset, place.length) == (130, 10)


def test_a_place_is_all_that_is_stored_and_what_replaces_its_start() -> None:
    place = TileIndex(("a",), (level(5, 4, b"HEAD", 2),)).place(0, 0, 1)
    assert place is not None
    assert (place.offset, place.length, place.skip, place.head) == (50, 10, 2, b"HEAD")


@pytest.mark.parametrize(("column", "row"), [(5, 0), (0, 4), (-1, 0), (0, -1), (10**9, 0)])
def test_a_tile_outside_the_grid_raises(column: int, row: int) -> None:
    with pytest.raises(TileOutside):
        TileIndex(("a",), (level(5, 4),)).place(0, column, row)


@pytest.mark.parametrize("number", [-1, 1])
def test_a_level_outside_the_slide_raises(number: int) -> None:
    with pytest.raises(LevelOutside):
        TileIndex(("a",), (level(5, 4),)).place(number, 0, 0)


def test_a_tile_that_is_not_stored_has_no_place(tmp_path: Path) -> None:
    path = write_svs(tmp_path / "a.svs", IMAGE, SvsOptions(factors=(1,), omit=((1, 1),)))
    with TiffReader().open(path) as slide:
        assert slide.tile_index().place(0, 1, 1) is None
        assert slide.tile_index().place(0, 1, 2) is not None


def test_a_file_that_ends_inside_the_tile_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "short"
    path.write_bytes(b"\xff\xd8\xff")
    place = TileIndex((str(path),), (level(1, 1),)).place(0, 0, 0)
    assert place is not None
    with path.open("rb") as file, pytest.raises(TileUnreadable):
        place.read(file.fileno())


def test_an_index_survives_pickle_and_wire(tmp_path: Path) -> None:
    with (
        TiffReader().open(write_svs(tmp_path / "a.svs", IMAGE)) as svs,
        DicomReader().open(write_dicom(tmp_path / "d", IMAGE)) as dicom,
    ):
        for index in (svs.tile_index(), dicom.tile_index(), TileIndex((), (None, None))):
            assert pickle.loads(pickle.dumps(index)) == index
            assert wire.unpack_index(*wire.pack_index(index)) == index


def test_an_index_that_names_no_file_or_is_too_short_is_refused() -> None:
    header, payload = wire.pack_index(TileIndex(("a",), (replace(level(3, 3), files=array("H", [7] * 9)),)))
    with pytest.raises(ValueError, match="names no file"):
        wire.unpack_index(header, payload)
    header, payload = wire.pack_index(TileIndex(("a",), (level(3, 3),)))
    with pytest.raises(ValueError, match=r"too short|multiple"):
        wire.unpack_index(header, payload[:-20])


def test_levels_in_different_files_share_one_list() -> None:
    index = combined(
        [(["a", "b"], replace(level(2, 1), files=array("H", [1, 0]))), (["b"], level(1, 1)), (["c"], None)]
    )
    assert index.files == ("a", "b")
    places = [index.place(0, 0, 0), index.place(0, 1, 0), index.place(1, 0, 0)]
    assert [index.files[place.file] for place in places if place is not None] == ["b", "a", "b"]
    assert index.place(2, 0, 0) is None
