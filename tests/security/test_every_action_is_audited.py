"""A day at the microscope: every route once, by somebody who may, and the trace it leaves in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from coverslip.access import audit
from coverslip.records.actor import Actor
from coverslip.records.models import Case, Patient, Slide
from coverslip.records.queries import upload as uploads
from coverslip.records.queries.audit import AuditFilter, list_events
from coverslip.server.permissions import RULES
from coverslip.settings import Settings
from coverslip.testing.database import PASSWORD, actor_for
from coverslip.testing.world import PATIENT_NAME, World, finish_reading
from coverslip.vocabulary.roles import Role

Ids = dict[str, Any]

CELL = {"type": "Polygon", "coordinates": [[[0, 0], [64, 0], [64, 64], [0, 64], [0, 0]]]}
NEW_CASE = {
    "accession_number": "QH-DAY-1",
    "patient": {"patient_number": "QH-D1", "name": "王芳", "sex": "female", "birth_date": "1961-04-12"},
    "specimens": [{"label": "A", "site_code": "76752008", "procedure": "core_biopsy", "blocks": [{"label": "1"}]}],
}
NEW_PERSON = {"username": "qh.new", "name": "新", "roles": ["resident"]}
NEW_PASSWORD = {"current": PASSWORD, "new": "ein langer Satz mit 4 Zahlen"}


@dataclass(frozen=True)
class Step:
    """One request of the day. A value `$name` of body or path is looked up among the ids."""

    method: str
    path: str
    role: Role
    body: dict[str, Any] | None = None
    status: int = 200
    rule: str | None = None
    """The path in the permission table, where it names its ids otherwise."""
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None

    @property
    def route(self) -> tuple[str, str]:
        return self.method, self.rule or self.path

    def filled(self, ids: Ids) -> dict[str, Any] | None:
        if self.body is None:
            return None
        return {name: ids[value[1:]] if _is_id(value) else value for name, value in self.body.items()}


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value.startswith("$")


TUS = {"Tus-Resumable": "1.0.0"}
FILE = {"Upload-Metadata": "filename YS5zdnM="}
AT_THE_BEGINNING = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
READER, TECHNICIAN, ADMINISTRATOR = Role.PATHOLOGIST, Role.TECHNICIAN, Role.ADMINISTRATOR
DAY = (
    Step("POST", "/session", READER, {"username": "qh.pathologist", "password": PASSWORD}),
    Step("GET", "/session", Role.HEAD),
    Step("PATCH", "/session", Role.HEAD, {"locale": "en"}),
    Step("GET", "/people", ADMINISTRATOR),
    Step("POST", "/people", ADMINISTRATOR, NEW_PERSON, 201),
    Step("PATCH", "/people/{person_id}", ADMINISTRATOR, {"title": "规培医师"}),
    Step("POST", "/people/{person_id}/password", ADMINISTRATOR),
    Step("POST", "/cases", TECHNICIAN, NEW_CASE, 201),
    Step("GET", "/slides/unmatched", TECHNICIAN),
    Step("GET", "/slides/{unmatched_id}/candidates", TECHNICIAN, None, 200, "/slides/{slide_id}/candidates"),
    Step("POST", "/slides/{unmatched_id}/set-aside", TECHNICIAN, {"reason": "标签缺失"}, 200,
         "/slides/{slide_id}/set-aside"),
    Step("POST", "/slides/{unmatched_id}/bring-back", TECHNICIAN, None, 200, "/slides/{slide_id}/bring-back"),
    Step("POST", "/slides/{unmatched_id}/match", TECHNICIAN, {"block_id": "$block_id", "label": "A1-2"}, 200,
         "/slides/{slide_id}/match"),
    Step("PATCH", "/slides/{slide_id}", TECHNICIAN, {"clone": "30-9"}),
    Step("POST", "/uploads", TECHNICIAN, None, 201, None, TUS | {"Upload-Length": "3", **FILE}),
    Step("HEAD", "/uploads/{upload_id}", TECHNICIAN, None, 200, None, TUS),
    Step("PATCH", "/uploads/{upload_id}", TECHNICIAN, None, 204, None, TUS | AT_THE_BEGINNING, b"abc"),
    Step("POST", "/uploads", TECHNICIAN, None, 201, None, TUS | {"Upload-Length": "3", **FILE}),
    Step("DELETE", "/uploads/{upload_id}", TECHNICIAN, None, 204, None, TUS),
    Step("GET", "/uploads", TECHNICIAN),
    Step("POST", "/uploads/batches/{failed_batch_id}/retry", TECHNICIAN, None, 200,
         "/uploads/batches/{batch_id}/retry"),
    Step("POST", "/watched-folders", ADMINISTRATOR, {"path": "$watched_path"}, 201),
    Step("GET", "/watched-folders", ADMINISTRATOR),
    Step("PATCH", "/watched-folders/{folder_id}", ADMINISTRATOR, {"enabled": False}),
    Step("GET", "/watched-folders/{folder_id}/files", ADMINISTRATOR),
    Step("POST", "/watched-files/{file_id}/retry", TECHNICIAN),
    Step("DELETE", "/watched-folders/{folder_id}", ADMINISTRATOR, None, 204),
    Step("GET", "/match-rules", TECHNICIAN),
    Step("PUT", "/match-rules", ADMINISTRATOR, {"rules": []}),
    Step("GET", "/cases", READER),
    Step("GET", "/cases/{case_id}", Role.HEAD),
    Step("PATCH", "/cases/{case_id}", Role.HEAD, {"revision": "$revision", "assigned_to_id": "$reader_id"}),
    Step("GET", "/slides/{slide_id}", READER),
    Step("GET", "/slides/{slide_id}/associated/{name}", READER),
    Step("GET", "/slides/{slide_id}/colour", READER),
    Step("GET", "/colour/target", READER),
    Step("GET", "/colour/target/table", READER),
    Step("POST", "/colour/checks", READER, {"space": "srgb", "measured": [[0, 0, 0]] * 32}, 201),
    Step("GET", "/slides/{slide_id}/annotations", READER),
    Step("POST", "/slides/{slide_id}/annotations", READER, {"kind": "region", "geometry": CELL}, 201),
    Step("DELETE", "/annotations/{annotation_id}", READER, None, 204),
    Step("GET", "/algorithms", READER),
    Step("GET", "/slides/{slide_id}/readings", READER),
    Step("GET", "/readings/{reading_id}", READER),
    Step("GET", "/readings/{reading_id}/cells", READER),
    Step("GET", "/readings/{reading_id}/cells.geojson", READER),
    Step("PUT", "/readings/{reading_id}/edits", READER, {"excluded_regions": [CELL], "flipped": [0]}),
    Step("POST", "/readings/{reading_id}/reviews", READER, {"action": "edit"}, 201),
    Step("POST", "/slides/{slide_id}/readings", READER, {"marker": "ki67", "region": CELL}, 202),
    Step("POST", "/readings/{started_id}/cancel", READER, None, 200, "/readings/{reading_id}/cancel"),
    Step("GET", "/cases/{case_id}/reports", READER),
    Step("PUT", "/cases/{case_id}/report", READER, {"revision": 1, "diagnosis": "浸润性癌", "reading_ids": "$cited"}),
    Step("GET", "/reports/{report_id}/pdf", READER),
    Step("POST", "/cases/{case_id}/report/sign", READER, {"password": PASSWORD, "revision": 2}),
    Step("POST", "/cases/{case_id}/report/amend", READER, {"reason": "补充免疫组化结果"}, 201),
    Step("GET", "/storage", ADMINISTRATOR),
    Step("POST", "/storage/checks", ADMINISTRATOR, None, 202),
    Step("GET", "/storage/findings", Role.AUDITOR),
    Step("POST", "/storage/findings/{finding_id}/release", ADMINISTRATOR),
    Step("POST", "/storage/rules", ADMINISTRATOR, {"action": "retain", "keep_years": 1}, 201),
    Step("GET", "/storage/rules", Role.AUDITOR),
    Step("DELETE", "/storage/rules/{rule_id}", ADMINISTRATOR, None, 204),
    Step("GET", "/storage/expired", Role.HEAD),
    Step("POST", "/storage/removals", Role.HEAD, {"slide_ids": "$expired", "reason": "期满"}),
    Step("POST", "/storage/holds", Role.HEAD, {"slide_id": "$slide_id", "reason": "诉讼"}, 201),
    Step("GET", "/storage/holds", Role.HEAD),
    Step("POST", "/storage/holds/{hold_id}/release", Role.HEAD, {"reason": "诉讼结束"}, 204),
    Step("GET", "/cases/{case_id}/audit", Role.AUDITOR),
    Step("GET", "/audit", Role.AUDITOR),
    Step("POST", "/session/password", Role.EXPERT, NEW_PASSWORD, 204),
    Step("DELETE", "/session", Role.EXPERT, None, 204),
)  # fmt: skip
IN_TEST_LIVE = ("GET", "/live")


def test_the_day_calls_every_route_that_leaves_a_trace() -> None:
    leaves_a_trace = {route for route, rule in RULES.items() if rule.action is not None}
    assert {step.route for step in DAY} | {IN_TEST_LIVE} == leaves_a_trace


@pytest.fixture(scope="module")
def ids(world: World) -> Ids:
    """The county hospital's ids as the routes name them; its reading is finished."""
    county = world.county
    scanner = world.server.settings.data_dir.parent / f"{world.server.settings.data_dir.name}-scanner"
    scanner.mkdir()
    finish_reading(world.database, world.blobs, Settings(), county)
    return {
        "case_id": str(county.case),
        "slide_id": str(county.slide),
        "unmatched_id": str(county.unmatched),
        "block_id": str(county.block),
        "reading_id": str(county.reading),
        "cited": [str(county.reading)],
        "report_id": str(county.report),
        "annotation_id": str(county.annotation),
        "person_id": str(county.people[Role.RESIDENT].id),
        "reader_id": str(county.people[Role.PATHOLOGIST].id),
        "name": "label",
        "folder_id": str(county.watched_folder),
        "file_id": str(county.watched_file),
        "watched_path": str(scanner),
        "failed_batch_id": str(_failed_upload(world)),
        "finding_id": str(county.finding),
        "rule_id": str(county.storage_rule),
        "hold_id": str(county.legal_hold),
        "expired": [str(_expired_slide(world))],
    }


