"""Decoded tiles and tile indexes on the disk: whole or absent, bounded, and never in the way."""

from __future__ import annotations

import os
from array import array
from pathlib import Path

import pytest

from coverslip.server.index_store import IndexStore
from coverslip.server.tile_store import TileStore
from coverslip.slides.slide import EncodedTile
from coverslip.slides.tile_index import LevelIndex, TileIndex

JPEG = b"\xff\xd8" + 996 * b"x" + b"\xff\xd9"
SLIDE = "ab" * 16


def tile(data: bytes = JPEG) -> EncodedTile:
    return EncodedTile("image/jpeg", data)


def index(*files: str) -> TileIndex:
    level = LevelIndex(
        2, 1, array("Q", [8, 16]), array("Q", [8, 9]), array("H", [0, len(files) - 1]), (8, 8), b"head", 2, "image/jpeg"
    )  # fmt: skip
    return TileIndex(files, (level, None))


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_a_tile_that_one_process_kept_is_found_by_another(tmp_path: Path) -> None:
    TileStore(tmp_path, 10**6).put(SLIDE, "0-1-2", tile())
    other = TileStore(tmp_path, 10**6)
    assert other.get(SLIDE, "0-1-2") == tile()
    assert other.get(SLIDE, "0-2-1") is None
    assert other.get("cd" * 16, "0-1-2") is None


def test_every_kind_of_picture_keeps_its_kind(tmp_path: Path) -> None:
    store = TileStore(tmp_path, 10**6)
    png = EncodedTile("image/png", b"\x89PNG....IEND\xaeB\x60\x82")
    store.put(SLIDE, "0-0-0", png)
    assert store.get(SLIDE, "0-0-0") == png


@pytest.mark.parametrize("left", [b"", JPEG[:-1], b"\x00" * 1000])
def test_a_tile_cut_by_a_crash_is_decoded_again(tmp_path: Path, left: bytes) -> None:
    store = TileStore(tmp_path, 10**6)
    store.put(SLIDE, "0-1-2", tile())
    next(tmp_path.rglob("0-1-2.jpg")).write_bytes(left)
    assert store.get(SLIDE, "0-1-2") is None


def test_the_folder_stays_within_its_size_and_what_was_unused_longest_goes_first(tmp_path: Path) -> None:
    store = TileStore(tmp_path, 40_000)
    for number in range(30):
        store.put(SLIDE, f"0-{number}-0", tile())
        os.utime(next(tmp_path.rglob(f"0-{number}-0.jpg")), (number, number))
    assert store.get(SLIDE, "0-0-0") == tile(), "looked at now"
    for number in range(30, 60):
        store.put(SLIDE, f"0-{number}-0", tile())
        assert size_of(tmp_path) <= 42_000 + 1000
    assert store.get(SLIDE, "0-0-0") == tile()
    assert store.get(SLIDE, "0-1-0") is None
    assert store.get(SLIDE, "0-59-0") == tile()


def test_a_store_without_room_keeps_nothing(tmp_path: Path) -> None:
    store = TileStore(tmp_path, 0)
    store.put(SLIDE, "0-1-2", tile())
    assert store.get(SLIDE, "0-1-2") is None
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    store = TileStore(blocked, 10**6)
    store.put(SLIDE, "0-1-2", tile())
    assert store.get(SLIDE, "0-1-2") is None
    indexes = IndexStore(blocked)
    indexes.save("a", index(str(tmp_path / "s.svs")), [tmp_path / "s.svs"])
    assert indexes.load("a", [tmp_path / "s.svs"]) is None


def test_an_index_is_found_again_where_the_slide_lies_now(tmp_path: Path) -> None:
    store = IndexStore(tmp_path / "indexes")
    before = [tmp_path / "one" / "slide.svs", tmp_path / "two" / "companion.tif"]
    now = [tmp_path / "three" / "slide.svs", tmp_path / "four" / "companion.tif"]
    store.save("a", index(*(str(path) for path in before)), before)
    found, expected = store.load("a", now), index(*(str(path) for path in now))
    assert found is not None
    assert found.files == expected.files
    assert [found.place(0, column, 0) for column in (0, 1)] == [expected.place(0, column, 0) for column in (0, 1)]
    assert found.place(1, 0, 0) is None
    assert store.load("b", now) is None


@pytest.mark.parametrize("harm", ["cut", "empty", "noise", "path"])
def test_an_index_that_was_damaged_is_made_anew(tmp_path: Path, harm: str) -> None:
    store, roots = IndexStore(tmp_path / "indexes"), [tmp_path / "slide.svs"]
    store.save("a", index(str(roots[0])), roots)
    path = next((tmp_path / "indexes").iterdir())
    data = path.read_bytes()
    wrong = {
        "cut": data[:-5],
        "empty": b"",
        "noise": b"\xff" * 100,
        "path": data.replace(b"slide.svs", b"../../etc"),
    }
    path.write_bytes(wrong[harm])
    assert store.load("a", roots) is None


def test_an_index_naming_a_file_beside_the_slides_folder_is_not_kept(tmp_path: Path) -> None:
    store, roots = IndexStore(tmp_path / "indexes"), [tmp_path / "slide" / "a.svs"]
    with pytest.raises(ValueError, match="not the slide's"):
        store.save("a", index("/etc/passwd"), roots)


def test_an_index_in_use_outlives_its_file_and_gives_its_descriptor_back(tmp_path: Path) -> None:
    store, roots = IndexStore(tmp_path / "indexes"), [tmp_path / "slide.svs"]
    store.save("a", index(str(roots[0])), roots)
    before = len(list(Path("/proc/self/fd").iterdir()))
    found = store.load("a", roots)
    assert found is not None
    for path in (tmp_path / "indexes").iterdir():
        path.unlink()
    assert found.place(0, 1, 0) == index(str(roots[0])).place(0, 1, 0)
    del found
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_numbers_left_on_the_disk_are_a_sequence_like_any_other(tmp_path: Path) -> None:
    store, roots = IndexStore(tmp_path / "indexes"), [tmp_path / "slide.svs"]
    store.save("a", index(str(roots[0])), roots)
    found = store.load("a", roots)
    assert found is not None
    level = found.levels[0]
    assert level is not None
    assert (list(level.offsets), list(level.lengths), list(level.offsets[:1])) == ([8, 16], [8, 9], [8])
    with pytest.raises(IndexError):
        level.offsets[2]


def test_indexes_stay_within_their_size(tmp_path: Path) -> None:
    store, roots = IndexStore(tmp_path / "indexes", 2000), [tmp_path / "slide.svs"]
    for number in range(30):
        store.save(str(number), index(str(roots[0])), roots)
    assert size_of(tmp_path / "indexes") <= 2000
    assert store.load("29", roots) is not None
