"""Tiles: only for who may see the slide, and only as long as the session lasts."""

from __future__ import annotations

import time

import httpx
import pytest

from coverslip.records.actor import Actor
from coverslip.records.models import AuditEvent
from coverslip.records.queries.audit import AuditFilter, list_events
from coverslip.server.tiles import REMEMBERED_SECONDS
from coverslip.testing.world import Hospital, World
from coverslip.vocabulary.roles import Role


def tile(world: World, hospital: Hospital, place: str = "0/0/0") -> str:
    return f"{world.server.url}/tiles/{hospital.slide}/{place}"


def test_whoever_may_see_slides_gets_the_tile(world: World) -> None:
    answer = world.client(Role.RESIDENT).get(tile(world, world.county))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content[:2] == b"\xff\xd8"
    assert answer.headers["cache-control"].startswith("private")


def test_nobody_gets_no_tile(world: World) -> None:
    world.client(Role.RESIDENT).get(tile(world, world.county))
    for client in (world.server.client(), world.server.client({"Cookie": "coverslip_session=" + "A" * 43})):
        answer = client.get(tile(world, world.county))
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "NOT_SIGNED_IN")


def test_another_hospitals_slide_is_not_there(world: World) -> None:
    foreign = world.client(Role.HEAD).get(tile(world, world.provincial))
    missing = world.client(Role.HEAD).get(f"{world.server.url}/tiles/{world.county.case}/0/0/0")
    assert (foreign.status_code, foreign.json()) == (404, missing.json())


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR])
def test_a_role_without_clinical_data_gets_no_tile(world: World, role: Role) -> None:
    answer = world.client(role).get(tile(world, world.county))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize(
    ("place", "status"),
    [("0/9999/0", 404), ("99/0/0", 404), ("0/0", 404), ("0/0/-1", 404), ("0/0/0.jpg", 404), ("0/0/0/0", 404)],
)
def test_a_tile_outside_the_grid_is_not_there(world: World, place: str, status: int) -> None:
    assert world.client(Role.RESIDENT).get(tile(world, world.county, place)).status_code == status


def test_a_label_with_a_patients_number_needs_a_session(world: World) -> None:
    for name in ("label", "macro", "thumbnail"):
        path = f"/slides/{world.county.slide}/associated/{name}"
        assert world.server.client().get(path).status_code == 401
        assert world.client(Role.HEAD, world.provincial).get(path).status_code == 404
        shown = world.client(Role.RESIDENT).get(path)
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
        assert shown.headers["cache-control"] == "private, no-cache"
        again = world.client(Role.RESIDENT).get(path, headers={"If-None-Match": shown.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_looking_at_a_slide_is_one_event_however_many_tiles(world: World) -> None:
    expert = world.client(Role.EXPERT)
    for place in ("0/0/0", "0/1/0", "0/0/1", "0/1/1"):
        assert expert.get(tile(world, world.county, place)).status_code == 200
    events = views(world)
    mine = [event for event in events if event.person_id == world.county.people[Role.EXPERT].id]
    assert [(event.object_id, event.case_id) for event in mine] == [(world.county.slide, world.county.case)]


def test_what_a_page_asks_for_again_and_again_is_one_event_of_a_session(world: World) -> None:
    person = world.county.people[Role.RESIDENT]
    client = world.server.sign_in(person)
    label = f"/slides/{world.county.slide}/associated/label"
    for _ in range(3):
        for path in (label, label.replace("label", "macro"), "/session"):
            assert client.get(path).status_code == 200
    with world.database.transaction(Actor.system(world.county.organization.id)) as tx:
        newest = list_events(tx, AuditFilter(person_id=person.id), limit=500)
    session = next(row.event.session_id for row in newest)
    mine = [row.event for row in newest if row.event.session_id == session]
    seen = sorted((event.action, event.detail.get("name", ""), event.case_id) for event in mine)
    assert seen == [
        ("session.read", "", None),
        ("session.sign_in", "", None),
        ("slide.associated", "label", world.county.case),
        ("slide.associated", "macro", world.county.case),
    ]


@pytest.mark.parametrize("how", ["signed out", "account closed"])
def test_tiles_end_within_seconds(world: World, how: str) -> None:
    person = world.county.people[Role.SENIOR_PATHOLOGIST]
    client = world.server.sign_in(person)
    held = httpx.Client(headers={"Cookie": f"coverslip_session={client.cookies['coverslip_session']}"})
    assert held.get(tile(world, world.county)).status_code == 200
    if how == "signed out":
        assert client.delete("/session").status_code == 204
    else:
        closed = world.client(Role.ADMINISTRATOR).patch(f"/people/{person.id}", json={"active": False})
        assert closed.status_code == 200
    deadline = time.monotonic() + REMEMBERED_SECONDS + 1.5
    while held.get(tile(world, world.county)).status_code == 200:
        assert time.monotonic() < deadline, "tiles still come"
        time.sleep(0.2)
    assert held.get(tile(world, world.county)).status_code == 401


def views(world: World) -> list[AuditEvent]:
    with world.database.transaction(Actor.system(world.county.organization.id)) as tx:
        return [row.event for row in list_events(tx, AuditFilter(action="slide.view"), limit=100)]
