"""Signing in over HTTP: the cookie, guessing, sessions that end."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx
import pytest

from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Person
from coverslip.records.queries import person as people_queries
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.testing.database import PASSWORD
from coverslip.testing.server import ServerForTests, serving
from coverslip.vocabulary.roles import Role

ClientOf = Callable[[Role], httpx.Client]
RESIDENT = {"username": "resident", "password": PASSWORD}


def cookie_of(answer: httpx.Response) -> str:
    return answer.headers["set-cookie"].split(";", 1)[0].split("=", 1)[1]


def flags_of(answer: httpx.Response) -> set[str]:
    return {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}


def test_the_cookie_is_kept_from_scripts_and_other_sites(served: ServerForTests, people: Mapping[Role, Person]) -> None:
    answer = served.client().post("/session", json=RESIDENT)
    assert flags_of(answer) == {"httponly", "path=/", "samesite=strict"}
    assert cookie_of(answer) not in answer.text


def test_behind_https_the_cookie_travels_by_https_only(
    database: Database, blob_store: BlobStore, people: Mapping[Role, Person]
) -> None:
    with serving(database, blob_store, Settings(secure_cookies=True)) as server:
        assert "secure" in flags_of(server.client().post("/session", json=RESIDENT))


def test_a_proxy_that_says_https_makes_the_cookie_secure(served: ServerForTests, people: Mapping[Role, Person]) -> None:
    answer = served.client({"X-Forwarded-Proto": "https"}).post("/session", json=RESIDENT)
    assert "secure" in flags_of(answer)


def test_signing_in_never_takes_over_a_token_that_was_there_before(
    served: ServerForTests, people: Mapping[Role, Person]
) -> None:
    planted = "A" * 43
    answer = served.client({"Cookie": f"coverslip_session={planted}"}).post("/session", json=RESIDENT)
    assert answer.status_code == 200
    assert cookie_of(answer) != planted
    assert served.client({"Cookie": f"coverslip_session={planted}"}).get("/session").status_code == 401


def test_signing_in_again_ends_the_session_held_before(served: ServerForTests, people: Mapping[Role, Person]) -> None:
    first = served.client().post("/session", json=RESIDENT)
    held = served.client({"Cookie": f"coverslip_session={cookie_of(first)}"})
    assert held.get("/session").status_code == 200
    second = held.post("/session", json={"username": "head", "password": PASSWORD})
    assert second.status_code == 200
    assert held.get("/session").status_code == 401


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(
    served: ServerForTests, people: Mapping[Role, Person]
) -> None:
    wrong = served.client().post("/session", json={"username": "resident", "password": "wrong"})
    unknown = served.client().post("/session", json={"username": "nobody.here", "password": "wrong"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "LOGIN_FAILED")
    assert unknown.json() == wrong.json()
    assert "set-cookie" not in wrong.headers


def test_guessing_is_slowed_down_even_when_the_last_guess_is_right(
    served: ServerForTests, people: Mapping[Role, Person]
) -> None:
    client = served.client()
    answers = [client.post("/session", json={"username": "resident", "password": f"guess {n}"}) for n in range(12)]
    assert [answer.status_code for answer in answers[:5]] == [401] * 5
    throttled = answers[-1]
    assert (throttled.status_code, throttled.json()["error"]["code"]) == (429, "LOGIN_THROTTLED")
    assert int(throttled.headers["retry-after"]) >= 1
    assert client.post("/session", json=RESIDENT).status_code == 429


@pytest.mark.parametrize("body", [{}, {"username": "resident"}, {"username": ["resident"], "password": {}}, [], "x"])
def test_a_sign_in_that_is_none_is_told_so(served: ServerForTests, body: object) -> None:
    answer = served.client().post("/session", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "INVALID_INPUT")


def test_a_password_is_taken_as_typed(served: ServerForTests, people: Mapping[Role, Person]) -> None:
    padded = {"username": "resident", "password": f" {PASSWORD} "}
    assert served.client().post("/session", json=padded).status_code == 401


def test_after_signing_out_the_cookie_opens_nothing(client_of: ClientOf, served: ServerForTests) -> None:
    client = client_of(Role.PATHOLOGIST)
    token = client.cookies["coverslip_session"]
    answer = client.delete("/session")
    assert answer.status_code == 204
    assert "max-age=0" in flags_of(answer)
    assert served.client({"Cookie": f"coverslip_session={token}"}).get("/cases").status_code == 401


def test_a_closed_account_is_out_at_once(client_of: ClientOf, people: Mapping[Role, Person]) -> None:
    resident = client_of(Role.RESIDENT)
    closed = client_of(Role.ADMINISTRATOR).patch(f"/people/{people[Role.RESIDENT].id}", json={"active": False})
    assert closed.status_code == 200
    assert resident.get("/cases").status_code == 401


def test_a_new_password_from_the_administrator_must_be_changed_before_anything_else(
    client_of: ClientOf, served: ServerForTests, people: Mapping[Role, Person]
) -> None:
    given = client_of(Role.ADMINISTRATOR).post(f"/people/{people[Role.RESIDENT].id}/password").json()["password"]
    client = served.sign_in("resident", given)
    assert client.get("/session").json()["must_change_password"] is True
    refused = client.get("/cases")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "PASSWORD_MUST_CHANGE")
    changed = client.post("/session/password", json={"current": given, "new": "ein langer Satz mit 4 Zahlen"})
    assert changed.status_code == 204
    assert client.get("/cases").status_code == 200


def test_changing_the_password_ends_the_other_sessions(client_of: ClientOf) -> None:
    here, elsewhere = client_of(Role.RESIDENT), client_of(Role.RESIDENT)
    body = {"current": PASSWORD, "new": "ein langer Satz mit 4 Zahlen"}
    assert here.post("/session/password", json=body).status_code == 204
    assert (here.get("/session").status_code, elsewhere.get("/session").status_code) == (200, 401)


def test_an_idle_session_ends(
    database: Database, blob_store: BlobStore, people: Mapping[Role, Person], superuser_url: str
) -> None:
    from coverslip.testing.database import execute

    with serving(database, blob_store) as server:
        client = server.sign_in("resident")
        execute(superuser_url, "UPDATE sessions SET last_seen_at = now() - interval '61 minutes'")
        assert client.get("/session").status_code == 401


def test_no_answer_holds_a_password_hash(
    client_of: ClientOf, database: Database, people: Mapping[Role, Person]
) -> None:
    with database.transaction(Actor.system(people[Role.HEAD].organization_id)) as tx:
        kept = people_queries.list_people(tx)[0].password_hash
    administrator = client_of(Role.ADMINISTRATOR)
    for answer in (administrator.get("/people"), administrator.get("/session")):
        assert kept not in answer.text
        assert "argon2" not in answer.text
