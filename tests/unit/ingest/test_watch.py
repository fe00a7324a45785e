"""A scanner's folder: what rests is taken in once, what fails is said once, what vanishes is not forgotten."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from coverslip.ingest import watch as watching_module
from coverslip.ingest.scan import scan
from coverslip.ingest.watched_folders import (
    folder_files,
    try_again,
)
from coverslip.records.models import Slide, WatchedFile, WatchedFolder
from tests.unit.ingest.scanner import QUIET, Scanner, SlideFileMaker, dicom, put


def test_a_slide_is_taken_in_when_it_has_rested(scanner: Scanner, slide_file: SlideFileMaker) -> None:
    put(scanner, slide_file, "labelled", "2025/a.svs")
    assert scanner.look().resting == 1
    assert scanner.look(QUIET - 1).resting == 1
    looked = scanner.look(1)
    assert [(taken.outcome, taken.label) for taken in looked.taken] == [("matched", "2")]
    assert scanner.files() == {"2025/a.svs": ("matched", None)}
    assert scanner.audited("slide.ingest")[0]["origin"] == "watch"
    assert (scanner.root / "2025" / "a.svs").exists()


def test_a_slide_that_is_still_written_is_not_touched(scanner: Scanner, slide_file: SlideFileMaker) -> None:
    path = put(scanner, slide_file, "labelled", "a.svs")
    whole = path.read_bytes()
    for part in range(1, 5):
        path.write_bytes(whole[: len(whole) * part // 5])
        assert scanner.look(QUIET).resting == 1
    path.write_bytes(whole)
    assert [taken.outcome for taken in scanner.settle().taken] == ["matched"]


def test_the_clock_of_the_share_does_not_matter(scanner: Scanner, slide_file: SlideFileMaker) -> None:
    path = put(scanner, slide_file, "labelled", "a.svs")
    os.utime(path, (1, 1))
    assert scanner.look().resting == 1
    os.utime(path, (4_000_000_000, 4_000_000_000))
    assert scanner.look(QUIET).resting == 1
    assert len(scanner.look(QUIET).taken) == 1


@pytest.mark.parametrize("name", ["a.svs.part", "a.svs.tmp", "~$a.svs", ".a.svs.swp", "a.svs.filepart", "Thumbs.db"])
def test_unfinished_copies_and_what_systems_leave_about_are_passed_over(
    scanner: Scanner, slide_file: SlideFileMaker, name: str
) -> None:
    path = put(scanner, slide_file, "labelled", name)
    assert scanner.settle().found == 0
    path.rename(scanner.root / "a.svs")
    assert len(scanner.settle().taken) == 1


def test_what_was_dealt_with_is_not_read_again_by_another_process_either(
    scanner: Scanner, slide_file: SlideFileMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(scanner, slide_file, "labelled", "a.svs")
    scanner.settle()
    scanner.restart()

    def never(*_: object, **__: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(watching_module, "take_in", never)
    assert scanner.settle().taken == ()
    assert scanner.slides() == 1


def test_a_folder_of_thousands_of_known_slides_is_looked_through_without_opening_one(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3000):
        path = scanner.root / f"{number % 50}" / f"{number}.svs"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    with scanner.laboratory.database.transaction(scanner.system) as tx:
        row = tx.session.get_one(WatchedFolder, scanner.folder.id)
        row.skip_existing = True
    looked = scanner.settle()
    assert (looked.found, looked.taken, looked.problems) == (3000, (), 0)
    scanner.restart()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", lambda *_, **__: pytest.fail("opened"))
        assert scanner.settle().resting == 0
    assert set(scanner.files().values()) == {("skipped", None)}


def test_what_fails_is_said_once_and_tried_again_when_it_changes(scanner: Scanner, slide_file: SlideFileMaker) -> None:
    path = scanner.root / "a.svs"
    path.write_bytes(b"Dear colleague, the slides are in the drawer.\n" * 50)
    assert scanner.settle().problems == 1
    for _ in range(3):
        assert scanner.look(QUIET).problems == 0
    assert scanner.files() == {"a.svs": ("refused", "NOT_A_SLIDE")}
    assert [event["code"] for event in scanner.audited("slide.ingest")] == ["NOT_A_SLIDE"]
    put(scanner, slide_file, "labelled", "a.svs")
    scanner.settle()
    assert scanner.files() == {"a.svs": ("matched", None)}


def test_a_person_may_have_what_was_refused_tried_again(scanner: Scanner) -> None:
    (scanner.root / "a.svs").write_bytes(b"no slide" * 100)
    scanner.settle()
    with scanner.laboratory.database.transaction(scanner.laboratory.actor) as tx:
        (row,) = folder_files(tx, scanner.folder.id)
        try_again(tx, row.id)
    assert scanner.look().problems == 1
    assert len(scanner.audited("slide.ingest")) == 2


def test_an_empty_file_is_waited_for_and_then_listed(scanner: Scanner, slide_file: SlideFileMaker) -> None:
    (scanner.root / "a.svs").touch()
    scanner.settle()
    assert scanner.files() == {}
    scanner.look(20 * QUIET)
    assert scanner.files() == {"a.svs": ("waiting", "SLIDE_EMPTY")}
    put(scanner, slide_file, "labelled", "a.svs")
    scanner.settle()
    assert scanner.files() == {"a.svs": ("matched", None)}


def test_a_locked_file_is_tried_again_later(
    scanner: Scanner, slide_file: SlideFileMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(scanner, slide_file, "labelled", "a.svs")
    opened = Path.open

    def locked(self: Path, *arguments: Any, **options: Any) -> Any:
        if self == path:
            raise PermissionError(13, "Permission denied")
        return opened(self, *arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", locked)
        assert scanner.settle().problems == 1
        assert scanner.files() == {"a.svs": ("waiting", "INGEST_FILE_UNREADABLE")}
        assert scanner.look(QUIET).problems == 0
    with scanner.laboratory.database.transaction(scanner.system) as tx:
        row = tx.session.scalars(select(WatchedFile)).one()
        assert row.next_try_at is not None
        row.next_try_at = row.noted_at
    assert len(scanner.look().taken) == 1
    assert len(scanner.audited("watch.note")) == 1


def test_a_share_that_goes_away_and_comes_back_loses_nothing(scanner: Scanner, slide_file: SlideFileMaker) -> None:
    put(scanner, slide_file, "labelled", "a.svs")
    scanner.settle()
    away = scanner.root.rename(scanner.root.with_name("away"))
    for _ in range(2):
        assert scanner.look(QUIET).unreachable is not None
    assert scanner.state()[0] == "unreachable"
    scanner.root.mkdir()  # the mount point without the share
    assert scanner.look(QUIET).unreachable == "watch_empty"
    scanner.root.rmdir()
    away.rename(scanner.root)
    put(scanner, slide_file, "other", "b.svs")
    assert [taken.label for taken in scanner.settle().taken] == ["3"]
    assert scanner.state() == ("watching", None)
    assert (len(scanner.audited("watch.lost")), len(scanner.audited("watch.back"))) == (1, 1)


def test_links_that_lead_out_and_loops_are_not_followed(
    scanner: Scanner, slide_file: SlideFileMaker, tmp_path: Path
) -> None:
    outside = slide_file("labelled", "outside.svs")
    (scanner.root / "out.svs").symlink_to(outside)
    (scanner.root / "loop").symlink_to(scanner.root, target_is_directory=True)
    deep = scanner.root
    for _ in range(40):
        deep = deep / "d"
    deep.mkdir(parents=True)
    looked = scanner.settle()
    assert (looked.found, looked.taken, looked.problems) == (0, (), 2)


def test_a_folder_below_that_cannot_be_entered_hides_nothing_else(
    scanner: Scanner, slide_file: SlideFileMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(scanner, slide_file, "labelled", "open/a.svs")
    put(scanner, slide_file, "other", "closed/b.svs")
    entered = os.scandir

    def closed(path: Any) -> Any:
        if isinstance(path, Path) and path.name == "closed":
            raise PermissionError(13, "Permission denied")
        return entered(path)

    monkeypatch.setattr(os, "scandir", closed)
    assert [taken.label for taken in scanner.settle().taken] == ["2"]
    assert [entry.problem.key for entry in scan(scanner.root).unreadable] == ["system_permission"]
    assert scanner.files()["closed"] == ("waiting", "INGEST_FOLDER_LEFT_OUT")
    scanner.restart()
    scanner.look()
    said = {"file": "closed", "code": "INGEST_FOLDER_LEFT_OUT", "problem": "system_permission"}
    assert scanner.audited("watch.note") == [said]  # once, whoever looks
    monkeypatch.setattr(os, "scandir", entered)
    assert [taken.label for taken in scanner.settle().taken] == ["3"]
    assert "closed" not in scanner.files()
    assert scanner.audited("watch.note") == [said, {**said, "problem": None}]


@pytest.mark.parametrize(
    "name",
    ["病理 切片.svs", "naïve\u0301.svs", "tab\tand\nline.svs", b"\xb2\xa1\xc0\xed.svs", "x" * 251 + ".svs", "😀.svs"],
)
def test_names_of_every_kind_are_taken_in(scanner: Scanner, slide_file: SlideFileMaker, name: str | bytes) -> None:
    shutil.copy(slide_file("labelled", "source.svs"), scanner.root / os.fsdecode(name))
    assert [taken.outcome for taken in scanner.settle().taken] == ["matched"]
    scanner.restart()
    assert scanner.settle().taken == ()


def mrxs(folder: Path, name: str) -> list[Path]:
    """The files of an MRXS slide as a scanner writes them; its pixels are nobody's business here."""
    index = "[HIERARCHICAL]\nINDEXFILE = Index.dat\n[DATAFILE]\nFILE_0 = Data0000.dat\nFILE_1 = Data0001.dat\n"
    parts = {f"{name}.mrxs": b"\xff\xd8\xff\xe0 thumbnail", f"{name}/Slidedat.ini": index.encode()}
    parts |= {f"{name}/{part}": part.encode() * 9 for part in ("Index.dat", "Data0000.dat", "Data0001.dat")}
    written = []
    for relative, content in parts.items():
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written.append(path)
    return written


