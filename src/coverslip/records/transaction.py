"""One transaction in the name of one actor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from coverslip.records.actor import Actor
from coverslip.records.models import Base

Row = TypeVar("Row", bound=Base)


@dataclass(frozen=True, slots=True)
class PendingAuditEvent:
    """An event of the audit trail that is appended when the transaction commits."""

    action: str
    object_type: str
    object_id: UUID | None
    case_id: UUID | None
    outcome: str
    detail: Mapping[str, Any]


@dataclass(slots=True)
class Transaction:
    """What services hand to the functions of `records.queries`.

    `session` is SQLAlchemy's and used only inside `records`. Audit events wait until the commit: the lock that keeps
    their chain in order is then the last one taken and held for a moment only, so it can never deadlock.
    """

    actor: Actor
    session: Session
    events: list[PendingAuditEvent] = field(default_factory=list)
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    """Called once the transaction is durable; never when it rolled back."""

    @property
    def organization_id(self) -> UUID:
        """The hospital the transaction stands for; an error where the actor has none."""
        if self.actor.organization_id is None:
            raise LookupError("this actor stands for no organization")
        return self.actor.organization_id

    def stand_for(self, actor: Actor) -> None:
        """Go on in the name of this actor: from here on the rows of their organization are seen."""
        self.session.execute(
            text(
                "SELECT set_config('coverslip.organization_id', :organization, true),"
                " set_config('coverslip.person_id', :person, true)"
            ),
            {"organization": str(actor.organization_id or ""), "person": str(actor.person_id or "")},
        )
        self.actor = actor

    def add(self, row: Row) -> Row:
        """Insert a row at once; what the database filled in (id, times, defaults) is then on it."""
        self.session.add(row)
        self.session.flush()
        return row

    def flush(self) -> None:
        """Write pending changes of rows, so that constraints speak up here."""
        self.session.flush()

    def notify(self, channel: str, payload: str) -> None:
        """Tell listeners, when and only if the transaction commits."""
        self.session.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload})

    def raw_connection(self) -> psycopg.Connection[Any]:
        """The transaction's own psycopg connection, for what is not SQLAlchemy's (the job queue)."""
        connection = self.session.connection().connection.driver_connection
        assert isinstance(connection, psycopg.Connection)
        return connection
