"""Every stored byte is compared again; damage is repaired from a sound copy, and never silently."""

from __future__ import annotations

import errno
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from coverslip.access.errors import PermissionDenied
from coverslip.custody import fixity
from coverslip.custody.errors import AlreadyEnded
from coverslip.custody.repair import UNREADABLE, places_of
from coverslip.errors import NotFound
from coverslip.records.models import FixityCheck, FixityFinding
from coverslip.records.queries import custody
from coverslip.storage.errors import BlobUnreadable, StorageUnavailable
from coverslip.storage.local_place import LocalPlace
from coverslip.storage.place import Place, verify
from coverslip.vocabulary.roles import Role
from tests.unit.custody.conftest import Archive


def check(archive: Archive) -> FixityCheck:
    done = fixity.check(archive.work, archive.organization_id, datetime.now(UTC) + timedelta(seconds=1))
    assert done is not None
    return done


def findings(archive: Archive) -> list[FixityFinding]:
    with archive.work.database.transaction(archive.system) as tx:
        return custody.findings(tx)


def place(archive: Archive, name: str) -> Place:
    return places_of(archive.blobs)[name]  # type: ignore[index]  # one of its names


def test_sound_bytes_are_counted_and_their_day_is_noted(archive: Archive) -> None:
    done = check(archive)
    assert (done.checked, done.wrong, done.missing, done.repaired, done.unreadable) == (1, 0, 0, 0, 0)
    assert done.checked_bytes == archive.blob().size_bytes
    assert done.finished_at is not None
    assert archive.blob().checked_at is not None
    assert findings(archive) == []
    assert [event.outcome for event in archive.audited("storage.check")] == ["success"]


def test_only_what_is_due_is_compared(archive: Archive) -> None:
    fixity.check_fixity.run(archive.work)
    with archive.work.database.transaction(archive.system) as tx:
        assert custody.checks(tx, 10) == []
    check(archive)
    before = datetime.now(UTC) - timedelta(days=1)
    assert fixity.check(archive.work, archive.organization_id, before) is None


@pytest.mark.parametrize("name", ["hot", "replica"])
def test_a_flipped_bit_is_repaired_and_the_damaged_bytes_are_kept(archive: Archive, name: str) -> None:
    damaged = archive.harm(place(archive, name)).read_bytes()
    done = check(archive)
    assert (done.checked, done.wrong, done.repaired) == (1, 1, 1)
    verify(place(archive, name), archive.organization_id, archive.digest)
    (found,) = findings(archive)
    assert (found.status, found.kind, found.place) == ("repaired", "wrong", name)
    assert found.repaired_from == ("replica" if name == "hot" else "hot")
    folder = place(archive, name).folder
    assert folder is not None
    assert found.aside is not None
    assert (folder / found.aside).read_bytes() == damaged
    assert [event.outcome for event in archive.audited("storage.damage")] == ["failed"]
    assert len(archive.audited("storage.repair")) == 1
    assert [event.outcome for event in archive.audited("storage.check")] == ["failed"]


@pytest.mark.parametrize("name", ["hot", "replica"])
def test_missing_bytes_are_brought_back(archive: Archive, name: str) -> None:
    place(archive, name).delete(archive.organization_id, archive.digest)
    done = check(archive)
    assert (done.missing, done.repaired) == (1, 1)
    verify(place(archive, name), archive.organization_id, archive.digest)
    assert findings(archive) == []
    assert len(archive.audited("storage.repair")) == 1


def test_without_a_sound_copy_nothing_is_touched_and_the_finding_stays_open(archive: Archive) -> None:
    damaged = archive.harm(archive.blobs.hot)
    before = damaged.read_bytes()
    archive.harm(archive.blobs.replica)
    done = check(archive)
    assert (done.wrong, done.repaired) == (2, 0)
    assert damaged.read_bytes() == before
    assert {(found.place, found.status) for found in findings(archive)} == {("hot", "open"), ("replica", "open")}
    check(archive)
    assert len(findings(archive)) == 2


def test_what_was_mended_by_hand_settles_its_finding(archive: Archive) -> None:
    path = archive.harm(archive.blobs.hot)
    archive.blobs.replica = None
    check(archive)
    assert [found.status for found in findings(archive)] == ["open"]
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    check(archive)
    assert findings(archive) == []


