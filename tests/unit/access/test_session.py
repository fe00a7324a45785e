"""Signing in: what is kept, when it ends, and how guessing is slowed down."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import replace

import psycopg
import pytest

from coverslip.access import password, session
from coverslip.access.errors import LoginFailed, LoginThrottled, PasswordWrong
from coverslip.access.identity import SignedIn
from coverslip.access.permission import Permission
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization, Person
from coverslip.records.queries.audit import AuditFilter, list_events
from coverslip.records.queries.session import Failures
from coverslip.testing.database import PASSWORD, execute
from coverslip.vocabulary.roles import Role

ADDRESS = "192.0.2.7"


@pytest.fixture
def signed_in(database: Database, people: Mapping[Role, Person]) -> SignedIn:
    return session.sign_in(database, " Pathologist ", PASSWORD, ADDRESS, "Firefox")


@pytest.fixture
def long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first wait outlasts the slowest machine's test."""
    monkeypatch.setattr(session, "BY_USERNAME", replace(session.BY_USERNAME, first_seconds=250.0))


def _fail(database: Database, username: str = "pathologist", address: str = ADDRESS) -> None:
    with pytest.raises(LoginFailed):
        session.sign_in(database, username, "wrong password", address, None)


def _actions(database: Database, organization: Organization) -> list[tuple[str, str]]:
    with database.transaction(Actor.system(organization.id)) as tx:
        return [(listed.event.action, listed.event.outcome) for listed in list_events(tx, AuditFilter())]


def test_the_person_behind_a_token_is_known_again(database: Database, signed_in: SignedIn) -> None:
    identity = session.resolve(database, signed_in.token)
    assert identity is not None
    assert identity.person.username == "pathologist"
    assert identity.actor.roles == {Role.PATHOLOGIST}
    assert identity.actor == signed_in.actor
    assert identity.csrf_token == signed_in.csrf_token
    assert Permission.REPORT_SIGN in identity.permissions
    assert identity.person.organization.code == "QH"


def test_the_token_is_kept_nowhere(database: Database, signed_in: SignedIn, superuser_url: str) -> None:
    kept = str(execute(superuser_url, "SELECT s::text FROM sessions s"))
    assert signed_in.token not in kept
    assert session.token_hash(signed_in.token) in kept
    assert len(signed_in.token) >= 43


def test_an_invented_token_is_nobody(database: Database, signed_in: SignedIn) -> None:
    assert session.resolve(database, signed_in.token[:-1] + "_") is None
    assert session.resolve(database, "") is None


def test_signing_out_ends_the_session(database: Database, signed_in: SignedIn) -> None:
    session.sign_out(database, signed_in.token)
    assert session.resolve(database, signed_in.token) is None
    session.sign_out(database, signed_in.token)


@pytest.mark.parametrize(
    "aged",
    [
        "UPDATE sessions SET last_seen_at = now() - interval '61 minutes'",
        "UPDATE sessions SET expires_at = now() - interval '1 second'",
    ],
)
def test_a_session_ends_by_idleness_and_by_age(
    database: Database, signed_in: SignedIn, superuser_url: str, aged: str
) -> None:
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(aged.encode())
    assert session.resolve(database, signed_in.token) is None


def test_use_keeps_a_session_awake_but_not_beyond_its_age(
    database: Database, signed_in: SignedIn, superuser_url: str
) -> None:
    expires = execute(superuser_url, "SELECT expires_at FROM sessions")
    execute(superuser_url, "UPDATE sessions SET last_seen_at = now() - interval '59 minutes'")
    assert session.resolve(database, signed_in.token) is not None
    assert execute(superuser_url, "SELECT now() - last_seen_at < interval '1 minute' FROM sessions") == [(True,)]
    assert execute(superuser_url, "SELECT expires_at FROM sessions") == expires


def test_a_closed_account_signs_nobody_in_and_shows_nobody(
    database: Database, signed_in: SignedIn, superuser_url: str
) -> None:
    execute(superuser_url, "UPDATE people SET active = false WHERE username = 'pathologist'")
    assert session.resolve(database, signed_in.token) is None
    with pytest.raises(LoginFailed):
        session.sign_in(database, "pathologist", PASSWORD, ADDRESS, None)


def test_signing_in_stands_in_the_audit_trail_and_so_does_failing(
    database: Database, organization: Organization, people: Mapping[Role, Person]
) -> None:
    _fail(database)
    token = session.sign_in(database, "pathologist", PASSWORD, ADDRESS, None).token
    session.sign_out(database, token)
    assert _actions(database, organization) == [
        ("session.sign_out", "success"),
        ("session.sign_in", "success"),
        ("session.sign_in", "failed"),
    ]


