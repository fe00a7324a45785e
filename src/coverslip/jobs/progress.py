"""How far things are, told to whoever has a page open: PostgreSQL's NOTIFY, nothing stored."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal
from uuid import UUID

import psycopg

from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.errors import DatabaseUnavailable
from coverslip.records.transaction import Transaction

CHANNEL = "coverslip_live"

_SHOWN = {
    "reading": ("id", "slide_id", "case_id", "status", "tiles_done", "tiles_total", "seconds_left"),
    "slide": ("id", "case_id", "status", "tiles_done", "tiles_total"),
    "case": ("id", "status", "revision"),
    "upload": ("id", "status", "bytes_done", "bytes_total"),
}


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """Something changed: the object's kind, id and status; a hint to look again, never the record itself."""

    organization_id: UUID
    type: Literal["reading", "slide", "case", "upload"]
    id: UUID
    status: str
    case_id: UUID | None = None
    slide_id: UUID | None = None
    tiles_done: int | None = None
    tiles_total: int | None = None
    seconds_left: float | None = None
    revision: int | None = None
    bytes_done: int | None = None
    bytes_total: int | None = None

    def page_data(self) -> dict[str, str | int | float | None]:
        """What a page is told, as JSON values."""
        values = {name: getattr(self, name) for name in _SHOWN[self.type]}
        return {name: str(value) if isinstance(value, UUID) else value for name, value in values.items()}

    def payload(self) -> str:
        """As it travels between processes."""
        return json.dumps(asdict(self), default=str, separators=(",", ":"))

    @classmethod
    def from_payload(cls, payload: str) -> LiveEvent:
        """The event that travelled."""
        values: dict[str, Any] = json.loads(payload)
        for name in ("organization_id", "id", "case_id", "slide_id"):
            values[name] = UUID(values[name]) if values[name] is not None else None
        return cls(**values)


def publish(target: Transaction | Database, event: LiveEvent) -> None:
    """Tell every listener: at once, or when and only if the transaction commits."""
    if isinstance(target, Transaction):
        target.notify(CHANNEL, event.payload())
        return
    with target.transaction(Actor.system(event.organization_id)) as tx:
        tx.notify(CHANNEL, event.payload())


async def listen(database: Database, listening: Callable[[], None] = lambda: None) -> AsyncIterator[LiveEvent]:
    """Every event of every organization from the moment `listening` is called.

    Raises `DatabaseUnavailable` when the connection is lost.
    """
    try:
        connection = await psycopg.AsyncConnection.connect(
            database.url, autocommit=True, application_name="coverslip-live", connect_timeout=5
        )
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            listening()
            async for notification in connection.notifies():
                yield LiveEvent.from_payload(notification.payload)
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(problem="database_lost", technical=str(error).strip().split("\n", 1)[0]) from error