def test_an_mrxs_slide_that_arrives_in_pieces_is_waited_for(scanner: Scanner, tmp_path: Path) -> None:
    leading, index, *data = mrxs(tmp_path / "local", "slide")
    seen = set()
    for piece in (*data[:2], leading, index, data[2]):
        assert scanner.settle().taken == ()
        seen |= set(scanner.files().values())
        target = scanner.root / piece.relative_to(tmp_path / "local")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(piece, target)
    assert seen == {("waiting", "SLIDE_INCOMPLETE")}
    looked = scanner.settle()
    assert [(taken.file, taken.outcome) for taken in looked.taken] == [("slide.mrxs", "failed")]
    with scanner.laboratory.database.transaction(scanner.system) as tx:
        slide = tx.session.get_one(Slide, looked.taken[0].slide_id)
        names = [
            name
            for (name,) in tx.raw_connection()
            .execute("SELECT name FROM slide_files WHERE slide_id = %s ORDER BY position", [slide.id])
            .fetchall()
        ]
    assert names[0] == "slide.mrxs"
    assert sorted(names[1:]) == ["slide/Data0000.dat", "slide/Data0001.dat", "slide/Index.dat", "slide/Slidedat.ini"]
    assert scanner.slides() == 1


def test_a_dicom_folder_is_one_slide_taken_in_when_all_of_it_rests(scanner: Scanner, tmp_path: Path) -> None:
    source = dicom(tmp_path / "study", 1)
    target = scanner.root / "study"
    target.mkdir()
    for path in sorted(source.iterdir()):
        shutil.copy(path, target)
        assert scanner.look(QUIET - 1).taken == ()
    assert [(taken.file, taken.outcome) for taken in scanner.look(QUIET).taken] == [("study", "unmatched")]
    assert scanner.slides() == 1


def test_two_slides_in_one_dicom_folder_are_two_slides(scanner: Scanner, tmp_path: Path) -> None:
    target = scanner.root / "study"
    target.mkdir()
    for number in (1, 2):
        for path in dicom(tmp_path / f"s{number}", number).iterdir():
            shutil.copy(path, target / f"{number}-{path.name}")
    assert len(scanner.settle().taken) == 2
    assert scanner.slides() == 2
    scanner.restart()
    assert scanner.settle().taken == ()
