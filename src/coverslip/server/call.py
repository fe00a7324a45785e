"""One request as a route sees it: who asks, by which rule, in which transaction."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from starlette.requests import Request

from coverslip.access import audit, session
from coverslip.access.identity import Identity
from coverslip.records.actor import Actor
from coverslip.records.errors import DatabaseUnavailable
from coverslip.records.queries import session as sessions
from coverslip.records.transaction import Transaction
from coverslip.server.errors import NotSignedIn
from coverslip.server.permissions import Rule
from coverslip.server.services import Services


@dataclass(frozen=True, slots=True)
class Call:
    """A request that the guard let in."""

    services: Services
    rule: Rule
    identity: Identity | None
    token: str | None
    address: str | None
    user_agent: str | None
    https: bool
    """Whether the browser came by HTTPS, by the proxy's word."""

    @property
    def person(self) -> Identity:
        """Who is signed in; raises `NotSignedIn` on a public route without a session."""
        if self.identity is None:
            raise NotSignedIn()
        return self.identity

    @property
    def actor(self) -> Actor:
        """In whose name records are read and written."""
        return self.person.actor

    @property
    def secure_cookie(self) -> bool:
        """Whether the session cookie is to travel by HTTPS only."""
        return self.https or self.services.settings.secure_cookies

    def transaction(self) -> AbstractContextManager[Transaction]:
        """A transaction in the caller's name."""
        return self.services.database.transaction(self.actor)

    def refreshed(self) -> Identity:
        """Who is signed in, read again after a change of themselves."""
        identity = session.resolve(self.services.database, self.token or "", self.address, self.services.settings)
        if identity is None:
            raise NotSignedIn()
        return identity

    def holds(self) -> bool:
        """Whether the session still holds; asking does not count as using it."""
        assert self.actor.session_id is not None
        idle = timedelta(minutes=self.services.settings.session_idle_minutes)
        now = datetime.now(UTC)
        try:
            with self.transaction() as tx:
                row = sessions.session(tx, self.actor.session_id)
        except DatabaseUnavailable:
            return False
        return row is not None and row.revoked_at is None and row.expires_at > now and row.last_seen_at > now - idle

    def record(
        self,
        tx: Transaction,
        object_type: str,
        object_id: UUID | None = None,
        *,
        case_id: UUID | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Write the route's own action to the audit trail, for what no service records."""
        assert self.rule.action is not None
        audit.record(tx, self.rule.action, object_type=object_type, object_id=object_id, case_id=case_id, detail=detail)

    def record_look(
        self,
        tx: Transaction,
        object_type: str,
        object_id: UUID | None,
        *,
        case_id: UUID | None = None,
        part: str = "",
    ) -> None:
        """The same for what a page asks for again and again: once in ten minutes of a session."""
        assert self.rule.action is not None
        self.services.looks.record(
            tx, self.rule.action, object_type=object_type, object_id=object_id, case_id=case_id, part=part
        )


async def _current(request: Request) -> Call:
    call = request.state.call
    assert isinstance(call, Call)
    return call


Caller = Annotated[Call, Depends(_current)]
"""Type of a route's `call` parameter."""
