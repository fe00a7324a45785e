"""Input made to harm: refused or taken as the text it is, never a fault."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from coverslip.testing.world import World
from coverslip.vocabulary.roles import Role

JSON = {"Content-Type": "application/json"}
SQL = [
    "'",
    "' OR '1'='1",
    "'; DROP TABLE cases; --",
    "%",
    "_",
    "\\",
    "1) UNION SELECT 1 --",
    "$$",
    "𠮷",
    "'" * 200,
]
PATHS = ["..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%00", "a" * 3000, "'", "01a20377-2c61-738d-be98-818d6ed61c35'"]


@pytest.mark.parametrize("typed", SQL)
def test_a_search_is_text(world: World, typed: str) -> None:
    answer = world.client(Role.RESIDENT).get("/cases", params={"q": typed})
    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 200:
        assert answer.json()["items"] == []


@pytest.mark.parametrize("name", ["sort", "status", "priority", "assigned", "cursor", "limit"])
@pytest.mark.parametrize("typed", SQL)
def test_a_parameter_of_the_worklist_is_one_of_its_words(world: World, name: str, typed: str) -> None:
    answer = world.client(Role.RESIDENT).get("/cases", params={name: typed})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "INVALID_INPUT"), answer.text


@pytest.mark.parametrize("typed", PATHS)
@pytest.mark.parametrize(
    "route", ["/cases/{}", "/slides/{}", "/readings/{}/cells", "/reports/{}/pdf", "/slides/{}/associated/label"]
)
def test_an_id_is_an_id(world: World, route: str, typed: str) -> None:
    answer = world.client(Role.HEAD).get(world.server.url + "/api/v1" + route.format(typed))
    assert answer.status_code in (404, 405, 422), answer.text
    assert "passwd" not in answer.text or "root:" not in answer.text


@pytest.mark.parametrize("name", ["../label", "label.jpg", "%2e%2e%2fmacro", "LABEL", "thumbnail%00"])
def test_an_associated_image_is_one_of_three(world: World, name: str) -> None:
    slide = world.county.slide
    url = f"{world.server.url}/api/v1/slides/{slide}/associated/{name}"
    assert world.client(Role.HEAD).get(url).status_code in (404, 422)


@pytest.mark.parametrize(
    "path", ["/../../etc/passwd", "/..%2f..%2fetc/passwd", "/assets/..%2f..%2f..%2fapp.py", "//etc/passwd"]
)
def test_pages_show_nothing_that_was_not_built(world: World, path: str) -> None:
    answer = world.server.client().get(world.server.url + path)
    assert "root:" not in answer.text
    assert "import " not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        {"locale": "en", "person_id": "01a20377-2c61-738d-be98-818d6ed61c35"},
        {"locale": "en", "roles": ["administrator"]},
        {"locale": None},
        {"locale": {"$ne": "en"}},
    ],
)
def test_a_body_holds_its_own_fields_and_no_others(world: World, body: dict[str, Any]) -> None:
    answer = world.client(Role.RESIDENT).patch("/session", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "INVALID_INPUT")


def test_a_body_that_is_too_long_is_refused_before_it_is_read(world: World) -> None:
    client = world.client(Role.RESIDENT)
    headers = {"Content-Type": "application/json"}
    announced = client.patch("/session", content=b" " * 17_000_000, headers=headers)
    streamed = client.patch("/session", content=iter([b" " * 1_000_000] * 20), headers=headers)
    assert [a.json()["error"]["code"] for a in (announced, streamed)] == ["BODY_TOO_LARGE"] * 2
    assert announced.status_code == 413


def test_a_body_nested_a_thousand_times_is_refused(world: World) -> None:
    deep = "[" * 100_000
    answer = world.client(Role.RESIDENT).patch("/session", content=deep, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "INVALID_INPUT")


CELL = {"type": "Point", "coordinates": [1, 1]}
NEW_CASE = {
    "accession_number": "Z-1",
    "patient": {"patient_number": "Z", "name": "王芳", "sex": "female"},
    "specimens": [{"label": "A", "site_code": "76752008", "procedure": "excision", "tumour_type": "a\0"}],
}


@pytest.mark.parametrize("bad", ["a\0b", "a\ud800b"])
def test_text_that_cannot_be_stored_is_refused_where_it_stands(world: World, bad: str) -> None:
    county, who = world.county, world.client
    slide, resident = f"/slides/{county.slide}", f"/people/{county.people[Role.RESIDENT].id}"
    match = {"block_id": str(county.block), "label": bad}
    asked: list[tuple[Role, str, str, dict[str, Any], str]] = [
        (Role.PATHOLOGIST, "POST", f"{slide}/annotations", {"kind": "note", "geometry": CELL, "text": bad}, "text"),
        (Role.TECHNICIAN, "PATCH", slide, {"clone": bad}, "clone"),
        (Role.TECHNICIAN, "POST", f"/slides/{county.unmatched}/match", match, "label"),
        (Role.TECHNICIAN, "POST", "/cases", NEW_CASE, "specimens.0.tumour_type"),
        (Role.ADMINISTRATOR, "PATCH", resident, {"name": bad}, "name"),
    ]
    for role, method, path, body, field in asked:
        answer = who(role).request(method, path, content=json.dumps(body), headers=JSON)
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, field), answer.text
    sign_in = world.server.client()
    for body in ({"username": bad, "password": "x"}, {"username": "x", "password": bad}):
        assert sign_in.post("/session", content=json.dumps(body), headers=JSON).status_code == 422


@pytest.mark.parametrize("query", [{"action": "a\0b"}, {"cursor": "9" * 30}])
def test_the_audit_trail_is_asked_for_what_it_can_hold(world: World, query: dict[str, str]) -> None:
    assert world.client(Role.HEAD).get("/audit", params=query).status_code in (200, 422)


@pytest.mark.parametrize(
    "values",
    [
        ["accession_number", True, "a\0b"],
        ["accession_number", True, 7],
        ["priority", True, 10**30, "2026-01-01T00:00:00+00:00"],
        ["priority", True, 1e300, "2026-01-01T00:00:00+00:00"],
        ["received_at", True, "0001-01-01T00:00:00+14:00"],
        ["received_at", True, "2026-01-01T00:00:00"],
    ],
)
def test_a_forged_cursor_is_bad_input(world: World, values: list[Any]) -> None:
    text = json.dumps([*values, str(world.county.case)])
    cursor = base64.urlsafe_b64encode(text.encode()).decode()
    answer = world.client(Role.HEAD).get("/cases", params={"sort": values[0], "cursor": cursor})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "cursor")


def test_a_form_is_no_json(world: World) -> None:
    """What a page of another site could send without asking first."""
    client = world.client(Role.RESIDENT)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = client.patch("/session", content='{"locale":"en"}', headers={"Content-Type": kind})
        assert answer.status_code == 422, kind