def test_a_place_that_does_not_answer_is_no_damage(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise StorageUnavailable(problem="away")

    monkeypatch.setattr(archive.blobs.hot, "pieces", away)
    done = check(archive)
    assert (done.checked, done.unreadable, done.wrong) == (0, 1, 0)
    assert archive.blob().checked_at is None
    assert [event.outcome for event in archive.audited("storage.check")] == ["failed"]


def bad_sector(monkeypatch: pytest.MonkeyPatch, damaged: Path) -> None:
    """A disk that gives every file but one."""
    real = Path.open

    def opened(self: Path, *given: Any, **named: Any) -> Any:
        if self == damaged:
            raise OSError(errno.EIO, "Input/output error")
        return real(self, *given, **named)

    monkeypatch.setattr(Path, "open", opened)


def test_a_bad_sector_is_damage_and_is_repaired(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(archive.blobs.hot, LocalPlace)
    path = archive.blobs.hot.path(archive.organization_id, archive.digest)
    with monkeypatch.context() as patch:
        bad_sector(patch, path)
        with pytest.raises(BlobUnreadable):
            archive.blobs.read(archive.organization_id, archive.digest)
        # What is moved away and what takes its place are other sectors.
        moved = archive.blobs.hot.set_aside

        def set_aside(*given: Any) -> None:
            moved(*given)
            patch.undo()

        patch.setattr(archive.blobs.hot, "set_aside", set_aside)
        done = check(archive)
    assert (done.checked, done.wrong, done.repaired, done.unreadable) == (1, 1, 1, 0)
    archive.blobs.verify(archive.organization_id, archive.digest)
    (found,) = findings(archive)
    assert (found.status, found.kind, found.place, found.found) == ("repaired", "wrong", "hot", UNREADABLE)
    assert found.aside is not None


def test_a_bad_sector_without_a_second_copy_stays_an_open_finding(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(archive.blobs.hot, LocalPlace)
    archive.blobs.replica = None
    bad_sector(monkeypatch, archive.blobs.hot.path(archive.organization_id, archive.digest))
    done = check(archive)
    assert (done.wrong, done.repaired, done.unreadable) == (1, 0, 0)
    assert [(found.status, found.aside) for found in findings(archive)] == [("open", None)]
    assert archive.has(archive.blobs.hot)


def test_a_disk_that_takes_nothing_either_is_away_and_no_damage(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(archive.blobs.hot, LocalPlace)
    bad_sector(monkeypatch, archive.blobs.hot.path(archive.organization_id, archive.digest))

    def away(*_: object) -> None:
        raise StorageUnavailable(problem="Input/output error")

    monkeypatch.setattr(archive.blobs.hot, "leave_mark", away)
    done = check(archive)
    assert (done.checked, done.unreadable, done.wrong) == (0, 1, 0)
    assert findings(archive) == []


@pytest.mark.parametrize("step", ["before the move", "after the move", "after the copy"])
def test_a_repair_that_is_cut_short_forgets_no_damaged_bytes(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    damaged = archive.harm(archive.blobs.hot).read_bytes()
    hot = archive.blobs.hot
    assert isinstance(hot, LocalPlace)

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        if step == "after the move":
            LocalPlace.set_aside(hot, *_)  # type: ignore[arg-type]  # passed on
        raise Killed

    with monkeypatch.context() as patch:
        if step == "after the copy":
            patch.setattr(archive.blobs.cache, "forget", killed)
        else:
            patch.setattr(hot, "set_aside", killed)
        with pytest.raises(Killed):
            check(archive)
    (found,) = findings(archive)
    assert found.status == "open"
    assert found.aside is not None
    with archive.work.database.transaction(archive.actor_of(Role.ADMINISTRATOR)) as tx, pytest.raises(NotFound):
        fixity.release(tx, archive.blobs, found.id)
    check(archive)
    (after,) = findings(archive)
    assert (after.id, after.aside) == (found.id, found.aside)
    assert hot.folder is not None
    assert (hot.folder / found.aside).read_bytes() == damaged
    archive.blobs.verify(archive.organization_id, archive.digest)
    assert {left.name for left in hot.leftovers()} == {found.aside}


def test_damaged_bytes_go_when_a_person_releases_them(archive: Archive) -> None:
    archive.harm(archive.blobs.hot)
    check(archive)
    (found,) = findings(archive)
    assert archive.blobs.folder is not None
    assert found.aside is not None
    with (
        pytest.raises(PermissionDenied),
        archive.work.database.transaction(archive.actor_of(Role.PATHOLOGIST)) as tx,
    ):
        fixity.release(tx, archive.blobs, found.id)
    administrator = archive.actor_of(Role.ADMINISTRATOR)
    with archive.work.database.transaction(administrator) as tx:
        fixity.release(tx, archive.blobs, found.id)
    assert not (archive.blobs.folder / found.aside).exists()
    assert findings(archive) == []
    assert len(archive.audited("storage.damage_release")) == 1
    with pytest.raises(AlreadyEnded), archive.work.database.transaction(administrator) as tx:
        fixity.release(tx, archive.blobs, found.id)


def test_an_open_finding_cannot_be_released(archive: Archive) -> None:
    archive.harm(archive.blobs.hot)
    archive.blobs.replica = None
    check(archive)
    (found,) = findings(archive)
    with pytest.raises(NotFound), archive.work.database.transaction(archive.actor_of(Role.ADMINISTRATOR)) as tx:
        fixity.release(tx, archive.blobs, found.id)


def test_a_person_may_ask_for_a_check_of_everything(archive: Archive) -> None:
    administrator = archive.actor_of(Role.ADMINISTRATOR)
    with archive.work.database.transaction(administrator) as tx:
        fixity.ask_for_check(tx)
        queued = tx.raw_connection().execute("SELECT task_name FROM procrastinate_jobs").fetchall()
    assert queued == [("check_everything",)]
    fixity.check_everything.run(
        archive.work, organization_id=str(archive.organization_id), asked_by=str(administrator.person_id)
    )
    with archive.work.database.transaction(archive.system) as tx:
        (done,) = custody.checks(tx, 10)
    assert (done.asked_by, done.checked) == (administrator.person_id, 1)
