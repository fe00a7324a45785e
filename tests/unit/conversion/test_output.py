"""A result appears whole or not at all."""

import errno
from pathlib import Path

import pytest

from coverslip.conversion.errors import DiskFull, OutputExists, OutputNotWritable
from coverslip.conversion.output import new_file, new_folder, require_room


def test_a_folder_appears_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "out"
    with new_folder(target) as folder:
        (folder / "a").write_text("1")
        assert not target.exists()
    assert (target / "a").read_text() == "1"
    assert [path.name for path in target.parent.iterdir()] == ["out"]


def test_a_folder_that_was_not_finished_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), new_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("1")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with new_folder(tmp_path / "out") as folder:
        (folder / "a").touch()
    assert (tmp_path / "out" / "a").exists()


@pytest.mark.parametrize("make", ["file", "folder"])
def test_what_exists_is_never_replaced(make: str, tmp_path: Path) -> None:
    target = tmp_path / "out"
    if make == "file":
        target.write_text("old")
    else:
        target.mkdir()
        (target / "old").touch()
    with pytest.raises(OutputExists), new_folder(target):
        pass
    assert target.read_text() == "old" if make == "file" else (target / "old").exists()


def test_what_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "out.tiff"
    with pytest.raises(OutputExists), new_file(target) as file:
        file.write_text("new")
        target.write_text("somebody else's")
    assert target.read_text() == "somebody else's"
    assert [path.name for path in tmp_path.iterdir()] == ["out.tiff"]


def test_a_folder_under_a_file_is_refused_with_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputNotWritable), new_folder(tmp_path / "file" / "out"):
        pass


def test_a_disk_that_fills_up_is_named(tmp_path: Path) -> None:
    with pytest.raises(DiskFull), new_folder(tmp_path / "out"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_a_result_larger_than_the_disk_is_refused_before_it_is_begun(tmp_path: Path) -> None:
    with pytest.raises(DiskFull) as refused:
        require_room(tmp_path, 2**60, tmp_path / "out")
    assert refused.value.parameters["needed_mb"] == 2**40
