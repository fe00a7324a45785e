"""A scanner's folder: what rests is taken in once, what fails is said once, what vanishes is not forgotten."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import select

from coverslip.errors import CoverslipError, InvalidInput
from coverslip.ingest import watch as watching_module
from coverslip.ingest.scan import TAKEN_FOLDER, scan
from coverslip.ingest.watch import FolderWatch, Looked
from coverslip.ingest.watched_folders import (
    add_folder,
    change_folder,
    folder_files,
    remove_folder,
    try_again,
    watched_folders,
)
from coverslip.phantoms.files.dicom import write_dicom
from coverslip.records.actor import Actor
from coverslip.records.models import AuditEvent, Slide, WatchedFile, WatchedFolder
from coverslip.settings import Settings
from coverslip.storage.errors import StorageFull
from coverslip.testing.laboratory import Laboratory
from coverslip.vocabulary.roles import Role

SlideFileMaker = Callable[[str, str], Path]
QUIET = 10


@dataclass
class Scanner:
    """A watched folder and a clock that the test moves."""

    laboratory: Laboratory
    root: Path
    settings: Settings
    folder: WatchedFolder
    now: float = 0.0
    holder: str = "one"
    watch: FolderWatch = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """As a process that begins anew."""
        organization_id = self.laboratory.actor.organization_id
        assert organization_id is not None
        self.watch = FolderWatch(
            self.laboratory.database,
            self.laboratory.blobs,
            self.settings,
            organization_id,
            self.folder.id,
            holder=self.holder,
            decoders=self.laboratory.decoders,
            clock=lambda: self.now,
        )

    def look(self, after: float = 0.0) -> Looked:
        self.now += after
        looked = self.watch.look()
        assert looked is not None
        return looked

    def settle(self) -> Looked:
        """See everything, let it rest, look again."""
        self.look()
        return self.look(QUIET)

    def files(self) -> dict[str, tuple[str, str | None]]:
        with self.laboratory.database.transaction(self.system) as tx:
            rows = tx.session.scalars(select(WatchedFile))
            return {row.name: (row.outcome, row.code) for row in rows}

    def state(self) -> tuple[str, str | None]:
        with self.laboratory.database.transaction(self.system) as tx:
            row = tx.session.get_one(WatchedFolder, self.folder.id)
            return row.state, row.state_problem

    def audited(self, action: str) -> list[dict[str, Any]]:
        with self.laboratory.database.transaction(self.system) as tx:
            return [event.detail for event in tx.session.scalars(select(AuditEvent).where(AuditEvent.action == action))]

    def slides(self) -> int:
        with self.laboratory.database.transaction(self.system) as tx:
            return len(list(tx.session.scalars(select(Slide).where(Slide.content_digest.is_not(None)))))

    def change(self, **changes: object) -> None:
        with self.laboratory.database.transaction(self.system) as tx:
            change_folder(tx, self.folder.id, changes)

    @property
    def system(self) -> Actor:
        return Actor.system(self.laboratory.actor.organization_id)  # type: ignore[arg-type]  # the laboratory has one


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", watch_roots=(tmp_path / "shares" / "{organization}",))


@pytest.fixture
def scanner(laboratory: Laboratory, tmp_path: Path, settings: Settings) -> Scanner:
    root = tmp_path / "shares" / "QH" / "scanner1"
    root.mkdir(parents=True)
    with laboratory.database.transaction(Actor.system(laboratory.actor.organization_id)) as tx:  # type: ignore[arg-type]
        folder = add_folder(tx, settings, str(root), quiet_seconds=QUIET, after_days=0)
    return Scanner(laboratory, root, settings, folder)


def put(scanner: Scanner, slide_file: SlideFileMaker, kind: str, name: str) -> Path:
    target = scanner.root / name
    target.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(slide_file(kind, "source.svs"), target))


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
    assert [entry.problem for entry in scan(scanner.root).unreadable] == ["Permission denied"]


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


def dicom(folder: Path, seed: int, factors: tuple[int, ...] = (1, 4)) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 255, (256, 320, 3), dtype=np.uint8)
    return write_dicom(folder, pixels, factors=factors)


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


def test_one_process_watches_a_folder_and_another_takes_over(scanner: Scanner, slide_file: SlideFileMaker) -> None:
    put(scanner, slide_file, "labelled", "a.svs")
    scanner.look()
    other = Scanner(scanner.laboratory, scanner.root, scanner.settings, scanner.folder, holder="two")
    assert other.watch.look() is None
    scanner.watch.let_go()
    assert [taken.label for taken in other.settle().taken] == ["2"]
    assert scanner.watch.look() is None


def test_a_folder_that_is_switched_off_is_left_alone(scanner: Scanner, slide_file: SlideFileMaker) -> None:
    put(scanner, slide_file, "labelled", "a.svs")
    scanner.change(enabled=False)
    assert scanner.watch.look() is None


def test_folders_are_added_below_the_allowed_roots_only(
    laboratory: Laboratory, settings: Settings, tmp_path: Path, actor_of: Callable[[Role], Actor]
) -> None:
    administrator = actor_of(Role.ADMINISTRATOR)
    allowed, elsewhere = tmp_path / "shares" / "QH" / "s", tmp_path / "shares" / "PV" / "s"
    for folder in (allowed, elsewhere, tmp_path / "data"):
        folder.mkdir(parents=True, exist_ok=True)
    (tmp_path / "shares" / "QH" / "link").symlink_to(elsewhere)
    with laboratory.database.transaction(administrator) as tx:
        for path in (elsewhere, tmp_path, tmp_path / "shares" / "QH" / "link", allowed / ".." / ".." / "PV" / "s"):
            with pytest.raises(InvalidInput) as refused:
                add_folder(tx, settings, str(path))
            assert refused.value.parameters["problem"] == "watch_outside"
        for name, problem in (("relative", "watch_absolute"), (str(allowed / "none"), "watch_no_folder")):
            with pytest.raises(InvalidInput) as refused:
                add_folder(tx, settings, name)
            assert refused.value.parameters["problem"] == problem
        with pytest.raises(InvalidInput) as refused:
            add_folder(tx, settings, str(tmp_path), by_operator=True)
        assert refused.value.parameters["problem"] == "watch_own_data"
        made = add_folder(tx, settings, str(allowed), after_taking="move")
        (allowed / "inner").mkdir()
        with pytest.raises(InvalidInput) as refused:
            add_folder(tx, settings, str(allowed / "inner"))
        assert refused.value.parameters["problem"] == "watch_taken"
        for changes in ({"after_taking": "burn"}, {"after_days": -1}, {"path": "/"}, {"quiet_seconds": 0}):
            with pytest.raises(InvalidInput):
                change_folder(tx, made.id, changes)
        assert [state.folder.path for state in watched_folders(tx)] == [str(allowed)]
        remove_folder(tx, made.id)
        assert watched_folders(tx) == []


@pytest.mark.parametrize("role", [Role.PATHOLOGIST, Role.AUDITOR])
def test_folders_are_an_administrators_business(
    laboratory: Laboratory, settings: Settings, tmp_path: Path, actor_of: Callable[[Role], Actor], role: Role
) -> None:
    for actor in (actor_of(role), actor_of(Role.TECHNICIAN)):
        with laboratory.database.transaction(actor) as tx, pytest.raises(CoverslipError) as refused:
            add_folder(tx, settings, str(tmp_path))
        assert refused.value.code == "PERMISSION_DENIED"


def test_a_folder_whose_root_is_no_longer_allowed_is_not_read(
    laboratory: Laboratory, settings: Settings, tmp_path: Path, actor_of: Callable[[Role], Actor]
) -> None:
    root = tmp_path / "shares" / "QH" / "s"
    root.mkdir(parents=True)
    with laboratory.database.transaction(actor_of(Role.ADMINISTRATOR)) as tx:
        folder = add_folder(tx, settings, str(root))
    narrowed = settings.model_copy(update={"watch_roots": ()})
    assert Scanner(laboratory, root, narrowed, folder).look().unreachable is not None
