from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from coverslip.access.errors import PermissionDenied
from coverslip.cases.detail import case_detail, open_case
from coverslip.cases.errors import StaleRevision
from coverslip.cases.status import CaseEvent, advance
from coverslip.errors import InvalidInput
from coverslip.records.actor import Actor
from coverslip.records.queries.audit import AuditFilter, list_events
from coverslip.reports.draft import list_reports
from coverslip.reports.errors import KeyImageInvalid, ReadingNotOfCase, ReportNotEditable
from coverslip.testing.case_example import finished_reading, make_ready, registered, slide_id
from coverslip.testing.report_desk import Desk
from coverslip.vocabulary.roles import Role

ActorOf = Callable[[Role], Actor]


def test_the_first_save_creates_the_draft_and_moves_the_case(desk: Desk) -> None:
    reading = desk.reading()
    draft = desk.save(reading_ids=(reading,), key_images=(desk.image(),))
    assert (draft.version, draft.revision, draft.status, draft.reading_ids) == (1, 1, "draft", (reading,))
    assert draft.key_images[0] == {
        "slide_id": str(desk.he), "x": 100, "y": 200, "width": 1600, "height": 1200, "caption": "浸润性癌",
    }  # fmt: skip
    with desk.database.transaction(desk.actor) as tx:
        case = open_case(tx, desk.case.id)
    assert (case.status, case.report, [r.version for r in case.reports]) == ("drafted", draft, [1])


def test_saving_again_raises_the_revision_and_keeps_the_version(desk: Desk) -> None:
    desk.save()
    again = desk.save(1, comment="建议会诊")
    assert (again.version, again.revision, again.comment) == (1, 2, "建议会诊")


@pytest.mark.parametrize("revision", [0, 2])
def test_who_did_not_see_the_latest_draft_does_not_overwrite_it(desk: Desk, revision: int) -> None:
    desk.save()
    with pytest.raises(StaleRevision):
        desk.save(revision, diagnosis="别的")
    with desk.database.transaction(desk.actor) as tx:
        report = case_detail(tx, desk.case.id).report
    assert report is not None
    assert report.diagnosis == "左乳腺浸润性癌"


def test_a_first_save_that_expects_a_draft_is_refused(desk: Desk) -> None:
    with pytest.raises(StaleRevision):
        desk.save(1)


def test_a_resident_writes_and_a_technician_does_not(desk: Desk, actor_of: ActorOf) -> None:
    assert desk.save(actor=actor_of(Role.RESIDENT)).created_by.name == "人员resident"
    with pytest.raises(PermissionDenied):
        desk.save(1, actor=actor_of(Role.TECHNICIAN))


def test_a_case_without_a_readable_slide_takes_no_report(desk: Desk, actor_of: ActorOf) -> None:
    waiting = registered(desk.database, actor_of(Role.TECHNICIAN), 2)
    with pytest.raises(ReportNotEditable):
        replace(desk, case=waiting).save()


def test_a_cancelled_case_takes_no_report(desk: Desk, actor_of: ActorOf) -> None:
    with desk.database.transaction(actor_of(Role.HEAD)) as tx:
        advance(tx, desk.case.id, CaseEvent.CANCELLED)
    with pytest.raises(ReportNotEditable):
        desk.save()


def test_pending_and_rejected_readings_may_stand_in_a_draft(desk: Desk) -> None:
    cited = (desk.reading("pending"), desk.reading("rejected"))
    assert desk.save(reading_ids=cited).reading_ids == cited


def test_readings_of_another_case_or_of_none_are_refused(desk: Desk, actor_of: ActorOf) -> None:
    technician = actor_of(Role.TECHNICIAN)
    other = registered(desk.database, technician, 2)
    with desk.database.transaction(technician) as tx:
        assert technician.person_id is not None
        foreign = finished_reading(tx, other.id, make_ready(tx, slide_id(other, "A1-2")).id, technician.person_id).id
    for wrong in (foreign, uuid4()):
        with pytest.raises(ReadingNotOfCase):
            desk.save(reading_ids=(wrong,))


@pytest.mark.parametrize(
    "changes",
    [
        {"x": -1}, {"y": -1}, {"x": 2401}, {"y": 1801}, {"width": 4001}, {"width": 15}, {"height": 0},
        {"slide_id": UUID(int=4)}, {"caption": "x" * 401},
    ],
    ids=str,
)  # fmt: skip
def test_a_key_image_lies_within_a_slide_of_the_case(desk: Desk, changes: dict[str, object]) -> None:
    with pytest.raises(KeyImageInvalid) as refused:
        desk.save(key_images=(desk.image(), replace(desk.image(), **changes)))  # type: ignore[arg-type]  # varies
    assert refused.value.field is not None
    assert refused.value.field.startswith("key_images.1")
    assert refused.value.message("zh-CN") != refused.value.message("en")


def test_a_key_image_of_a_slide_that_has_not_come_in_is_refused(desk: Desk) -> None:
    expected = slide_id(desk.case, "A2-1")
    with pytest.raises(KeyImageInvalid):
        desk.save(key_images=(replace(desk.image(), slide_id=expected),))


def test_a_key_image_may_reach_the_very_edge(desk: Desk) -> None:
    whole = replace(desk.image(), x=0, y=0, width=4000, height=3000)
    assert len(desk.save(key_images=(whole,)).key_images) == 1


@pytest.mark.parametrize(
    ("field", "text"), [("diagnosis", "x" * 50_001), ("comment", "a\0b"), ("reading_ids", tuple(map(str, range(201))))]
)
def test_a_text_too_long_or_not_storable_is_named(desk: Desk, field: str, text: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        desk.save(**{field: text})
    assert refused.value.field == field


def test_versions_are_listed_newest_first_to_who_may_read_reports(desk: Desk, actor_of: ActorOf) -> None:
    desk.save()
    desk.sign()
    desk.amend()
    with desk.database.transaction(actor_of(Role.RESIDENT)) as tx:
        assert [(r.version, r.status) for r in list_reports(tx, desk.case.id)] == [(2, "draft"), (1, "signed")]
    with pytest.raises(PermissionDenied), desk.database.transaction(actor_of(Role.TECHNICIAN)) as tx:
        list_reports(tx, desk.case.id)


def test_saving_is_audited_without_the_text(desk: Desk, actor_of: ActorOf) -> None:
    desk.save(diagnosis="PLANTED DIAGNOSIS")
    with desk.database.transaction(actor_of(Role.HEAD)) as tx:
        (event,) = [e.event for e in list_events(tx, AuditFilter(case_id=desk.case.id, action="report.save"))]
    assert event.detail == {"version": 1, "revision": 1, "readings": 0}
