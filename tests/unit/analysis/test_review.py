"""Readings as people use them: who may, what is kept, what is refused, and that all of it is audited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from coverslip.access.errors import PermissionDenied
from coverslip.analysis import review
from coverslip.analysis.edits import Edits
from coverslip.analysis.errors import (
    AlgorithmUnknown,
    EditsChanged,
    EditsMissing,
    ParametersInvalid,
    ReadingMarkerMismatch,
    ReadingStateWrong,
    RegionOutside,
    ReviewReasonMissing,
    SlideNotReadable,
)
from coverslip.analysis.review import ReadingRequest
from coverslip.errors import CoverslipError, InvalidInput, NotFound
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization, Reading
from coverslip.records.queries.audit import AuditFilter, list_events
from coverslip.slides.errors import SpacingUnknown
from coverslip.storage.blobs import BlobStore
from coverslip.testing.case_example import make_ready, registered, slide_id
from coverslip.testing.database import actor_for, make_person
from coverslip.testing.reading_example import StoredSlide, requested, row_of, work_off
from coverslip.vocabulary.geometry import Box, Region
from coverslip.vocabulary.markers import Marker
from coverslip.vocabulary.roles import Role

Actors = Callable[[Role], Actor]
KI67 = ReadingRequest(Marker.KI67)


@pytest.fixture
def finished(database: Database, blob_store: BlobStore, actor_of: Actors, slide: StoredSlide) -> UUID:
    """A finished reading of the whole slide."""
    made = requested(database, actor_of(Role.RESIDENT), slide)
    work_off(database, blob_store)
    return made


def actions(database: Database, actor: Actor, case_id: UUID) -> list[str]:
    with database.transaction(actor) as tx:
        return [listed.event.action for listed in list_events(tx, AuditFilter(case_id=case_id), limit=100)]


def square(side: int) -> dict[str, Any]:
    return Region.from_box(Box(100, 100, side, side)).to_geojson()


def test_a_reading_is_finished_with_result_cells_and_provenance(
    database: Database, blob_store: BlobStore, actor_of: Actors, finished: UUID
) -> None:
    row = row_of(database, actor_of(Role.RESIDENT), finished)
    assert (row.status, row.decision, row.error_code) == ("finished", "pending", None)
    assert row.result is not None and row.cells_digest is not None
    assert row.tiles_done == row.tiles_total > 0
    assert row.started_at is not None and row.finished_at is not None and row.finished_at >= row.started_at
    with database.transaction(actor_of(Role.RESIDENT)) as tx:
        cells = review.read_cells(tx, blob_store, finished)
    assert (cells.positives, cells.negatives) == (row.result["positive"], row.result["negative"])
    assert row.result["extra"]["provenance"]["algorithm"] == "ki67-classical"
    assert row.result["n"] > 200 and row.result["score"] is not None


def test_a_reading_names_the_versions_that_made_it_not_those_it_was_asked_of(
    database: Database, blob_store: BlobStore, actor_of: Actors, slide: StoredSlide
) -> None:
    actor = actor_of(Role.RESIDENT)
    made = requested(database, actor, slide)
    with database.transaction(actor) as tx:
        waiting = tx.session.get(Reading, made)
        assert waiting is not None
        now = (waiting.algorithm_version, waiting.profile_version)
        waiting.algorithm_version = waiting.profile_version = "0.0.1"
    work_off(database, blob_store)
    row = row_of(database, actor, made)
    assert (row.algorithm_version, row.profile_version) == now
    assert row.result is not None and row.result["profile_version"] == row.profile_version


def test_the_laboratorys_facts_reach_the_gate(database: Database, actor_of: Actors, finished: UUID) -> None:
    result = row_of(database, actor_of(Role.RESIDENT), finished).result
    assert result is not None
    assert result["extra"]["laboratory"] == {
        "control": "passed",
        "clone": "MIB-1",
        "fixation_hours": 12.0,
        "cold_ischaemia_minutes": 20.0,
    }
    assert "CONTROL_UNKNOWN" not in result["flags"]


def test_a_region_bounds_the_reading(
    database: Database, blob_store: BlobStore, actor_of: Actors, slide: StoredSlide
) -> None:
    actor = actor_of(Role.RESIDENT)
    made = requested(database, actor, slide, ReadingRequest(Marker.KI67, region=square(700)))
    work_off(database, blob_store)
    with database.transaction(actor) as tx:
        cells = review.read_cells(tx, blob_store, made)
    assert len(cells) > 20
    assert cells.x.min() >= 100 and cells.x.max() <= 800 and cells.y.max() <= 800


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.ADMINISTRATOR, Role.AUDITOR])
def test_who_does_not_read_slides_starts_no_reading(
    database: Database, actor_of: Actors, slide: StoredSlide, role: Role
) -> None:
    with pytest.raises(PermissionDenied), database.transaction(actor_of(role)) as tx:
        review.start_reading(tx, slide.id, KI67)


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (ReadingRequest(Marker.KI67, region=square(5000)), RegionOutside),
        (ReadingRequest(Marker.KI67, region={"type": "Point", "coordinates": [1, 1]}), InvalidInput),
        (ReadingRequest(Marker.HER2), ReadingMarkerMismatch),
        (ReadingRequest(Marker.KI67, algorithm="nobody"), AlgorithmUnknown),
        (ReadingRequest(Marker.KI67, parameters={"sensitivity": 7}), ParametersInvalid),
        (ReadingRequest(Marker.KI67, parameters={"nothing": 7}), ParametersInvalid),
    ],
)
def test_a_request_that_cannot_be_met_is_refused_before_it_is_queued(
    database: Database, actor_of: Actors, slide: StoredSlide, request_: ReadingRequest, error: type[CoverslipError]
) -> None:
    actor = actor_of(Role.RESIDENT)
    with pytest.raises(error), database.transaction(actor) as tx:
        review.start_reading(tx, slide.id, request_)
    with database.transaction(actor) as tx:
        assert review.list_readings(tx, slide.id) == []


def test_a_slide_that_has_not_come_in_is_not_read(database: Database, actor_of: Actors) -> None:
    case = registered(database, actor_of(Role.TECHNICIAN), 7)
    with pytest.raises(SlideNotReadable), database.transaction(actor_of(Role.RESIDENT)) as tx:
        review.start_reading(tx, slide_id(case, "A1-2"), KI67)


def test_a_slide_without_pixel_size_is_not_read(
    database: Database, actor_of: Actors, slide: StoredSlide, organization: Organization
) -> None:
    with database.transaction(Actor.system(organization.id)) as tx:
        row = make_ready(tx, slide.id)
        assert row.properties is not None
    with database.transaction(Actor.system(organization.id)) as tx:
        stored = tx.session.get(type(row), slide.id)
        assert stored is not None
        stored.properties = {**_complete(row.properties), "spacing": None}
    with pytest.raises(SpacingUnknown), database.transaction(actor_of(Role.RESIDENT)) as tx:
        review.start_reading(tx, slide.id, KI67)


def _complete(properties: dict[str, Any]) -> dict[str, Any]:
    absent = ("reader", "vendor", "barcode", "scanner_model", "scanned_at")
    return {**dict.fromkeys(absent), "levels": [], "associated": [], **properties}


def test_another_hospitals_reading_does_not_exist(
    database: Database, blob_store: BlobStore, finished: UUID, two_organizations: tuple[Organization, Organization]
) -> None:
    stranger = actor_for(make_person(database, two_organizations[1].id, "stranger", {Role.HEAD}), {Role.HEAD})
    for use in (
        lambda tx: review.read_reading(tx, finished),
        lambda tx: review.read_cells(tx, blob_store, finished),
        lambda tx: review.cancel_reading(tx, finished),
        lambda tx: review.save_edits(tx, blob_store, finished, {"flipped": [0]}),
        lambda tx: review.review_reading(tx, finished, "accept"),
    ):
        with pytest.raises(NotFound), database.transaction(stranger) as tx:
            use(tx)


def test_edits_are_counted_at_once_and_the_computers_result_stays(
    database: Database, blob_store: BlobStore, actor_of: Actors, finished: UUID
) -> None:
    actor = actor_of(Role.PATHOLOGIST)
    before = row_of(database, actor, finished).result
    with database.transaction(actor) as tx:
        review.save_edits(tx, blob_store, finished, {"excluded_regions": [square(600)], "flipped": [3]})
    row = row_of(database, actor, finished)
    assert before is not None and row.edited_result is not None
    assert row.result == before
    assert row.edited_result["n"] < before["n"]
    assert row.edited_result["area_mm2"] == pytest.approx(before["area_mm2"] - (600 * 0.25e-3) ** 2)
    assert row.edits is not None
    assert Edits.from_json(row.edits) == Edits((Region.from_geojson(square(600)),), (3,))


def test_nothing_of_the_computers_number_stays_in_a_recount_that_has_none(
    database: Database, blob_store: BlobStore, actor_of: Actors, finished: UUID
) -> None:
    actor = actor_of(Role.PATHOLOGIST)
    own = row_of(database, actor, finished).result
    assert own is not None and {"displayed", "interval_method"} <= own["extra"].keys()
    with database.transaction(actor) as tx:
        review.save_edits(tx, blob_store, finished, {"excluded_regions": [own["extra"]["region"]]})
    again = row_of(database, actor, finished).edited_result
    assert again is not None and (again["status"], again["score"]) == ("NOT_EVALUABLE", None)
    assert not {"displayed", "interval_method", "cut_offs_straddled"} & again["extra"].keys()
    for kept in ("provenance", "laboratory", "region", "algorithm_flags"):
        assert again["extra"][kept] == own["extra"][kept]


def test_empty_edits_take_earlier_ones_back(
    database: Database, blob_store: BlobStore, actor_of: Actors, finished: UUID
) -> None:
    actor = actor_of(Role.PATHOLOGIST)
    given: tuple[dict[str, list[int]], ...] = ({"flipped": [1]}, {"flipped": [], "excluded_regions": []})
    for edits in given:
        with database.transaction(actor) as tx:
            review.save_edits(tx, blob_store, finished, edits)
    row = row_of(database, actor, finished)
    assert row.edits is None and row.edited_result is None


def test_a_decision_is_kept_with_who_made_it(database: Database, actor_of: Actors, finished: UUID) -> None:
    actor = actor_of(Role.PATHOLOGIST)
    with database.transaction(actor) as tx:
        row = review.review_reading(tx, finished, "accept")
    assert row.decision == "accepted"
    assert [(r.action, r.person_id, r.result == row.result) for r in row.reviews] == [("accept", actor.person_id, True)]


def test_the_edited_result_is_what_is_decided_on_when_it_is_taken(
    database: Database, blob_store: BlobStore, actor_of: Actors, finished: UUID
) -> None:
    actor = actor_of(Role.PATHOLOGIST)
    with database.transaction(actor) as tx:
        review.save_edits(tx, blob_store, finished, {"flipped": [2]})
        row = review.review_reading(tx, finished, "edit", "一个细胞分类有误")
    assert row.decision == "edited"
    assert row.reviews[0].result == row.edited_result != row.result
    assert row.reviews[0].edits == {"excluded_regions": [], "flipped": [2]}


@pytest.mark.parametrize("action", ["accept", "edit"])
def test_nobody_decides_on_edits_that_another_has_saved_since(
    database: Database, blob_store: BlobStore, actor_of: Actors, finished: UUID, action: str
) -> None:
    seen = {"excluded_regions": [], "flipped": [2]}
    with database.transaction(actor_of(Role.PATHOLOGIST)) as tx:
        review.save_edits(tx, blob_store, finished, {"flipped": [2, 3]})
    with pytest.raises(EditsChanged), database.transaction(actor_of(Role.HEAD)) as tx:
        review.review_reading(tx, finished, action, None, seen if action == "edit" else {})
    with database.transaction(actor_of(Role.HEAD)) as tx:
        row = review.review_reading(tx, finished, "edit", None, {"flipped": [3, 2]})
    assert row.decision == "edited"


def test_editing_after_a_decision_opens_it_again_and_keeps_the_old_one(
    database: Database, blob_store: BlobStore, actor_of: Actors, finished: UUID
) -> None:
    actor = actor_of(Role.PATHOLOGIST)
    with database.transaction(actor) as tx:
        review.review_reading(tx, finished, "accept")
        review.save_edits(tx, blob_store, finished, {"flipped": [2]})
    row = row_of(database, actor, finished)
    assert row.decision == "pending" and [r.action for r in row.reviews] == ["accept"]


def test_accepting_the_computers_result_drops_the_edits(
    database: Database, blob_store: BlobStore, actor_of: Actors, finished: UUID
) -> None:
    actor = actor_of(Role.PATHOLOGIST)
    with database.transaction(actor) as tx:
        review.save_edits(tx, blob_store, finished, {"flipped": [2]})
        row = review.review_reading(tx, finished, "accept")
    assert row.edited_result is None and row.reviews[0].edits is None


@pytest.mark.parametrize(
    ("action", "reason", "error"),
    [
        ("reject", None, ReviewReasonMissing),
        ("reject", "  ", ReviewReasonMissing),
        ("edit", "because", EditsMissing),
        ("ignore", None, InvalidInput),
        ("accept", "x" * 4001, InvalidInput),
    ],
)
def test_a_decision_that_says_nothing_is_refused(
    database: Database, actor_of: Actors, finished: UUID, action: str, reason: str | None, error: type[CoverslipError]
) -> None:
    with pytest.raises(error), database.transaction(actor_of(Role.PATHOLOGIST)) as tx:
        review.review_reading(tx, finished, action, reason)
    assert row_of(database, actor_of(Role.PATHOLOGIST), finished).reviews == []


def test_a_resident_reads_but_does_not_decide(
    database: Database, blob_store: BlobStore, actor_of: Actors, finished: UUID
) -> None:
    with pytest.raises(PermissionDenied), database.transaction(actor_of(Role.RESIDENT)) as tx:
        review.review_reading(tx, finished, "accept")
    with pytest.raises(PermissionDenied), database.transaction(actor_of(Role.RESIDENT)) as tx:
        review.save_edits(tx, blob_store, finished, {"flipped": [1]})


def test_a_reading_that_has_not_ended_is_neither_edited_nor_decided(
    database: Database, blob_store: BlobStore, actor_of: Actors, slide: StoredSlide
) -> None:
    made, actor = requested(database, actor_of(Role.RESIDENT), slide), actor_of(Role.PATHOLOGIST)
    for use in (
        lambda tx: review.save_edits(tx, blob_store, made, {"flipped": [0]}),
        lambda tx: review.review_reading(tx, made, "accept"),
        lambda tx: review.read_cells(tx, blob_store, made),
    ):
        with pytest.raises(ReadingStateWrong), database.transaction(actor) as tx:
            use(tx)


def test_a_queued_reading_is_cancelled_at_once_and_never_run(
    database: Database, blob_store: BlobStore, actor_of: Actors, slide: StoredSlide
) -> None:
    actor = actor_of(Role.RESIDENT)
    made = requested(database, actor, slide)
    with database.transaction(actor) as tx:
        assert review.cancel_reading(tx, made).status == "cancelled"
    work_off(database, blob_store)
    row = row_of(database, actor, made)
    assert row.status == "cancelled" and row.result is None
    with pytest.raises(ReadingStateWrong), database.transaction(actor) as tx:
        review.cancel_reading(tx, made)


def test_a_reading_whose_bytes_are_gone_fails_and_says_why(
    database: Database, blob_store: BlobStore, actor_of: Actors, slide: StoredSlide, organization: Organization
) -> None:
    actor = actor_of(Role.RESIDENT)
    made = requested(database, actor, slide)
    for blob in list(blob_store.list(organization.id)):
        blob_store.delete(organization.id, blob.digest)
    work_off(database, blob_store)
    row = row_of(database, actor, made)
    assert (row.status, row.error_code, row.result) == ("failed", "BLOB_MISSING", None)


def test_everything_done_to_a_reading_is_audited(
    database: Database, blob_store: BlobStore, actor_of: Actors, slide: StoredSlide, finished: UUID
) -> None:
    actor = actor_of(Role.PATHOLOGIST)
    with database.transaction(actor) as tx:
        review.read_reading(tx, finished)
        review.list_readings(tx, slide.id)
        review.read_cells(tx, blob_store, finished)
        review.read_cells(tx, blob_store, finished, action="reading.export")
        review.save_edits(tx, blob_store, finished, {"flipped": [1]})
        review.review_reading(tx, finished, "reject", "染色不均")
    made = requested(database, actor, slide)
    with database.transaction(actor) as tx:
        review.cancel_reading(tx, made)
    seen = set(actions(database, actor_of(Role.HEAD), slide.case_id))
    assert seen >= {
        "reading.start", "reading.finish", "reading.read", "reading.cells", "reading.export", "reading.edit",
        "reading.review", "reading.cancel",
    }  # fmt: skip


def test_a_reading_that_does_not_exist_is_not_found(database: Database, actor_of: Actors) -> None:
    with pytest.raises(NotFound), database.transaction(actor_of(Role.PATHOLOGIST)) as tx:
        review.read_reading(tx, uuid4())
    with pytest.raises(NotFound), database.transaction(actor_of(Role.PATHOLOGIST)) as tx:
        review.start_reading(tx, uuid4(), KI67)


def test_readings_of_a_slide_stand_newest_first(database: Database, actor_of: Actors, slide: StoredSlide) -> None:
    actor = actor_of(Role.RESIDENT)
    made = [requested(database, actor, slide) for _ in range(3)]
    with database.transaction(actor) as tx:
        rows: list[Reading] = review.list_readings(tx, slide.id)
    assert [row.id for row in rows] == made[::-1]
