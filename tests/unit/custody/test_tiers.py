"""Blobs go to the cold place by rule and come back when they are opened; they can be read all the while."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from coverslip.access.errors import PermissionDenied
from coverslip.custody import fixity, replica, rules, tiers
from coverslip.custody.alone import blob_alone
from coverslip.custody.errors import AlreadyEnded, NoColdStorage
from coverslip.custody.rules import NewRule
from coverslip.errors import InvalidInput
from coverslip.records.models import Reading
from coverslip.records.queries import custody
from coverslip.records.queries import slide as slides
from coverslip.slides.isolation import DecoderLimits, DecoderPool
from coverslip.storage.errors import BlobCorrupt, StorageUnavailable
from coverslip.storage.local_place import LocalPlace
from coverslip.storage.place import verify
from coverslip.storage.stored_slide import open_in
from coverslip.vocabulary.roles import Role
from tests.unit.custody.conftest import Archive

COLD = NewRule("cold", case_status="signed", idle_days=90)


def ruled(archive: Archive, rule: NewRule = COLD) -> None:
    with archive.work.database.transaction(archive.actor_of(Role.ADMINISTRATOR)) as tx:
        rules.add_rule(tx, archive.blobs, rule)


def test_a_signed_case_that_nobody_opened_goes_to_the_cold_place(archive: Archive) -> None:
    ruled(archive)
    archive.age(days=91, status="signed")
    tiers.apply_rules.run(archive.work)
    assert (archive.has(archive.blobs.hot), archive.has(archive.blobs.cold)) == (False, True)
    assert (archive.blob().tier, archive.blob().moving_to) == ("cold", None)
    archive.blobs.verify(archive.organization_id, archive.digest)
    assert len(archive.audited("storage.move")) == 1


@pytest.mark.parametrize(("days", "status"), [(89, "signed"), (91, "ready")])
def test_what_the_rule_does_not_mean_stays(archive: Archive, days: float, status: str) -> None:
    ruled(archive)
    archive.age(days=days, status=status)
    tiers.apply_rules.run(archive.work)
    assert archive.blob().tier == "hot"


def test_a_slide_that_the_computer_is_reading_stays(archive: Archive) -> None:
    ruled(archive)
    archive.age(days=91, status="signed")
    with archive.work.database.transaction(archive.actor_of(Role.PATHOLOGIST)) as tx:
        tx.add(
            Reading(
                slide_id=archive.slide_id,
                marker="ki67",
                algorithm="x",
                algorithm_version="1",
                profile="x",
                profile_version="1",
                parameters={},
                requested_by=tx.actor.person_id,
            )
        )
    tiers.apply_rules.run(archive.work)
    assert archive.blob().tier == "hot"


def test_a_slide_is_shown_from_the_cold_place_and_comes_back_when_it_is_opened(
    archive: Archive, tmp_path: Path
) -> None:
    ruled(archive)
    archive.age(days=91, status="signed")
    tiers.apply_rules.run(archive.work)
    with DecoderPool(DecoderLimits(2048, 60.0), archive.blobs.folders, archive.blobs.remote) as pool:
        slide = open_in(pool, archive.blobs, archive.slide(), tmp_path / "laid")
        assert slide.tile(0, 0, 0).data[:2] == b"\xff\xd8"
    with archive.work.database.transaction(archive.actor_of(Role.PATHOLOGIST)) as tx:
        row = slides.slide(tx, archive.slide_id)
        assert row is not None
        tiers.opened(tx, row)
        tiers.opened(tx, row)
        jobs = tx.raw_connection().execute("SELECT args FROM procrastinate_jobs").fetchall()
    assert len(jobs) == 1
    tiers.warm_slide.run(archive.work, **jobs[0][0])
    assert (archive.has(archive.blobs.hot), archive.has(archive.blobs.cold)) == (True, False)
    assert archive.blob().tier == "hot"
    tiers.apply_rules.run(archive.work)
    assert archive.blob().tier == "hot"


def test_a_rule_may_leave_what_is_opened_where_it_is(archive: Archive) -> None:
    ruled(archive, NewRule("cold", idle_days=1, back_when_opened=False))
    archive.age(days=2)
    tiers.apply_rules.run(archive.work)
    with archive.work.database.transaction(archive.actor_of(Role.PATHOLOGIST)) as tx:
        row = slides.slide(tx, archive.slide_id)
        assert row is not None
        tiers.opened(tx, row)
        assert tx.raw_connection().execute("SELECT count(*) FROM procrastinate_jobs").fetchall() == [(0,)]


@pytest.mark.parametrize("step", ["put", "verify", "delete"])
def test_a_move_that_is_cut_short_loses_nothing_and_is_finished_by_the_next_run(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    ruled(archive)
    archive.age(days=91, status="signed")

    def cut(*_: object, **__: object) -> None:
        raise StorageUnavailable(problem="cut")

    if step == "put":
        monkeypatch.setattr(archive.blobs.cold, "put", cut)
    elif step == "verify":
        monkeypatch.setattr(tiers, "verify", cut)
    else:
        monkeypatch.setattr(archive.blobs.hot, "delete", cut)
    with pytest.raises(StorageUnavailable):
        tiers.apply_rules.run(archive.work)
    assert archive.has(archive.blobs.hot)
    archive.blobs.verify(archive.organization_id, archive.digest)
    assert archive.blob().moving_to == "cold"
    monkeypatch.undo()
    tiers.apply_rules.run(archive.work)
    assert (archive.has(archive.blobs.hot), archive.has(archive.blobs.cold)) == (False, True)
    assert (archive.blob().tier, archive.blob().moving_to) == ("cold", None)


def test_damaged_bytes_are_not_moved_over_sound_ones(archive: Archive) -> None:
    archive.harm(archive.blobs.hot)
    with pytest.raises(BlobCorrupt):
        tiers.move(archive.work, archive.organization_id, archive.digest, "cold")
    assert (archive.has(archive.blobs.hot), archive.has(archive.blobs.cold)) == (True, False)
    assert archive.blob().tier == "hot"


def test_a_rule_is_made_and_ended_by_the_administrator_alone(archive: Archive) -> None:
    with pytest.raises(PermissionDenied), archive.work.database.transaction(archive.actor_of(Role.HEAD)) as tx:
        rules.add_rule(tx, archive.blobs, COLD)
    administrator = archive.actor_of(Role.ADMINISTRATOR)
    with archive.work.database.transaction(administrator) as tx:
        made = rules.add_rule(tx, archive.blobs, COLD)
        assert [row.id for row in rules.list_rules(tx)] == [made.id]
        rules.end_rule(tx, made.id)
        assert rules.list_rules(tx) == []
        assert [row.id for row in custody.rules(tx, ended=True)] == [made.id]
        with pytest.raises(AlreadyEnded):
            rules.end_rule(tx, made.id)


@pytest.mark.parametrize(
    "rule",
    [
        NewRule("cold"),
        NewRule("cold", idle_days=0),
        NewRule("cold", idle_days=10**9),
        NewRule("retain"),
        NewRule("retain", keep_years=0),
        NewRule("retain", keep_years=101),
        NewRule("cold", case_status="dreamt", idle_days=1),
    ],
)
def test_a_rule_that_means_nothing_is_refused(archive: Archive, rule: NewRule) -> None:
    with (
        pytest.raises(InvalidInput),
        archive.work.database.transaction(archive.actor_of(Role.ADMINISTRATOR)) as tx,
    ):
        rules.add_rule(tx, archive.blobs, rule)


def test_without_a_cold_place_there_is_no_rule_for_it(archive: Archive) -> None:
    archive.blobs.cold = None
    with (
        pytest.raises(NoColdStorage),
        archive.work.database.transaction(archive.actor_of(Role.ADMINISTRATOR)) as tx,
    ):
        rules.add_rule(tx, archive.blobs, COLD)


def test_every_blob_gets_a_second_copy_and_the_register_says_so(archive: Archive) -> None:
    assert archive.has(archive.blobs.replica)
    assert archive.blob().replicated_at is not None


def test_a_copy_that_fails_is_said_and_made_later(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    assert archive.blobs.replica is not None
    archive.blobs.replica.delete(archive.organization_id, archive.digest)
    with archive.work.database.transaction(archive.system) as tx:
        custody.set_replicated(tx, archive.digest, "BLOB_CORRUPT")
        custody.try_replicas_now(tx)

    def away(*_: object) -> None:
        raise StorageUnavailable(problem="away")

    monkeypatch.setattr(archive.blobs.replica, "put", away)
    with pytest.raises(StorageUnavailable):
        replica.copy_to_replica.run(archive.work)
    assert (archive.blob().replicated_at, archive.blob().replica_failure) == (None, "STORAGE_UNAVAILABLE")
    assert [event.outcome for event in archive.audited("storage.replica")] == ["failed"]
    monkeypatch.undo()
    archive.try_replica_now()
    replica.copy_to_replica.run(archive.work)
    assert archive.has(archive.blobs.replica)
    assert archive.blob().replica_failure is None


def test_damaged_bytes_are_not_copied_to_the_replica(archive: Archive) -> None:
    assert archive.blobs.replica is not None
    archive.blobs.replica.delete(archive.organization_id, archive.digest)
    with archive.work.database.transaction(archive.system) as tx:
        custody.set_replicated(tx, archive.digest, "STORAGE_UNAVAILABLE")
    archive.harm(archive.blobs.hot)
    assert replica.copy(archive.work, archive.organization_id, archive.digest) is False
    assert not archive.has(archive.blobs.replica)
    assert archive.blob().replica_failure == "BLOB_CORRUPT"


@pytest.mark.parametrize("by", ["rules", "check"])
def test_a_cold_slide_that_is_sent_again_lies_once_in_the_end(archive: Archive, by: str) -> None:
    tiers.move(archive.work, archive.organization_id, archive.digest, "cold")
    assert archive.take_in().outcome == "duplicate"
    assert (archive.has(archive.blobs.hot), archive.has(archive.blobs.cold)) == (True, True)
    if by == "rules":
        tiers.apply_rules.run(archive.work)
    else:
        fixity.check(archive.work, archive.organization_id, datetime.now(UTC))
    assert (archive.has(archive.blobs.hot), archive.has(archive.blobs.cold)) == (False, True)
    assert archive.blob().tier == "cold"
    archive.blobs.verify(archive.organization_id, archive.digest)


def test_of_two_copies_the_registered_one_goes_only_if_it_is_sound(archive: Archive) -> None:
    tiers.move(archive.work, archive.organization_id, archive.digest, "cold")
    archive.take_in()
    archive.harm(archive.blobs.cold)
    tiers.apply_rules.run(archive.work)
    assert (archive.has(archive.blobs.hot), archive.has(archive.blobs.cold)) == (True, True)
    fixity.check(archive.work, archive.organization_id, datetime.now(UTC))
    assert (archive.has(archive.blobs.hot), archive.has(archive.blobs.cold)) == (False, True)
    archive.blobs.verify(archive.organization_id, archive.digest)


def test_hot_and_cold_that_are_one_place_under_two_names_lose_nothing(archive: Archive) -> None:
    """A share that is mounted twice; no address tells."""
    assert isinstance(archive.blobs.hot, LocalPlace)
    archive.blobs.cold = LocalPlace(archive.blobs.hot.folder)
    with pytest.raises(InvalidInput) as refused:
        tiers.move(archive.work, archive.organization_id, archive.digest, "cold")
    assert refused.value.parameters["problem"] == "storage_places_overlap"
    assert archive.has(archive.blobs.hot)
    assert archive.blob().moving_to is None
    with pytest.raises(InvalidInput), blob_alone(archive.work.database, archive.organization_id, archive.digest):
        tiers.settle(archive.work, archive.organization_id, archive.digest)
    assert archive.has(archive.blobs.hot)


def test_a_wrong_second_copy_that_was_never_said_to_be_whole_is_set_aside_and_made_again(archive: Archive) -> None:
    assert archive.blobs.replica is not None
    with archive.work.database.transaction(archive.system) as tx:
        custody.set_replicated(tx, archive.digest, "STORAGE_UNAVAILABLE")
    archive.try_replica_now()
    damaged = archive.harm(archive.blobs.replica).read_bytes()
    replica.copy_to_replica.run(archive.work)
    verify(archive.blobs.replica, archive.organization_id, archive.digest)
    assert archive.blob().replicated_at is not None
    with archive.work.database.transaction(archive.system) as tx:
        (found,) = custody.findings(tx)
    assert (found.status, found.place, found.check_id) == ("repaired", "replica", None)
    assert archive.blobs.replica.folder is not None
    assert found.aside is not None
    assert (archive.blobs.replica.folder / found.aside).read_bytes() == damaged
    assert len(archive.audited("storage.damage")) == len(archive.audited("storage.repair")) == 1


def test_a_copy_that_keeps_failing_is_tried_with_growing_pauses_and_told_once(archive: Archive) -> None:
    assert archive.blobs.replica is not None
    archive.blobs.replica.delete(archive.organization_id, archive.digest)
    with archive.work.database.transaction(archive.system) as tx:
        custody.set_replicated(tx, archive.digest, "STORAGE_UNAVAILABLE")
    archive.harm(archive.blobs.hot)
    pauses = []
    for _ in range(4):
        replica.copy(archive.work, archive.organization_id, archive.digest)
        due = archive.blob().replica_due_at
        assert due is not None
        pauses.append(round((due - datetime.now(UTC)).total_seconds() / 60))
        for _ in range(3):
            replica.copy_to_replica.run(archive.work)
    assert pauses == [10, 20, 40, 80]
    assert archive.blob().replica_attempts == 5
    assert len(archive.audited("storage.replica")) == 1
    with archive.work.database.transaction(archive.actor_of(Role.ADMINISTRATOR)) as tx:
        fixity.ask_for_check(tx)
    assert (archive.blob().replica_due_at, archive.blob().replica_attempts) == (None, 0)
