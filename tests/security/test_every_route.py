"""Every route of the API, tried as nobody, in the wrong role, from another hospital and without the token.

A new route must join: it has a rule in `server/permissions.py` and an example here, or the first test fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import httpx
import pytest

from coverslip.access.permission import ROLE_PERMISSIONS
from coverslip.records.queries.audit import AuditFilter, list_events
from coverslip.server import permissions
from coverslip.server.guard import GuardedRoute
from coverslip.server.permissions import RULES, Access
from coverslip.server.routes import routers
from coverslip.testing.database import PASSWORD, actor_for
from coverslip.testing.world import Hospital, World
from coverslip.vocabulary.roles import Role

Route = tuple[str, str]


@dataclass(frozen=True)
class Raw:
    """A body that is no JSON, with its headers."""

    content: bytes
    headers: Mapping[str, str]


TUS = {"Tus-Resumable": "1.0.0"}
NEW_UPLOAD = Raw(b"", TUS | {"Upload-Length": "3", "Upload-Metadata": "filename YS5zdnM="})
BYTES = Raw(b"abc", TUS | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"})
Body = Callable[[Hospital], Any]

CELL = {"type": "Polygon", "coordinates": [[[0, 0], [64, 0], [64, 64], [0, 64], [0, 0]]]}
CASE = {
    "accession_number": "EXAMPLE-1",
    "patient": {"patient_number": "EXAMPLE-1", "name": "王芳", "sex": "female"},
    "specimens": [{"label": "A", "site_code": "76752008", "procedure": "core_biopsy", "blocks": [{"label": "1"}]}],
}

EXAMPLES: Mapping[Route, Body] = {
    ("POST", "/session"): lambda h: {"username": "nobody.at.all", "password": "wrong"},
    ("GET", "/session"): lambda h: None,
    ("DELETE", "/session"): lambda h: None,
    ("PATCH", "/session"): lambda h: {"locale": "en"},
    ("POST", "/session/password"): lambda h: {"current": "wrong", "new": "correct horse battery staple 2"},
    ("GET", "/people"): lambda h: None,
    ("POST", "/people"): lambda h: {"username": "example", "name": "例", "roles": ["resident"]},
    ("PATCH", "/people/{person_id}"): lambda h: {"title": "技师"},
    ("POST", "/people/{person_id}/password"): lambda h: None,
    ("GET", "/cases"): lambda h: None,
    ("POST", "/cases"): lambda h: CASE,
    ("GET", "/cases/{case_id}"): lambda h: None,
    ("PATCH", "/cases/{case_id}"): lambda h: {"revision": 1, "priority": "urgent"},
    ("GET", "/cases/{case_id}/audit"): lambda h: None,
    ("GET", "/slides/unmatched"): lambda h: None,
    ("GET", "/slides/{slide_id}"): lambda h: None,
    ("PATCH", "/slides/{slide_id}"): lambda h: {"clone": "MIB-1"},
    ("POST", "/slides/{slide_id}/match"): lambda h: {"block_id": str(h.block), "label": "A1-2"},
    ("GET", "/slides/{slide_id}/candidates"): lambda h: None,
    ("POST", "/slides/{slide_id}/set-aside"): lambda h: {"reason": "标签缺失"},
    ("POST", "/slides/{slide_id}/bring-back"): lambda h: None,
    ("GET", "/slides/{slide_id}/associated/{name}"): lambda h: None,
    ("GET", "/slides/{slide_id}/colour"): lambda h: None,
    ("GET", "/colour/target"): lambda h: None,
    ("GET", "/colour/target/table"): lambda h: None,
    ("POST", "/colour/checks"): lambda h: {"space": "srgb", "measured": [[0, 0, 0]] * 32},
    ("GET", "/slides/{slide_id}/annotations"): lambda h: None,
    ("POST", "/slides/{slide_id}/annotations"): lambda h: {"kind": "region", "geometry": CELL, "text": ""},
    ("DELETE", "/annotations/{annotation_id}"): lambda h: None,
    ("GET", "/uploads"): lambda h: None,
    ("OPTIONS", "/uploads"): lambda h: None,
    ("POST", "/uploads"): lambda h: NEW_UPLOAD,
    ("HEAD", "/uploads/{upload_id}"): lambda h: Raw(b"", TUS),
    ("PATCH", "/uploads/{upload_id}"): lambda h: BYTES,
    ("DELETE", "/uploads/{upload_id}"): lambda h: Raw(b"", TUS),
    ("POST", "/uploads/batches/{batch_id}/retry"): lambda h: None,
    ("GET", "/watched-folders"): lambda h: None,
    ("POST", "/watched-folders"): lambda h: {"path": "/scanner"},
    ("PATCH", "/watched-folders/{folder_id}"): lambda h: {"enabled": False},
    ("DELETE", "/watched-folders/{folder_id}"): lambda h: None,
    ("GET", "/watched-folders/{folder_id}/files"): lambda h: None,
    ("POST", "/watched-files/{file_id}/retry"): lambda h: None,
    ("GET", "/match-rules"): lambda h: None,
    ("PUT", "/match-rules"): lambda h: {"rules": []},
    ("GET", "/storage"): lambda h: None,
    ("POST", "/storage/checks"): lambda h: None,
    ("GET", "/storage/findings"): lambda h: None,
    ("POST", "/storage/findings/{finding_id}/release"): lambda h: None,
    ("GET", "/storage/rules"): lambda h: None,
    ("POST", "/storage/rules"): lambda h: {"action": "retain", "keep_years": 30},
    ("DELETE", "/storage/rules/{rule_id}"): lambda h: None,
    ("GET", "/storage/holds"): lambda h: None,
    ("POST", "/storage/holds"): lambda h: {"slide_id": str(h.slide), "reason": "诉讼"},
    ("POST", "/storage/holds/{hold_id}/release"): lambda h: {"reason": "诉讼结束"},
    ("GET", "/storage/expired"): lambda h: None,
    ("POST", "/storage/removals"): lambda h: {"slide_ids": [str(h.slide)], "reason": "期满"},
    ("GET", "/algorithms"): lambda h: None,
    ("POST", "/slides/{slide_id}/readings"): lambda h: {"marker": "ki67", "region": CELL},
    ("GET", "/slides/{slide_id}/readings"): lambda h: None,
    ("GET", "/readings/{reading_id}"): lambda h: None,
    ("POST", "/readings/{reading_id}/cancel"): lambda h: None,
    ("GET", "/readings/{reading_id}/cells"): lambda h: None,
    ("GET", "/readings/{reading_id}/cells.geojson"): lambda h: None,
    ("PUT", "/readings/{reading_id}/edits"): lambda h: {"excluded_regions": [], "flipped": []},
    ("POST", "/readings/{reading_id}/reviews"): lambda h: {"action": "accept"},
    ("GET", "/cases/{case_id}/reports"): lambda h: None,
    ("PUT", "/cases/{case_id}/report"): lambda h: {"revision": 1, "diagnosis": "浸润性癌"},
    ("POST", "/cases/{case_id}/report/sign"): lambda h: {"password": PASSWORD, "revision": 1},
    ("POST", "/cases/{case_id}/report/amend"): lambda h: {"reason": "补充"},
    ("GET", "/reports/{report_id}/pdf"): lambda h: None,
    ("GET", "/audit"): lambda h: None,
    ("GET", "/live"): lambda h: None,
    ("GET", "/health/live"): lambda h: None,
    ("GET", "/health/ready"): lambda h: None,
    ("GET", "/about"): lambda h: None,
}
"""The body of a request that the route would take from somebody who may; made for a hospital."""

PUBLIC = [route for route, rule in RULES.items() if rule.needs is Access.PUBLIC]
GUARDED = [route for route, rule in RULES.items() if rule.needs is not Access.PUBLIC]
UNSAFE = [route for route in GUARDED if route[0] not in ("GET", "HEAD", "OPTIONS")]
OF_AN_OBJECT = [route for route in GUARDED if "{" in route[1]]


def named(route: Route) -> str:
    return " ".join(route)


def may(role: Role, route: Route) -> bool:
    needs = RULES[route].needs
    if isinstance(needs, Access):
        return True
    asked = needs if isinstance(needs, tuple) else (needs,)
    return any(permission in ROLE_PERMISSIONS[role] for permission in asked)


def path(route: Route, hospital: Hospital) -> str:
    slide = hospital.unmatched if route[1].endswith("/match") else hospital.slide
    return route[1].format(
        case_id=hospital.case,
        slide_id=slide,
        reading_id=hospital.reading,
        report_id=hospital.report,
        annotation_id=hospital.annotation,
        person_id=hospital.people[Role.TECHNICIAN].id,
        upload_id=hospital.upload,
        batch_id=hospital.upload_batch,
        folder_id=hospital.watched_folder,
        file_id=hospital.watched_file,
        finding_id=hospital.finding,
        rule_id=hospital.storage_rule,
        hold_id=hospital.legal_hold,
        name="label",
    )


def ask(client: httpx.Client, route: Route, hospital: Hospital, **headers: str) -> httpx.Response:
    body = EXAMPLES[route](hospital)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, Raw):
        return client.request(route[0], path(route, hospital), content=body.content, headers={**body.headers, **given})
    return client.request(route[0], path(route, hospital), json=body, headers=given)


def nowhere(hospital: Hospital) -> Hospital:
    """The same hospital with ids that nothing has."""
    stranger = copy(hospital.people[Role.TECHNICIAN])
    stranger.id = uuid4()
    return replace(
        hospital,
        people={**hospital.people, Role.TECHNICIAN: stranger},
        case=uuid4(),
        slide=uuid4(),
        unmatched=uuid4(),
        annotation=uuid4(),
        reading=uuid4(),
        report=uuid4(),
        upload=uuid4(),
        upload_batch=uuid4(),
        watched_folder=uuid4(),
        watched_file=uuid4(),
    )


def code(answer: httpx.Response) -> str:
    """The error's code; what answers HEAD has no body, there the status has to say it."""
    if answer.request.method == "HEAD":
        return {401: "NOT_SIGNED_IN", 403: "PERMISSION_DENIED"}[answer.status_code]
    found: str = answer.json()["error"]["code"]
    return found


