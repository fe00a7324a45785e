"""Clearing the scanner's folder: only what is verified leaves it, and only where that was asked for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from coverslip.ingest.scan import TAKEN_FOLDER
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
    gone[0].write_bytes(b"a newer file of the scanner")
    scanner.restart()
    assert scanner.look().cleared == 1
    assert [path.name for path in target.iterdir()] == [gone[0].name]


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
