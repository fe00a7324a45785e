"""The reconciliation queue: pages, likely cases, contradictions, setting aside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from coverslip.access.errors import PermissionDenied
from coverslip.errors import InvalidInput, NotFound
from coverslip.ingest import queue
from coverslip.ingest.place import match_slide
from coverslip.ingest.upload_errors import MatchContradicts, SlideNotInQueue
from coverslip.phantoms.slide import write_slide
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Case, Slide
from coverslip.records.queries import case as cases
from coverslip.records.queries import slide as slides
from coverslip.storage.blobs import BlobStore
from coverslip.testing.laboratory import ACCESSION, Laboratory, open_laboratory
from coverslip.vocabulary.roles import Role


@pytest.fixture
def technician(actor_of: Callable[[Role], Actor]) -> Actor:
    return actor_of(Role.TECHNICIAN)


@pytest.fixture
def laboratory(database: Database, blob_store: BlobStore, technician: Actor) -> Laboratory:
    return open_laboratory(database, blob_store, technician)


def wait(laboratory: Laboratory, name: str, **values: object) -> UUID:
    """A slide in the queue, without its file."""
    with laboratory.database.transaction(laboratory.actor) as tx:
        row = tx.add(
            Slide(
                organization_id=tx.organization_id,
                label="1",
                stain="other",
                status="unmatched",
                original_name=name,
                received_at=datetime.now(UTC),
                content_digest=uuid4().hex * 2,
                properties={"pictures": {}},
            )
        )
        for field, value in values.items():
            setattr(row, field, value)
        tx.flush()
        return row.id


def another_case(laboratory: Laboratory, accession: str) -> UUID:
    with laboratory.database.transaction(laboratory.actor) as tx:
        first = cases.case(tx, laboratory.case_id)
        assert first is not None
        row = tx.add(
            Case(
                organization_id=tx.organization_id,
                accession_number=accession,
                patient_id=first.patient_id,
                status="awaiting_slides",
                priority="routine",
                department="",
                submitted_by="",
                clinical_history="",
                clinical_diagnosis="",
                received_at=datetime.now(UTC),
                revision=1,
            )
        )
        return row.id


def test_pages_show_every_slide_once_newest_first(laboratory: Laboratory) -> None:
    now = datetime.now(UTC)
    made = [wait(laboratory, f"{n}.svs", received_at=now - timedelta(minutes=n // 2)) for n in range(7)]
    seen: list[UUID] = []
    after: UUID | None = None
    for _ in range(4):
        with laboratory.database.transaction(laboratory.actor) as tx:
            page = queue.queue_page(tx, "waiting", after, 2)
        assert page.total == 7
        seen += [slide.id for slide in page.slides]
        after = page.next_after
    assert after is None
    assert sorted(seen) == sorted(made)
    assert seen[0] in made[:2]
    assert seen[-1] == made[-1]


def test_a_slide_named_by_a_misread_number_is_offered_the_case_it_resembles(laboratory: Laboratory) -> None:
    another_case(laboratory, "X99-77777")
    slide_id = wait(laboratory, "S25-00l23-A1-2.svs")
    with laboratory.database.transaction(laboratory.actor) as tx:
        (found,) = queue.suggestions(tx, slide_id)
    assert (found.case_id, found.why) == (laboratory.case_id, ("NUMBER_ALIKE",))
    assert [waiting.placed.slide.label for waiting in found.waiting] == ["1", "2", "3"]
    assert found.contradictions == ()


def test_the_case_it_came_in_for_stands_first(laboratory: Laboratory) -> None:
    other = another_case(laboratory, "S25-00124")
    slide_id = wait(laboratory, "S25-00123.svs", case_id=other)
    with laboratory.database.transaction(laboratory.actor) as tx:
        found = queue.suggestions(tx, slide_id)
    assert [(one.case_id, one.why[0]) for one in found] == [(other, "SENT_FOR"), (laboratory.case_id, "NUMBER_ALIKE")]


def test_a_slide_that_resembles_nothing_is_offered_nothing(laboratory: Laboratory) -> None:
    slide_id = wait(laboratory, "scan0001.svs")
    with laboratory.database.transaction(laboratory.actor) as tx:
        assert queue.suggestions(tx, slide_id) == []
        (chosen,) = queue.suggestions(tx, slide_id, laboratory.case_id)
        assert chosen.why == ("CHOSEN",)
        with pytest.raises(NotFound):
            queue.suggestions(tx, slide_id, uuid4())


def test_a_match_against_the_labels_barcode_is_refused_until_it_was_seen(laboratory: Laboratory) -> None:
    other = another_case(laboratory, "S25-00999")
    slide_id = wait(laboratory, "scan.svs", barcode="S25-00123-A1-2", case_id=other)
    with laboratory.database.transaction(laboratory.actor) as tx:
        (against,) = queue.suggestions(tx, slide_id, other)
        assert [one.code for one in against.contradictions] == ["match_barcode"]
        assert against.contradictions[0].accession == ACCESSION
        (here,) = queue.suggestions(tx, slide_id, laboratory.case_id)
        assert [one.code for one in here.contradictions] == ["match_sent_for"]
        waiting = {one.placed.slide.label: [found.code for found in one.contradictions] for one in here.waiting}
        assert waiting == {"1": [], "2": [], "3": []}
    with laboratory.database.transaction(laboratory.actor) as tx, pytest.raises(MatchContradicts) as refused:
        match_slide(tx, slide_id, laboratory.block_id, "2")
    assert "S25-00999" in refused.value.message("en")
    with laboratory.database.transaction(laboratory.actor) as tx:
        assert match_slide(tx, slide_id, laboratory.block_id, "2", ["match_sent_for"]).case_id == laboratory.case_id


def test_a_place_registered_with_another_barcode_speaks_against_the_match(laboratory: Laboratory) -> None:
    slide_id = wait(laboratory, "scan.svs", barcode="SOMETHING-ELSE")
    with laboratory.database.transaction(laboratory.actor) as tx, pytest.raises(MatchContradicts) as refused:
        match_slide(tx, slide_id, laboratory.block_id, "2")
    assert refused.value.parameters["problem"] == "match_other_barcode"
    with laboratory.database.transaction(laboratory.actor) as tx:
        match_slide(tx, slide_id, laboratory.block_id, "1")


def test_a_signed_case_takes_a_slide_only_from_who_has_seen_that_it_is_signed(laboratory: Laboratory) -> None:
    slide_id = wait(laboratory, "scan.svs")
    with laboratory.database.transaction(laboratory.actor) as tx:
        row = cases.case(tx, laboratory.case_id, for_update=True)
        assert row is not None
        row.status = "signed"
    with laboratory.database.transaction(laboratory.actor) as tx, pytest.raises(MatchContradicts) as refused:
        match_slide(tx, slide_id, laboratory.block_id, "1")
    assert refused.value.parameters["problem"] == "match_closed"


def test_what_is_set_aside_leaves_the_queue_with_its_reason_and_comes_back(laboratory: Laboratory) -> None:
    slide_id = wait(laboratory, "scan.svs")
    with laboratory.database.transaction(laboratory.actor) as tx:
        queue.set_aside(tx, slide_id, " 标签缺失，无法辨认 ")
    with laboratory.database.transaction(laboratory.actor) as tx:
        assert queue.queue_page(tx, "waiting", None, 10).slides == ()
        (kept,) = queue.queue_page(tx, "set_aside", None, 10).slides
        assert (kept.set_aside_reason, kept.set_aside_by) == ("标签缺失，无法辨认", laboratory.actor.person_id)
        with pytest.raises(SlideNotInQueue):
            match_slide(tx, slide_id, laboratory.block_id, "1")
        with pytest.raises(SlideNotInQueue):
            queue.set_aside(tx, slide_id, "again")
        queue.bring_back(tx, slide_id)
        assert [slide.id for slide in queue.queue_page(tx, "waiting", None, 10).slides] == [slide_id]
        with pytest.raises(SlideNotInQueue):
            queue.bring_back(tx, slide_id)


def test_setting_aside_needs_a_reason(laboratory: Laboratory) -> None:
    slide_id = wait(laboratory, "scan.svs")
    with laboratory.database.transaction(laboratory.actor) as tx:
        for reason in ("", "  ", "x" * 1001):
            with pytest.raises(InvalidInput):
                queue.set_aside(tx, slide_id, reason)


def test_a_slide_in_its_place_is_not_in_the_queue(laboratory: Laboratory, tmp_path: Path) -> None:
    path = tmp_path / "S25-00123-A1-1.svs"
    write_slide(path, seed=3, width=512, height=512)
    taken = laboratory.take(path)
    assert taken.outcome == "matched"
    with laboratory.database.transaction(laboratory.actor) as tx, pytest.raises(SlideNotInQueue):
        queue.set_aside(tx, taken.slide_id, "why not")


def test_who_may_not_match_sees_no_queue(laboratory: Laboratory, actor_of: Callable[[Role], Actor]) -> None:
    slide_id = wait(laboratory, "scan.svs")
    for role in (Role.PATHOLOGIST, Role.ADMINISTRATOR, Role.AUDITOR):
        for ask in (
            lambda tx: queue.queue_page(tx, "waiting", None, 10),
            lambda tx: queue.suggestions(tx, slide_id),
            lambda tx: queue.set_aside(tx, slide_id, "why"),
            lambda tx: queue.bring_back(tx, slide_id),
        ):
            with laboratory.database.transaction(actor_of(role)) as tx, pytest.raises(PermissionDenied):
                ask(tx)
    with laboratory.database.transaction(laboratory.actor) as tx:
        assert slides.slide(tx, slide_id) is not None