def routes_of_the_api() -> set[Route]:
    return {
        (method, route.path)
        for router in routers
        for route in router.routes
        if isinstance(route, GuardedRoute)
        for method in route.methods or ()
    }


def test_every_route_has_a_rule_and_an_example() -> None:
    assert routes_of_the_api() == set(RULES) == set(EXAMPLES)


def test_every_route_stands_behind_the_guard() -> None:
    assert all(isinstance(route, GuardedRoute) for router in routers for route in router.routes)


def test_the_public_routes_are_these_and_no_others() -> None:
    assert set(PUBLIC) == {
        ("POST", "/session"),
        ("GET", "/health/live"),
        ("GET", "/health/ready"),
        ("GET", "/about"),
    }


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_nobody_gets_401(world: World, route: Route) -> None:
    with world.server.client() as nobody:
        answer = ask(nobody, route, world.county)
    assert (answer.status_code, code(answer)) == (401, "NOT_SIGNED_IN")


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_a_made_up_session_gets_401(world: World, route: Route) -> None:
    with world.server.client({"Cookie": "coverslip_session=" + "A" * 43}) as stranger:
        assert ask(stranger, route, world.county).status_code == 401


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_a_role_without_the_permission_gets_403_and_the_trail_keeps_it(world: World, route: Route) -> None:
    for role in Role:
        if may(role, route):
            continue
        answer = ask(world.client(role), route, world.county)
        assert (answer.status_code, code(answer)) == (403, "PERMISSION_DENIED"), role
        newest = last_events(world, world.county)[0]
        assert (newest.action, newest.outcome) == (RULES[route].action, "denied"), role
        assert newest.person_id == world.county.people[role].id


