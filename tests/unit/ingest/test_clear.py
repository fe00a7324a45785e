"""Clearing the scanner's folder: only what is verified leaves it, and only where that was asked for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from coverslip.ingest.clear_file import marks_of, remove
from coverslip.ingest.errors import SourceNotCleared
from coverslip.ingest.scan import TAKEN_FOLDER
from coverslip.storage import checksums
from coverslip.storage.errors import StorageFull
from tests.unit.ingest.scanner import QUIET, Scanner, SlideFileMaker, dicom, put


def test_nothing_leaves_the_folder_unless_it_was_asked_for(scanner: Scanner, slide_file: SlideFileMaker) -> None:
    path = put(scanner, slide_file, "labelled", "a.svs")
    scanner.settle()
    assert scanner.look().cleared == 0
    assert path.exists()


@pytest.mark.parametrize("how", ["move", "delete"])
def test_a_slide_leaves_the_folder_once_its_stored_copy_is_verified(
    scanner: Scanner, slide_file: SlideFileMaker, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(scanner, slide_file, "labelled", "day/a.svs")
    content = path.read_bytes()
    verified: list[str] = []
    verify = scanner.laboratory.blobs.verify

    def verify_and_tell(organization_id: UUID, digest: str) -> None:
        verify(organization_id, digest)
        verified.append(digest)

    monkeypatch.setattr(scanner.laboratory.blobs, "verify", verify_and_tell)
    scanner.settle()
    scanner.change(after_taking=how)
    assert scanner.look().cleared == 1
    assert len(verified) == 1
    assert not path.exists()
    moved = [found for found in (scanner.root / TAKEN_FOLDER).rglob("*") if found.is_file()]
    assert [found.read_bytes() for found in moved] == ([content] if how == "move" else [])
    assert [event["how"] for event in scanner.audited("slide.clear")] == ["moved" if how == "move" else "deleted"]
    assert scanner.settle().found == 0
    assert scanner.state() == ("watching", None)


@pytest.mark.parametrize("how", ["move", "delete"])
def test_a_slide_whose_stored_copy_is_damaged_stays_in_the_folder(
    scanner: Scanner, slide_file: SlideFileMaker, how: str
) -> None:
    path = put(scanner, slide_file, "labelled", "a.svs")
    (taken,) = scanner.settle().taken
    organization_id = scanner.laboratory.actor.organization_id
    assert organization_id is not None
    blob = scanner.laboratory.blobs.local_path(organization_id, taken.digest)
    assert blob is not None
    blob.chmod(0o640)
    blob.write_bytes(blob.read_bytes()[:-1] + b"?")
    scanner.change(after_taking=how)
    for _ in range(2):
        assert scanner.look().cleared == 0
    assert path.exists()
    assert scanner.files() == {"a.svs": ("matched", "INGEST_NOT_CLEARED")}
    assert [event["problem"] for event in scanner.audited("slide.clear")] == ["clear_stored"]


def test_a_file_that_was_overwritten_in_place_is_never_deleted(scanner: Scanner, slide_file: SlideFileMaker) -> None:
    path = put(scanner, slide_file, "labelled", "a.svs")
    scanner.settle()
    state = path.stat()
    path.write_bytes(b"?" * state.st_size)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))  # size and time say that it is the same
    scanner.change(after_taking="delete")
    assert scanner.look().cleared == 0
    assert path.exists()
    assert [event["problem"] for event in scanner.audited("slide.clear")] == ["clear_changed"]


def test_a_deletion_that_was_interrupted_is_finished_and_touches_no_newer_file(
    scanner: Scanner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = dicom(scanner.root / "study", 1, (1, 2, 4))
    scanner.settle()
    scanner.change(after_taking="delete")
    files = sorted(target.iterdir())
    assert len(files) == 3
    unlink = Path.unlink
    gone: list[Path] = []

    def killed(self: Path, *arguments: Any, **options: Any) -> None:
        if gone:
            raise KeyboardInterrupt
        gone.append(self)
        unlink(self, *arguments, **options)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Path, "unlink", killed)
        scanner.look()
    (newer,) = [path for path in files if not path.exists()][:1]
    newer.write_bytes(b"a newer file of the scanner")
    scanner.restart()
    assert scanner.look().cleared == 1
    assert list(target.iterdir()) == [newer]
    assert newer.read_bytes() == b"a newer file of the scanner"


@pytest.mark.parametrize("how", ["move", "delete"])
@pytest.mark.parametrize("moment", ["verify", "hash", "rename"])
def test_a_slide_written_under_the_old_name_while_it_is_cleared_stays(
    scanner: Scanner, slide_file: SlideFileMaker, monkeypatch: pytest.MonkeyPatch, how: str, moment: str
) -> None:
    if (how, moment) == ("move", "hash"):
        moment = "verify"  # what is only moved is not hashed
    path = put(scanner, slide_file, "labelled", "a.svs")
    scanner.settle()
    scanner.change(after_taking=how)
    content = b"a new slide of the scanner" * 100
    written: list[bool] = []

    def write_anew() -> None:
        if not written:
            written.append(True)
            made = path.with_name("w.tmp")
            made.write_bytes(content)
            made.replace(path)

    blobs = scanner.laboratory.blobs
    verify, of_file, rename = blobs.verify, checksums.of_file, Path.rename

    def verify_late(organization_id: UUID, digest: str) -> None:
        verify(organization_id, digest)
        write_anew()

    def hash_and_write(given: Path) -> checksums.Checksum:
        found = of_file(given)
        write_anew()
        return found

    def rename_late(self: Path, target: Path) -> Path:
        if self == path:
            write_anew()
        return rename(self, target)

    with monkeypatch.context() as patched:
        if moment == "verify":
            patched.setattr(blobs, "verify", verify_late)
        elif moment == "hash":
            patched.setattr(checksums, "of_file", hash_and_write)
        else:
            patched.setattr(Path, "rename", rename_late)
        scanner.look()
    assert written
    assert path.read_bytes() == content
    assert [found for found in scanner.root.rglob("*") if found.is_file()] == [path]


def test_a_file_with_the_old_ones_size_and_times_is_told_from_it_by_the_system(
    scanner: Scanner, slide_file: SlideFileMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(scanner, slide_file, "labelled", "a.svs")
    scanner.settle()
    scanner.change(after_taking="delete")
    before, of_file = path.stat(), checksums.of_file

    def hash_and_write(given: Path) -> checksums.Checksum:
        found = of_file(given)
        path.write_bytes(b"?" * before.st_size)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        return found

    with monkeypatch.context() as patched:
        patched.setattr(checksums, "of_file", hash_and_write)
        assert scanner.look().cleared == 0
    assert path.read_bytes()[:1] == b"?"
    assert scanner.files() == {"a.svs": ("matched", "INGEST_NOT_CLEARED")}


def test_a_file_put_aside_that_another_came_after_goes_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.svs"
    path.write_bytes(b"taken")
    marks, rename = marks_of(path), Path.rename

    def busy(self: Path, target: Path) -> Path:
        if self == path:
            (tmp_path / "other").write_bytes(b"second")
            rename(tmp_path / "other", path)
            rename(self, target)
            path.write_bytes(b"third")
            return target
        return rename(self, target)

    with monkeypatch.context() as patched, pytest.raises(SourceNotCleared):
        patched.setattr(Path, "rename", busy)
        remove(path, marks)
    assert {found.name: found.read_bytes() for found in tmp_path.iterdir()} == {
        "a.svs": b"third",
        "a (1).svs": b"second",
    }


def test_a_failed_slide_stays_in_the_folder(scanner: Scanner, slide_file: SlideFileMaker) -> None:
    path = put(scanner, slide_file, "labelled", "a.svs")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    scanner.settle()
    scanner.change(after_taking="delete")
    assert scanner.look().cleared == 0
    assert path.exists()
    assert scanner.files()["a.svs"][0] == "failed"


def test_a_full_store_ends_the_look_and_nothing_is_marked(
    scanner: Scanner, slide_file: SlideFileMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(scanner, slide_file, "labelled", "a.svs")
    scanner.look()

    def full(*_: object, **__: object) -> None:
        raise StorageFull(folder="store")

    with monkeypatch.context() as patched, pytest.raises(StorageFull) as raised:
        patched.setattr(scanner.laboratory.blobs, "put_stream", full)
        scanner.look(QUIET)
    scanner.watch.trouble(raised.value)
    assert (scanner.files(), scanner.state()) == ({}, ("watching", "STORAGE_FULL"))
    assert len(scanner.look().taken) == 1
    assert scanner.state() == ("watching", None)
