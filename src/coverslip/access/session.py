"""Signing in and out; sessions live on the server, the browser holds only a random token.

Guessing is slowed down by the username and by the address it comes from: after some failures each further one has to
wait longer, up to a limit. An attempt is written down before the password is looked at, so guessing in parallel does
not help; an unknown username costs the same time as a wrong password.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from coverslip.access import audit, password
from coverslip.access.errors import LoginFailed, LoginThrottled, PasswordWrong
from coverslip.access.identity import Identity, SignedIn
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Person, Session
from coverslip.records.queries import person as people
from coverslip.records.queries import session as sessions
from coverslip.records.transaction import Transaction
from coverslip.settings import Settings, settings
from coverslip.vocabulary.roles import Role

LONGEST_USERNAME = 200
ATTEMPTS_KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Throttle:
    """After `free` failures within `window` each further attempt waits twice as long, at most `longest_seconds`."""

    free: int
    window: timedelta
    longest_seconds: float
    first_seconds: float = 1.0

    def wait(self, failures: sessions.Failures) -> float:
        """Seconds still to wait, 0 when the next attempt may come."""
        over = failures.count - self.free
        if over < 0:
            return 0.0
        delay = min(self.longest_seconds, self.first_seconds * 2.0 ** min(over, 30))
        return max(0.0, delay - failures.seconds_since)


BY_USERNAME = Throttle(free=5, window=timedelta(hours=1), longest_seconds=300)
BY_ADDRESS = Throttle(free=50, window=timedelta(hours=1), longest_seconds=300)
"""An address may be a whole hospital's."""


def sign_in(
    database: Database,
    username: str,
    typed: str,
    address: str | None,
    user_agent: str | None,
    configured: Settings | None = None,
) -> SignedIn:
    """Begin a session. Raises `LoginFailed`, or `LoginThrottled` without looking at the password."""
    username = normal_username(username)
    with database.transaction(Actor.nobody(address)) as tx:
        attempt = _admit(tx, username, address)
        account = people.account(tx, username)
    right = password.matches(account.password_hash if account else password.nobodys(), typed[: password.LONGEST * 4])
    if account is None:
        raise LoginFailed
    actor = Actor(account.organization_id, account.person_id, address=address)
    if not (right and account.active):
        with database.transaction(actor) as tx:
            reason = "password" if account.active else "inactive"
            audit.record(
                tx,
                "session.sign_in",
                object_type="person",
                object_id=account.person_id,
                detail={"reason": reason},
                outcome="failed",
            )
        raise LoginFailed
    with database.transaction(actor) as tx:
        sessions.note_success(tx, attempt)
        person = _person(tx, account.person_id)
        if password.outdated(account.password_hash):
            person.password_hash = password.hashed(typed)
        return _begin(tx, person, user_agent, configured or settings())


def _admit(tx: Transaction, username: str, address: str | None) -> int:
    """Number of the attempt, written down as failed; raises `LoginThrottled`."""
    sessions.lock_username(tx, username)
    wait = BY_USERNAME.wait(sessions.failures_of_username(tx, username, BY_USERNAME.window))
    if address is not None:
        wait = max(wait, BY_ADDRESS.wait(sessions.failures_of_address(tx, address, BY_ADDRESS.window)))
    if wait > 0:
        raise LoginThrottled(seconds=int(wait) + 1)
    return sessions.note_attempt(tx, username, address)


def _begin(tx: Transaction, person: Person, user_agent: str | None, configured: Settings) -> SignedIn:
    token, csrf_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    row = tx.add(
        Session(
            person_id=person.id,
            token_hash=token_hash(token),
            csrf_token=csrf_token,
            expires_at=datetime.now(UTC) + timedelta(hours=configured.session_hours),
            address=tx.actor.address,
            user_agent=(user_agent or "")[:400] or None,
        )
    )
    actor = _actor(person, row.id, tx.actor.address)
    tx.actor = actor
    audit.record(tx, "session.sign_in", object_type="session", object_id=row.id)
    return SignedIn(actor=actor, person=person, csrf_token=csrf_token, token=token)


def resolve(
    database: Database, token: str, address: str | None = None, configured: Settings | None = None
) -> Identity | None:
    """The person behind a token, or None where the session has ended, idled out or was never there."""
    idle = timedelta(minutes=(configured or settings()).session_idle_minutes)
    with database.transaction(Actor.nobody()) as tx:
        live = sessions.resolve(tx, token_hash(token), idle)
        if live is None:
            return None
        tx.stand_for(Actor(live.organization_id, live.person_id, live.session_id))
        person, session = _person(tx, live.person_id), sessions.session(tx, live.session_id)
        assert session is not None
        return Identity(
            actor=_actor(person, live.session_id, address or session.address),
            person=person,
            csrf_token=session.csrf_token,
        )


def sign_out(database: Database, token: str) -> None:
    """End the session of a token; nothing happens where there is none."""
    identity = resolve(database, token)
    if identity is None or identity.actor.session_id is None:
        return
    with database.transaction(identity.actor) as tx:
        sessions.revoke(tx, identity.actor.session_id)
        audit.record(tx, "session.sign_out", object_type="session", object_id=identity.actor.session_id)


def check_password(database: Database, actor: Actor, typed: str) -> None:
    """Ask the signed-in person for the password again, before a signature; throttled like signing in.

    Raises `PasswordWrong`, `LoginThrottled`. Call it outside the transaction that signs: argon2 takes its time.
    """
    assert actor.person_id is not None
    with database.transaction(actor) as tx:
        person = _person(tx, actor.person_id)
        attempt = _admit(tx, person.username, actor.address)
    right = person.active and password.matches(person.password_hash, typed[: password.LONGEST * 4])
    with database.transaction(actor) as tx:
        if right:
            sessions.note_success(tx, attempt)
        else:
            audit.record(tx, "session.password_check", object_type="person", object_id=person.id, outcome="failed")
    if not right:
        raise PasswordWrong(field="password")


def set_locale(tx: Transaction, locale: Literal["zh-CN", "en"]) -> Person:
    """Change the language of the signed-in person."""
    assert tx.actor.person_id is not None
    person = _person(tx, tx.actor.person_id)
    person.locale = locale
    audit.record(tx, "session.locale", object_type="person", object_id=person.id, detail={"locale": locale})
    return person


def forget_old_attempts(tx: Transaction) -> int:
    """Remove attempts to sign in that no throttle asks for any more; returns how many."""
    return sessions.forget_attempts(tx, datetime.now(UTC) - ATTEMPTS_KEPT)


def token_hash(token: str) -> str:
    """What is kept of a session's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def normal_username(username: str) -> str:
    """Usernames are compared without regard to case and outer blanks."""
    return username.strip().casefold()[:LONGEST_USERNAME]


def _actor(person: Person, session_id: UUID, address: str | None) -> Actor:
    roles = frozenset(Role(held.role) for held in person.roles)
    return Actor(person.organization_id, person.id, session_id, address, roles)


def _person(tx: Transaction, person_id: UUID) -> Person:
    person = people.person(tx, person_id)
    assert person is not None
    return person
