"""What `coverslip serve` does on the side."""

from __future__ import annotations

from sqlalchemy import func, select, update

from coverslip.access import session
from coverslip.cli.serve import DAY_SECONDS, Chores
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import LoginAttempt
from coverslip.records.queries.session import note_attempt


def attempts(database: Database, *, fresh: int, aged: int) -> None:
    with database.transaction(Actor.nobody()) as tx:
        for _ in range(aged):
            note_attempt(tx, "somebody", "192.0.2.1")
        past = func.now() - session.ATTEMPTS_KEPT - session.ATTEMPTS_KEPT
        tx.session.execute(update(LoginAttempt).values(at=past))
        for _ in range(fresh):
            note_attempt(tx, "somebody", "192.0.2.1")


def kept(database: Database) -> int:
    with database.transaction(Actor.nobody()) as tx:
        return tx.session.scalar(select(func.count()).select_from(LoginAttempt)) or 0


def test_old_attempts_to_sign_in_are_forgotten_at_the_start_and_once_a_day(database: Database) -> None:
    now = 0.0
    chores = Chores(database, lambda: now)
    attempts(database, fresh=1, aged=2)
    chores()
    assert kept(database) == 1
    attempts(database, fresh=0, aged=1)
    chores()
    assert kept(database) == 2, "not due again"
    now = DAY_SECONDS
    chores()
    assert kept(database) == 0
