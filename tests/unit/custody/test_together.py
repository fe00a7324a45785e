"""Moves, checks, copies, removals and intake at the same time: whatever the order, registered bytes are there.

Each test stops one hand at its most dangerous point and lets another work until it waits or is done.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from coverslip.access.errors import PermissionDenied
from coverslip.custody import fixity, forget, holds, repair, replica, retention, rules, tiers
from coverslip.custody.errors import SlideRemoved
from coverslip.custody.rules import NewRule
from coverslip.records.models import FixityCheck, FixityFinding
from coverslip.records.queries import custody
from coverslip.storage.blobs import Tier
from coverslip.storage.errors import StorageUnavailable
from coverslip.storage.place import verify
from coverslip.vocabulary.roles import Role
from tests.unit.custody.conftest import Archive

SECONDS = 60.0
A_WHILE = 0.5
"""Long enough that a hand which does not wait would have done its harm; a slower one only makes the test say less."""


class Stop:
    """A function that stops at its first call until it is let go on."""

    def __init__(self, real: Callable[..., Any], *, after: bool = False) -> None:
        self._real, self._after = real, after
        self._reached, self._on, self._once = threading.Event(), threading.Event(), threading.Lock()

    def __call__(self, *given: Any, **named: Any) -> Any:
        result = self._real(*given, **named) if self._after else None
        if self._once.acquire(blocking=False):
            self._reached.set()
            assert self._on.wait(SECONDS)
        return result if self._after else self._real(*given, **named)

    def wait(self) -> None:
        assert self._reached.wait(SECONDS)

    def go_on(self) -> None:
        self._on.set()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as made:
        yield made


def give_it_time(other: Future[Any]) -> None:
    """Let the other hand come as far as it can."""
    wait([other], A_WHILE)


def expired(archive: Archive) -> None:
    archive.age(days=800, status="signed")
    with archive.work.database.transaction(archive.actor_of(Role.ADMINISTRATOR)) as tx:
        rules.add_rule(tx, archive.blobs, NewRule("retain", keep_years=1, automatic=True))


def every_registered_byte_is_there(archive: Archive) -> None:
    with archive.work.database.transaction(archive.system) as tx:
        row = custody.blob(tx, archive.digest)
    if row is not None:
        archive.blobs.verify(archive.organization_id, archive.digest)


@pytest.mark.parametrize("ways", [("cold", "hot"), ("cold", "cold"), ("hot", "cold")])
def test_two_movers_leave_one_sound_copy(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, threads: ThreadPoolExecutor, ways: tuple[Tier, Tier]
) -> None:
    """A move to the cold place was cut off before its source went; one finishes it, another turns back."""

    def cut(*_: object) -> None:
        raise StorageUnavailable(problem="cut")

    monkeypatch.setattr(archive.blobs.hot, "delete", cut)
    with pytest.raises(StorageUnavailable):
        tiers.move(archive.work, archive.organization_id, archive.digest, "cold")
    monkeypatch.undo()
    stop = Stop(verify, after=True)
    monkeypatch.setattr(tiers, "verify", stop)

    def move(to: Tier) -> Future[bool]:
        return threads.submit(tiers.move, archive.work, archive.organization_id, archive.digest, to)

    first = move(ways[0])
    stop.wait()
    second = move(ways[1])
    give_it_time(second)
    stop.go_on()
    first.result(SECONDS)
    second.result(SECONDS)
    assert [archive.has(archive.blobs.hot), archive.has(archive.blobs.cold)].count(True) == 1
    assert archive.blobs.tier_of(archive.organization_id, archive.digest) == archive.blob().tier
    assert archive.blob().moving_to is None
    every_registered_byte_is_there(archive)


def test_a_move_whose_blob_was_given_another_way_meanwhile_removes_nothing(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock may be lost with its connection; the register has the last word."""

    def turned(*given: Any) -> int:
        with archive.work.database.transaction(archive.system) as tx:
            custody.set_tier(tx, archive.digest, tier="hot")
        return verify(*given)

    monkeypatch.setattr(tiers, "verify", turned)
    assert tiers.move(archive.work, archive.organization_id, archive.digest, "cold") is False
    assert archive.has(archive.blobs.hot)
    assert archive.blob().tier == "hot"