@pytest.mark.usefixtures("long_waits")
def test_failures_make_the_next_attempt_wait_even_with_the_right_password(
    database: Database, people: Mapping[Role, Person]
) -> None:
    for _ in range(session.BY_USERNAME.free):
        _fail(database)
    with pytest.raises(LoginThrottled):
        session.sign_in(database, "pathologist", PASSWORD, "192.0.2.8", None)
    session.sign_in(database, "resident", PASSWORD, ADDRESS, None)


@pytest.mark.usefixtures("long_waits")
def test_an_unknown_username_is_throttled_alike(database: Database, people: Mapping[Role, Person]) -> None:
    for _ in range(session.BY_USERNAME.free):
        _fail(database, "nobody")
    with pytest.raises(LoginThrottled):
        session.sign_in(database, "nobody", PASSWORD, ADDRESS, None)


def test_the_wait_is_over_after_its_time_and_a_success_forgives(
    database: Database, people: Mapping[Role, Person], superuser_url: str
) -> None:
    for _ in range(session.BY_USERNAME.free):
        _fail(database)
    execute(superuser_url, "UPDATE login_attempts SET at = at - interval '2 minutes'")
    session.sign_in(database, "pathologist", PASSWORD, ADDRESS, None)
    _fail(database)
    session.sign_in(database, "pathologist", PASSWORD, ADDRESS, None)


def test_the_wait_grows_with_each_failure_up_to_a_limit() -> None:
    waits = [session.BY_USERNAME.wait(Failures(count, 0.0)) for count in (4, 5, 6, 7, 8, 30, 4000)]
    assert waits == [0, 1, 2, 4, 8, 300, 300]


@pytest.mark.usefixtures("long_waits")
def test_guessing_in_parallel_gains_nothing(database: Database, people: Mapping[Role, Person]) -> None:
    outcomes: list[type[Exception]] = []

    def guess() -> None:
        try:
            session.sign_in(database, "pathologist", "wrong password", ADDRESS, None)
        except (LoginFailed, LoginThrottled) as error:
            outcomes.append(type(error))

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(LoginFailed) == session.BY_USERNAME.free
    assert len(outcomes) == 12


def test_an_address_is_throttled_over_all_usernames(
    database: Database, people: Mapping[Role, Person], superuser_url: str
) -> None:
    execute(
        superuser_url,
        "INSERT INTO login_attempts (username, address, succeeded)"
        " SELECT 'user' || n, %s, false FROM generate_series(1, %s) n",
        [ADDRESS, session.BY_ADDRESS.free],
    )
    with pytest.raises(LoginThrottled):
        session.sign_in(database, "resident", PASSWORD, ADDRESS, None)
    session.sign_in(database, "resident", PASSWORD, "192.0.2.9", None)


def test_an_unknown_username_takes_as_long_as_a_wrong_password(
    database: Database, people: Mapping[Role, Person], superuser_url: str
) -> None:
    slow = password.hashed(PASSWORD)
    execute(superuser_url, "UPDATE people SET password_hash = %s", [slow])
    password.nobodys()

    def seconds(username: str) -> float:
        best = 9.0
        for _ in range(3):
            started = time.perf_counter()
            _fail(database, username, "192.0.2.44")
            best = min(best, time.perf_counter() - started)
        return best

    known, unknown = seconds("pathologist"), seconds("stranger")
    assert unknown > known / 2


def test_signing_a_report_asks_for_the_own_password(
    database: Database, organization: Organization, signed_in: SignedIn
) -> None:
    session.check_password(database, signed_in.actor, PASSWORD)
    with pytest.raises(PasswordWrong):
        session.check_password(database, signed_in.actor, "wrong password")
    assert ("session.password_check", "failed") in _actions(database, organization)


@pytest.mark.usefixtures("long_waits")
def test_the_password_before_a_signature_cannot_be_guessed_either(database: Database, signed_in: SignedIn) -> None:
    for _ in range(session.BY_USERNAME.free):
        with pytest.raises(PasswordWrong):
            session.check_password(database, signed_in.actor, "wrong password")
    with pytest.raises(LoginThrottled):
        session.check_password(database, signed_in.actor, PASSWORD)


def test_a_weakly_hashed_password_is_hashed_anew_when_it_is_used(
    database: Database, signed_in: SignedIn, superuser_url: str
) -> None:
    kept = execute(superuser_url, "SELECT password_hash FROM people WHERE username = 'pathologist'")[0][0]
    assert "m=65536" in kept
    session.sign_in(database, "pathologist", PASSWORD, ADDRESS, None)


def test_a_person_changes_the_language_of_the_screen(database: Database, signed_in: SignedIn) -> None:
    with database.transaction(signed_in.actor) as tx:
        session.set_locale(tx, "en")
    identity = session.resolve(database, signed_in.token)
    assert identity is not None
    assert identity.person.locale == "en"
