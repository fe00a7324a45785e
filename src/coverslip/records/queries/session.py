"""Sessions and attempts to sign in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, insert, text, update

from coverslip.records.models import LoginAttempt, Session
from coverslip.records.transaction import Transaction


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that still holds."""

    session_id: UUID
    organization_id: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed attempts since the last success: how many, and how long ago the last one was."""

    count: int
    seconds_since: float


def resolve(tx: Transaction, token_hash: str, idle: timedelta) -> LiveSession | None:
    """The live session of a token, in any organization, through the database's own narrow function."""
    row = tx.session.execute(
        text("SELECT session_id, organization_id, person_id FROM coverslip_session_resolve(:hash, :idle)"),
        {"hash": token_hash, "idle": idle},
    ).one_or_none()
    return None if row is None else LiveSession(*row)


def session(tx: Transaction, session_id: UUID) -> Session | None:
    """One session of the organization."""
    return tx.session.get(Session, session_id)


def revoke(tx: Transaction, session_id: UUID) -> None:
    """End one session."""
    tx.session.execute(
        update(Session).where(Session.id == session_id, Session.revoked_at.is_(None)).values(revoked_at=func.now())
    )


def revoke_all(tx: Transaction, person_id: UUID, *, besides: UUID | None = None) -> None:
    """End every session of a person, one excepted."""
    query = update(Session).where(Session.person_id == person_id, Session.revoked_at.is_(None))
    if besides is not None:
        query = query.where(Session.id != besides)
    tx.session.execute(query.values(revoked_at=func.now()))


def revoke_everybody(tx: Transaction) -> None:
    """End every session of the organization."""
    tx.session.execute(update(Session).where(Session.revoked_at.is_(None)).values(revoked_at=func.now()))


def lock_username(tx: Transaction, username: str) -> None:
    """Let attempts on one username come one after another, so that parallel guessing gains nothing."""
    tx.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 1))"), {"key": f"login:{username}"})


def failures_of_username(tx: Transaction, username: str, window: timedelta) -> Failures:
    """Failed attempts on a username within the window, since its last success."""
    row = tx.session.execute(
        text(
            "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - max(at)), 0) FROM login_attempts"
            " WHERE username = :key AND NOT succeeded AND at > clock_timestamp() - CAST(:window AS interval)"
            " AND at > coalesce((SELECT max(at) FROM login_attempts WHERE username = :key AND succeeded), '-infinity')"
        ),
        {"key": username, "window": window},
    ).one()
    return Failures(int(row[0]), float(row[1]))


def failures_of_address(tx: Transaction, address: str, window: timedelta) -> Failures:
    """Failed attempts from an address within the window, successes regardless."""
    row = tx.session.execute(
        text(
            "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - max(at)), 0) FROM login_attempts"
            " WHERE address = :key AND NOT succeeded AND at > clock_timestamp() - CAST(:window AS interval)"
        ),
        {"key": address, "window": window},
    ).one()
    return Failures(int(row[0]), float(row[1]))


def note_attempt(tx: Transaction, username: str, address: str | None) -> int:
    """Write an attempt down as failed, before it is known how it ends; returns its number."""
    number = tx.session.scalar(
        insert(LoginAttempt)
        .values(username=username, address=address, succeeded=False, at=func.clock_timestamp())
        .returning(LoginAttempt.id)
    )
    assert isinstance(number, int)
    return number


def note_success(tx: Transaction, attempt: int) -> None:
    """The attempt succeeded after all."""
    tx.session.execute(update(LoginAttempt).where(LoginAttempt.id == attempt).values(succeeded=True))


def forget_attempts(tx: Transaction, before: datetime) -> int:
    """Remove attempts older than that; returns how many."""
    gone = tx.session.scalars(delete(LoginAttempt).where(LoginAttempt.at < before).returning(LoginAttempt.id)).all()
    return len(gone)