def test_a_file_that_comes_in_again_between_removal_and_deletion_keeps_its_bytes(archive: Archive) -> None:
    expired(archive)
    retention.remove_expired.run(archive.work)
    taken = archive.take_in()
    assert taken.outcome in ("matched", "unmatched")
    archive.forget()
    assert archive.blob().digest == archive.digest
    every_registered_byte_is_there(archive)


def test_a_file_that_comes_in_while_its_bytes_are_deleted_is_there_or_refused(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, threads: ThreadPoolExecutor
) -> None:
    expired(archive)
    retention.remove_expired.run(archive.work)
    stop = Stop(archive.blobs.hot.delete)
    monkeypatch.setattr(archive.blobs.hot, "delete", stop)
    deleting = threads.submit(archive.forget)
    stop.wait()
    coming = threads.submit(archive.take_in)
    give_it_time(coming)
    stop.go_on()
    deleting.result(SECONDS)
    error = coming.exception(SECONDS)
    assert error is None or getattr(error, "code", None) in ("BLOB_MISSING", "SLIDE_MISSING")
    every_registered_byte_is_there(archive)
    assert archive.take_in().outcome in ("matched", "unmatched", "duplicate")
    assert archive.has(archive.blobs.hot)


def test_a_check_does_not_bring_back_what_is_being_removed(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, threads: ThreadPoolExecutor
) -> None:
    """It listed the blob before; the hot copy is gone when it comes to it, the replica's not yet."""
    expired(archive)
    with archive.work.database.transaction(archive.system) as tx:
        listed = custody.due_for_check(tx, datetime.now(UTC), 200)
        check_id = tx.add(FixityCheck()).id
    retention.remove_expired.run(archive.work)
    assert archive.blobs.replica is not None
    stop = Stop(archive.blobs.replica.delete)
    monkeypatch.setattr(archive.blobs.replica, "delete", stop)
    removing = threads.submit(archive.forget)
    stop.wait()
    checking = threads.submit(
        fixity._check_blob, archive.work, archive.system, check_id, listed[0].digest, datetime.now(UTC)
    )
    give_it_time(checking)
    stop.go_on()
    removing.result(SECONDS)
    checking.result(SECONDS)
    assert not any(archive.has(place) for place in (archive.blobs.hot, archive.blobs.cold, archive.blobs.replica))
    assert archive.audited("storage.damage") == []
    assert archive.audited("storage.repair") == []


@pytest.mark.parametrize("at", ["verify", "put"])
def test_a_removal_during_a_repair_is_the_last_word(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, threads: ThreadPoolExecutor, at: str
) -> None:
    expired(archive)
    archive.harm(archive.blobs.hot)
    stop = Stop(verify if at == "verify" else archive.blobs.hot.put)
    if at == "verify":
        monkeypatch.setattr(repair, "verify", stop)
    else:
        monkeypatch.setattr(archive.blobs.hot, "put", stop)
    checking = threads.submit(fixity.check, archive.work, archive.organization_id, datetime.now(UTC))
    stop.wait()
    retention.remove_expired.run(archive.work)
    removing = threads.submit(archive.forget)
    give_it_time(removing)
    stop.go_on()
    checking.result(SECONDS)
    removing.result(SECONDS)
    assert not any(archive.has(place) for place in (archive.blobs.hot, archive.blobs.cold, archive.blobs.replica))


def test_a_move_during_a_check_is_no_damage(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, threads: ThreadPoolExecutor
) -> None:
    stop = Stop(archive.blobs.hot.delete)
    monkeypatch.setattr(archive.blobs.hot, "delete", stop)
    moving = threads.submit(tiers.move, archive.work, archive.organization_id, archive.digest, "cold")
    stop.wait()
    checking = threads.submit(fixity.check, archive.work, archive.organization_id, datetime.now(UTC))
    give_it_time(checking)
    stop.go_on()
    moving.result(SECONDS)
    done = checking.result(SECONDS)
    assert done is not None
    assert (done.wrong, done.missing, done.checked) == (0, 0, 1)
    assert archive.blob().tier == "cold"