def _expired_slide(world: World) -> UUID:
    """A slide of a case that was signed forty years ago."""
    long_ago = datetime.now(UTC) - timedelta(days=40 * 366)
    with world.database.transaction(Actor.system(world.county.organization.id)) as tx:
        patient = tx.add(Patient(patient_number="OLD-1", name="旧"))
        times = {"received_at": long_ago, "signed_at": long_ago}
        case = tx.add(Case(accession_number="OLD-1", patient_id=patient.id, status="signed", **times))
        return tx.add(Slide(case_id=case.id, label="1", stain="he", content_digest="0" * 64, status="ready")).id


def _failed_upload(world: World) -> UUID:
    """An upload that was whole and could not be taken in, because the disk was full."""
    county = world.county
    technician = actor_for(county.people[TECHNICIAN], {TECHNICIAN})
    with world.database.transaction(technician) as tx:
        batch = uploads.add_batch(
            tx,
            person_id=county.people[TECHNICIAN].id,
            key="full",
            name="full.svs",
            files=1,
            case_id=None,
            expires_at=datetime.now(UTC) + timedelta(hours=1),
        )
        batch.status, batch.failure_code = "failed", "STORAGE_FULL"
        return batch.id


def test_every_route_leaves_its_action_in_the_trail(world: World, ids: Ids) -> None:
    for step in DAY:
        client = world.server.client() if step.path == "/session" and step.method == "POST" else world.client(step.role)
        sent: dict[str, Any] = {"json": step.filled(ids)} if step.content is None else {"content": step.content}
        answer = client.request(step.method, step.path.format(**ids), headers=step.headers, **sent)
        assert answer.status_code == step.status, (step, answer.text)
        if step.path == "/cases/{case_id}":
            ids["revision"] = answer.json()["revision"]
        if step.path == "/slides/{slide_id}/readings" and step.method == "POST":
            ids["started_id"] = answer.json()["id"]
        if "Location" in answer.headers:
            ids["upload_id"] = answer.headers["Location"].rpartition("/")[2]
        wanted = RULES[step.route].action
        newest = newest_event(world, wanted)
        assert newest is not None, (step, wanted)
        assert newest.person_id == world.county.people[step.role].id, step
        assert newest.outcome == "success", step


def test_at_the_end_of_the_day_the_chain_holds_and_names_nobody(world: World, ids: Ids) -> None:
    system = Actor.system(world.county.organization.id)
    with world.database.transaction(system) as tx:
        assert audit.verify(tx) == []
        rows = list_events(tx, AuditFilter(), limit=1000)
    assert len(rows) > len(DAY)
    assert not [
        row.event.action for row in rows if PATIENT_NAME in str(row.event.detail) or "王芳" in str(row.event.detail)
    ]
    assert not [row.event.action for row in rows if PASSWORD in str(row.event.detail)]


def newest_event(world: World, action: str | None) -> Any:
    with world.database.transaction(Actor.system(world.county.organization.id)) as tx:
        rows = list_events(tx, AuditFilter(action=action), limit=1)
    return rows[0].event if rows else None
