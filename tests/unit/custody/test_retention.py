"""Slides are kept as long as rules say; a person removes them after a listing; a legal hold stands above all."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from coverslip.access.errors import PermissionDenied
from coverslip.cli.check import check_installation
from coverslip.custody import forget, holds, retention, rules, tiers
from coverslip.custody.errors import AlreadyEnded, RetentionNotOver, SlideRemoved, UnderLegalHold
from coverslip.custody.rules import NewRule
from coverslip.errors import InvalidInput, NotFound
from coverslip.records.models import Slide, SlideFile
from coverslip.records.queries import custody
from coverslip.records.queries.blob import register_blob
from coverslip.records.transaction import Transaction
from coverslip.vocabulary.roles import Role
from tests.unit.custody.conftest import Archive

YEAR = 365.25
ACCESSION = "2026-000001"
KEEP_15 = NewRule("retain", keep_years=15)


@pytest.fixture
def old(archive: Archive) -> Archive:
    """Its case was signed 16 years ago."""
    archive.age(days=16 * YEAR, status="signed")
    return archive


def ruled(archive: Archive, *given: NewRule) -> None:
    with archive.work.database.transaction(archive.actor_of(Role.ADMINISTRATOR)) as tx:
        for rule in given:
            rules.add_rule(tx, archive.blobs, rule)


def listed(archive: Archive) -> list[str]:
    with archive.work.database.transaction(archive.actor_of(Role.HEAD)) as tx:
        return [str(expired.slide.id) for expired in retention.list_expired(tx)]


def remove(archive: Archive, role: Role = Role.HEAD, reason: str = "15 years are over") -> int:
    with archive.work.database.transaction(archive.actor_of(role)) as tx:
        removed = retention.remove(tx, [archive.slide_id], reason)
    archive.forget()
    return removed


def hold(archive: Archive, **what: object) -> holds.Held:
    with archive.work.database.transaction(archive.actor_of(Role.HEAD)) as tx:
        return holds.place_hold(tx, "court order 17", **what)  # type: ignore[arg-type]  # one of two


def test_without_a_rule_nothing_may_be_removed_however_old(old: Archive) -> None:
    assert listed(old) == []
    with pytest.raises(RetentionNotOver):
        remove(old)
    assert old.has(old.blobs.hot)


def test_a_person_removes_what_is_over_and_the_slide_says_so(old: Archive) -> None:
    ruled(old, KEEP_15)
    assert listed(old) == [str(old.slide_id)]
    assert remove(old) == 1
    assert not any(old.has(place) for place in (old.blobs.hot, old.blobs.cold, old.blobs.replica))
    row = old.slide()
    assert (row.status, row.failure_code, row.content_digest, row.files) == ("failed", "SLIDE_REMOVED", None, [])
    (event,) = old.audited("storage.remove")
    assert event.detail["reason"] == "15 years are over"
    assert event.detail["digests"] == [old.digest]
    assert event.person_id == old.actor_of(Role.HEAD).person_id
    assert listed(old) == []


def test_the_longest_of_several_rules_counts(old: Archive) -> None:
    ruled(old, KEEP_15, NewRule("retain", case_status="signed", keep_years=30))
    assert listed(old) == []
    with pytest.raises(RetentionNotOver):
        remove(old)


def test_what_is_not_over_stays(archive: Archive) -> None:
    archive.age(days=14 * YEAR, status="signed")
    ruled(archive, KEEP_15)
    assert listed(archive) == []
    with pytest.raises(RetentionNotOver):
        remove(archive)


@pytest.mark.parametrize("role", [Role.PATHOLOGIST, Role.ADMINISTRATOR, Role.AUDITOR, Role.TECHNICIAN])
def test_only_the_head_removes(old: Archive, role: Role) -> None:
    ruled(old, KEEP_15)
    with pytest.raises(PermissionDenied):
        remove(old, role)


def test_a_removal_needs_a_reason(old: Archive) -> None:
    ruled(old, KEEP_15)
    with pytest.raises(InvalidInput):
        remove(old, reason="  ")


def test_nothing_is_removed_by_itself_unless_every_rule_says_so(old: Archive) -> None:
    automatic = NewRule("retain", keep_years=15, automatic=True)
    ruled(old, KEEP_15, automatic)
    retention.remove_expired.run(old.work)
    old.forget()
    assert old.has(old.blobs.hot)
    with old.work.database.transaction(old.actor_of(Role.ADMINISTRATOR)) as tx:
        rules.end_rule(tx, custody.rules(tx)[0].id)
    retention.remove_expired.run(old.work)
    old.forget()
    assert not old.has(old.blobs.hot)
    (event,) = old.audited("storage.remove")
    assert (event.person_id, event.detail["reason"]) == (None, "rule")


@pytest.mark.parametrize("what", ["case", "slide"])
def test_a_hold_stands_above_every_rule(old: Archive, what: str) -> None:
    ruled(old, NewRule("retain", keep_years=15, automatic=True), NewRule("cold", idle_days=30))
    held = hold(old, accession_number=ACCESSION) if what == "case" else hold(old, slide_id=old.slide_id)
    assert listed(old) == []
    with pytest.raises(UnderLegalHold):
        remove(old)
    retention.remove_expired.run(old.work)
    old.forget()
    assert old.has(old.blobs.hot)
    tiers.apply_rules.run(old.work)
    assert (old.has(old.blobs.hot), old.has(old.blobs.cold)) == (False, True)
    with old.work.database.transaction(old.actor_of(Role.HEAD)) as tx:
        holds.release_hold(tx, held.hold.id, "order lifted")
        assert holds.list_holds(tx) == []
        with pytest.raises(AlreadyEnded):
            holds.release_hold(tx, held.hold.id, "order lifted")
    assert remove(old) == 1
    assert [event.detail["reason"] for event in old.audited("storage.hold")] == ["court order 17"]
    assert [event.detail["reason"] for event in old.audited("storage.hold_release")] == ["order lifted"]


def test_the_database_itself_refuses_to_forget_what_is_held(old: Archive) -> None:
    hold(old, slide_id=old.slide_id)
    with pytest.raises(IntegrityError, match="legal hold"), old.work.database.transaction(old.system) as tx:
        custody.unregister(tx, old.digest)


def test_a_hold_names_one_thing_that_exists_and_a_reason(archive: Archive) -> None:
    with archive.work.database.transaction(archive.actor_of(Role.HEAD)) as tx:
        for given in ({}, {"accession_number": ACCESSION, "slide_id": archive.slide_id}):
            with pytest.raises(InvalidInput):
                holds.place_hold(tx, "reason", **given)  # type: ignore[arg-type]  # both or none
        with pytest.raises(NotFound):
            holds.place_hold(tx, "reason", accession_number="none")
        with pytest.raises(InvalidInput):
            holds.place_hold(tx, " ", accession_number=ACCESSION)
    with (
        pytest.raises(PermissionDenied),
        archive.work.database.transaction(archive.actor_of(Role.ADMINISTRATOR)) as tx,
    ):
        holds.place_hold(tx, "reason", accession_number=ACCESSION)


def test_bytes_that_another_slide_has_too_stay(old: Archive) -> None:
    """The same companion may belong to two slides."""
    ruled(old, KEEP_15)
    with old.work.database.transaction(old.system) as tx:
        other = next(slide for slide in tx.session.query(type(old.slide())).all() if slide.id != old.slide_id)
        other.companion_digest = old.digest
    remove(old)
    assert old.has(old.blobs.hot)


def pictured(archive: Archive, slide_id: UUID, data: bytes) -> str:
    """Give a slide a label, as intake does."""
    stored = archive.blobs.put_bytes(archive.organization_id, data)
    with archive.work.database.transaction(archive.system) as tx:
        register_blob(tx, stored.digest, stored.size_bytes, "image/jpeg")
        row = tx.session.get_one(Slide, slide_id)
        pictures = (row.properties or {}).get("pictures", {})
        row.properties = (row.properties or {}) | {"pictures": pictures | {f"label{len(pictures)}": stored.digest}}
    return stored.digest


def test_label_macro_and_thumbnail_go_with_the_slide(old: Archive) -> None:
    ruled(old, KEEP_15)
    mine, shared = pictured(old, old.slide_id, b"a patient's name"), pictured(old, old.slide_id, b"an empty label")
    with old.work.database.transaction(old.system) as tx:
        other = next(row.id for row in tx.session.query(Slide).all() if row.id != old.slide_id)
    assert pictured(old, other, b"an empty label") == shared
    remove(old)
    assert not old.blobs.exists(old.organization_id, mine)
    assert old.blobs.exists(old.organization_id, shared)
    assert "pictures" not in (old.slide().properties or {})
    (event,) = old.audited("storage.remove")
    assert set(event.detail["digests"]) == {old.digest, mine, shared}
    assert [problem.error.code for problem in check_installation(old.work.database, old.blobs).problems] == []


def test_registered_bytes_that_nothing_refers_to_are_named_and_removed_when_asked(
    old: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    with old.work.database.transaction(old.system) as tx:
        tx.session.query(SlideFile).delete()

    def codes(*, leftovers: bool = False, unneeded: bool = False) -> list[str]:
        found = check_installation(
            old.work.database, old.blobs, remove_leftovers=leftovers, remove_unneeded=unneeded
        ).problems
        return [problem.error.code for problem in found]

    assert codes(unneeded=True) == []  # within a day it may be on its way
    monkeypatch.setattr(forget, "FRESH_SECONDS", -1)
    assert codes() == ["BLOB_UNNEEDED"]
    assert codes(leftovers=True) == ["BLOB_UNNEEDED"]
    assert old.has(old.blobs.hot)
    assert codes(unneeded=True) == ["BLOB_UNNEEDED"]
    assert not old.has(old.blobs.hot)
    assert codes() == []
    assert [event.detail for event in old.audited("storage.forget")] == [{"digest": old.digest}]


@pytest.mark.parametrize("status", ["registered", "awaiting_slides", "ready", "in_reading", "drafted", "amending"])
def test_the_slides_of_a_case_that_is_not_closed_are_never_over(archive: Archive, status: str) -> None:
    ruled(archive, NewRule("retain", keep_years=1, automatic=True))
    archive.age(days=90 * YEAR, status=status)
    assert listed(archive) == []
    with pytest.raises(RetentionNotOver):
        remove(archive)
    retention.remove_expired.run(archive.work)
    archive.forget()
    assert archive.has(archive.blobs.hot)


def test_a_cancelled_case_counts_from_the_day_it_was_received(archive: Archive) -> None:
    ruled(archive, NewRule("retain", keep_years=1))
    archive.age(days=0.9 * YEAR, status="cancelled")
    assert listed(archive) == []
    archive.age(days=1.1 * YEAR, status="cancelled")
    assert listed(archive) == [str(archive.slide_id)]


def test_the_listing_and_each_nightly_transaction_are_bounded(old: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    ruled(old, NewRule("retain", keep_years=15, automatic=True))
    with old.work.database.transaction(old.system) as tx:
        for number in range(5):
            tx.add(
                Slide(case_id=old.case_id, label=f"x{number}", stain="he", status="ready", content_digest=f"{number}")
            )
    monkeypatch.setattr(retention, "LISTED", 4)
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    sizes = []
    real = retention._remove

    def counted(tx: Transaction, rows: Sequence[Slide], reason: str) -> int:
        sizes.append(len(rows))
        return real(tx, rows, reason)

    monkeypatch.setattr(retention, "_remove", counted)
    assert len(listed(old)) == 4
    retention.remove_expired.run(old.work)
    assert sizes == [2, 2, 2, 0]
    assert listed(old) == []


def test_bytes_that_were_removed_cannot_be_held(old: Archive) -> None:
    ruled(old, KEEP_15)
    remove(old)
    with pytest.raises(SlideRemoved):
        hold(old, slide_id=old.slide_id)
    assert hold(old, accession_number=ACCESSION).case is not None