def test_two_checks_at_once_repair_once(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, threads: ThreadPoolExecutor
) -> None:
    archive.harm(archive.blobs.hot)
    stop = Stop(verify)
    monkeypatch.setattr(repair, "verify", stop)
    first = threads.submit(fixity.check, archive.work, archive.organization_id, datetime.now(UTC))
    stop.wait()
    second = threads.submit(
        fixity.check, archive.work, archive.organization_id, datetime.now(UTC), archive.actor_of(Role.HEAD).person_id
    )
    give_it_time(second)
    stop.go_on()
    done = [first.result(SECONDS), second.result(SECONDS)]
    assert sum(check.repaired for check in done if check is not None) == 1
    assert sum(check.wrong for check in done if check is not None) == 1
    with archive.work.database.transaction(archive.system) as tx:
        assert [row.status for row in tx.session.query(FixityFinding).all()] == ["repaired"]
    archive.blobs.verify(archive.organization_id, archive.digest)


def test_the_nightly_check_leaves_a_hospital_to_the_one_that_still_runs(archive: Archive) -> None:
    work = replace(archive.work, settings=archive.work.settings.model_copy(update={"fixity_days": 0}))
    with work.database.alone(f"fixity {archive.organization_id}"):
        fixity.check_fixity.run(work)
    assert archive.audited("storage.check") == []
    fixity.check_fixity.run(work)
    assert len(archive.audited("storage.check")) == 1


def test_a_hold_and_a_removal_at_once_leave_held_bytes_or_no_hold(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, threads: ThreadPoolExecutor
) -> None:
    expired(archive)
    stop = Stop(retention._remove)
    monkeypatch.setattr(retention, "_remove", stop)
    removing = threads.submit(retention.remove_expired.run, archive.work)
    stop.wait()

    def hold() -> None:
        with archive.work.database.transaction(archive.actor_of(Role.HEAD)) as tx:
            holds.place_hold(tx, "court order 17", slide_id=archive.slide_id)

    holding = threads.submit(hold)
    give_it_time(holding)
    stop.go_on()
    removing.result(SECONDS)
    assert isinstance(holding.exception(SECONDS), SlideRemoved)
    with archive.work.database.transaction(archive.system) as tx:
        assert custody.holds(tx) == []


def test_a_removal_that_finds_a_hold_leaves_the_slide(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, threads: ThreadPoolExecutor
) -> None:
    expired(archive)
    stop = Stop(retention._locked)
    monkeypatch.setattr(retention, "_locked", stop)
    removing = threads.submit(retention.remove_expired.run, archive.work)
    stop.wait()
    with archive.work.database.transaction(archive.actor_of(Role.HEAD)) as tx:
        holds.place_hold(tx, "court order 17", slide_id=archive.slide_id)
    stop.go_on()
    removing.result(SECONDS)
    archive.forget()
    assert archive.slide().status == "ready"
    assert archive.has(archive.blobs.hot)


def test_a_copy_to_the_replica_does_not_outlive_the_removal(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, threads: ThreadPoolExecutor
) -> None:
    assert archive.blobs.replica is not None
    archive.blobs.replica.delete(archive.organization_id, archive.digest)
    with archive.work.database.transaction(archive.system) as tx:
        custody.set_replicated(tx, archive.digest, "STORAGE_UNAVAILABLE")
    expired(archive)
    stop = Stop(archive.blobs.replica.put)
    monkeypatch.setattr(archive.blobs.replica, "put", stop)
    copying = threads.submit(replica.copy, archive.work, archive.organization_id, archive.digest)
    stop.wait()
    retention.remove_expired.run(archive.work)
    removing = threads.submit(archive.forget)
    give_it_time(removing)
    stop.go_on()
    copying.result(SECONDS)
    removing.result(SECONDS)
    assert not archive.has(archive.blobs.replica)


def test_a_removal_is_finished_by_a_worker_after_a_crash(archive: Archive) -> None:
    """The job commits with the rows: nothing depends on the process that removed."""
    expired(archive)
    with archive.work.database.transaction(archive.actor_of(Role.HEAD)) as tx:
        assert retention.remove(tx, [archive.slide_id], "over") == 1
        assert tx.after_commit == []
    assert archive.has(archive.blobs.hot)
    archive.forget()
    assert not archive.has(archive.blobs.hot)
    assert forget.forget(archive.work.database, archive.blobs, archive.organization_id, archive.digest) is True
    with pytest.raises(PermissionDenied), archive.work.database.transaction(archive.actor_of(Role.TECHNICIAN)) as tx:
        retention.remove(tx, [archive.slide_id], "over")