@pytest.mark.parametrize("route", OF_AN_OBJECT, ids=named)
def test_another_hospitals_object_gets_404_like_one_that_is_not_there(world: World, route: Route) -> None:
    for role in Role:
        if not may(role, route):
            continue
        foreign = ask(world.client(role), route, world.provincial)
        missing = ask(world.client(role), route, nowhere(world.provincial))
        assert foreign.status_code == 404, (role, foreign.text)
        assert foreign.content == missing.content


@pytest.mark.parametrize("route", UNSAFE, ids=named)
def test_a_change_without_the_token_gets_403(world: World, route: Route) -> None:
    role = next(role for role in Role if may(role, route))
    client = world.client(role)
    for token in ("", "A" * 43, world.client(Role.HEAD, world.provincial).headers["X-CSRF-Token"]):
        answer = ask(client, route, world.county, X_CSRF_Token=token)
        assert (answer.status_code, code(answer)) == (403, "CSRF_REFUSED")


@pytest.mark.parametrize("route", UNSAFE, ids=named)
def test_a_change_sent_by_another_sites_page_gets_403(world: World, route: Route) -> None:
    role = next(role for role in Role if may(role, route))
    answer = ask(world.client(role), route, world.county, Origin="https://evil.example")
    assert (answer.status_code, code(answer)) == (403, "ORIGIN_REFUSED")


def test_a_route_that_the_table_does_not_name_is_shut(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shorter = {route: rule for route, rule in RULES.items() if route != ("GET", "/cases")}
    monkeypatch.setattr(permissions, "RULES", shorter)
    for client in (world.client(Role.HEAD), world.server.client()):
        answer = client.get("/cases")
        assert (answer.status_code, code(answer)) == (403, "ROUTE_NOT_OPEN")


def last_events(world: World, hospital: Hospital) -> list[Any]:
    auditor = actor_for(hospital.people[Role.AUDITOR], {Role.AUDITOR})
    with world.database.transaction(auditor) as tx:
        return [row.event for row in list_events(tx, AuditFilter(), limit=5)]
