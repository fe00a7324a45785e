"""Appending to and reading the audit trail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, cast, select, text
from sqlalchemy.orm import joinedload

from coverslip.records.models import AuditEvent, Case
from coverslip.records.transaction import Transaction

_APPEND = text(
    "SELECT coverslip_audit_append(:person_id, :session_id, :address, :action, :object_type, :object_id, :case_id,"
    " :outcome, CAST(:detail AS jsonb))"
)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which events are asked for; None leaves a question open. Times: `since` inclusive, `until` exclusive."""

    case_id: UUID | None = None
    person_id: UUID | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListedEvent:
    """An event with its person loaded, and the accession number of its case."""

    event: AuditEvent
    accession_number: str | None


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One event as it was hashed: every value as the text the database gives."""

    number: int
    texts: tuple[str | None, ...]
    """What the hash covers, the hash before first."""
    previous_hash: str
    hash: str


def append_pending(tx: Transaction) -> None:
    """Write the transaction's waiting events; the last thing before the commit."""
    actor = tx.actor
    for event in tx.events:
        tx.session.execute(
            _APPEND,
            {
                "person_id": actor.person_id,
                "session_id": actor.session_id,
                "address": actor.address,
                "action": event.action,
                "object_type": event.object_type,
                "object_id": event.object_id,
                "case_id": event.case_id,
                "outcome": event.outcome,
                "detail": json.dumps(dict(event.detail), ensure_ascii=False, allow_nan=False, default=str),
            },
        )
    tx.events.clear()


def list_events(
    tx: Transaction, wanted: AuditFilter, *, before: int | None = None, limit: int = 50
) -> list[ListedEvent]:
    """Events, newest first, `before` that number."""
    query: Select[AuditEvent, str | None] = (
        select(AuditEvent, Case.accession_number)
        .outerjoin(Case, Case.id == AuditEvent.case_id)
        .options(joinedload(AuditEvent.person))
        .order_by(AuditEvent.number.desc())
        .limit(limit)
    )
    if wanted.case_id is not None:
        query = query.where(AuditEvent.case_id == wanted.case_id)
    if wanted.person_id is not None:
        query = query.where(AuditEvent.person_id == wanted.person_id)
    if wanted.action is not None:
        query = query.where(AuditEvent.action == wanted.action)
    if wanted.since is not None:
        query = query.where(AuditEvent.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEvent.at < wanted.until)
    if before is not None:
        query = query.where(AuditEvent.number < before)
    return [ListedEvent(event, accession) for event, accession in tx.session.execute(query)]


def chain(tx: Transaction) -> Iterator[ChainLink]:
    """Every event of the organization in order, as text, streamed."""
    query = select(AuditEvent, cast(AuditEvent.detail, Text).label("detail_text")).order_by(AuditEvent.number)
    for event, detail in tx.session.execute(query.execution_options(yield_per=1000)):
        tx.session.expunge(event)
        yield ChainLink(event.number, _texts(event, detail), event.previous_hash, event.hash)


def _texts(event: AuditEvent, detail: Any) -> tuple[str | None, ...]:
    def word(value: object) -> str | None:
        return None if value is None else str(value)

    return (
        event.previous_hash,
        str(event.organization_id),
        str(event.number),
        event.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        word(event.person_id),
        word(event.session_id),
        event.address,
        event.action,
        event.object_type,
        word(event.object_id),
        word(event.case_id),
        event.outcome,
        str(detail),
    )
