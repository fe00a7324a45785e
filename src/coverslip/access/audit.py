"""The audit trail: recording events, and proving that nobody changed them afterwards.

Every event carries a SHA-256 over itself and the hash of the event before it. The database computes it when the
event is written; `verify` computes it again here, so that the database is not its own only witness.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from coverslip.records.queries.audit import ChainLink, chain
from coverslip.records.transaction import PendingAuditEvent, Transaction

Outcome = Literal["success", "denied", "failed"]

GENESIS = "0" * 64
"""What the first event of a chain has for the hash before it."""


def record(
    tx: Transaction,
    action: str,
    *,
    object_type: str,
    object_id: UUID | None,
    case_id: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
    outcome: Outcome = "success",
) -> None:
    """Write one event in the transaction's own commit: both stand or neither does.

    `action` is `noun.verb` (`case.read`, `report.sign`); `detail` holds JSON values, identifiers rather than names.
    """
    tx.events.append(PendingAuditEvent(action, object_type, object_id, case_id, outcome, dict(detail or {})))


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """Where a chain does not hold: `kind` is `changed`, `missing` or `unlinked`."""

    number: int
    kind: Literal["changed", "missing", "unlinked"]


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What walking a chain found; `head` is the last hash, worth keeping outside the database."""

    events: int
    head: str
    breaks: tuple[ChainBreak, ...]


def link_hash(link: ChainLink) -> str:
    """The hash that an event ought to have, lower-case hex."""
    covered = json.dumps(list(link.texts), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(covered.encode("utf-8")).hexdigest()


def inspect(tx: Transaction) -> ChainReport:
    """Walk the chain of the transaction's organization from its first event to its last."""
    breaks: list[ChainBreak] = []
    expected, previous, events = 1, GENESIS, 0
    for link in chain(tx):
        events += 1
        if link.number != expected:
            breaks.append(ChainBreak(expected, "missing"))
        elif link.previous_hash != previous:
            breaks.append(ChainBreak(link.number, "unlinked"))
        if link_hash(link) != link.hash:
            breaks.append(ChainBreak(link.number, "changed"))
        expected, previous = link.number + 1, link.hash
    return ChainReport(events, previous, tuple(breaks))


def verify(tx: Transaction) -> list[ChainBreak]:
    """Every place where the chain of the transaction's organization is broken; empty when it holds."""
    return list(inspect(tx).breaks)
