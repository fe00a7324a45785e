"""An organization's rules: which slides go to the cold place, and how long slides are kept at least.

A rule is never changed, only ended and replaced, so that what was in force on a day can be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.cases.status import CaseStatus
from coverslip.custody.errors import AlreadyEnded, NoColdStorage
from coverslip.errors import InvalidInput, NotFound
from coverslip.records.models import StorageRule
from coverslip.records.queries import custody
from coverslip.records.transaction import Transaction
from coverslip.storage.blobs import BlobStore

LONGEST_DAYS, LONGEST_YEARS = 36_500, 100


@dataclass(frozen=True, slots=True)
class NewRule:
    """What a person wants. `cold` needs `idle_days`, `retain` needs `keep_years`; `case_status` None: any."""

    action: Literal["cold", "retain"]
    case_status: str | None = None
    idle_days: int | None = None
    keep_years: int | None = None
    back_when_opened: bool = True
    automatic: bool = False
    """Remove without a person when the time of keeping is over."""


def list_rules(tx: Transaction) -> list[StorageRule]:
    """The rules in force, oldest first."""
    require(tx.actor, Permission.STORAGE_READ)
    audit.record(tx, "storage.rules", object_type="organization", object_id=tx.organization_id)
    return custody.rules(tx)


def add_rule(tx: Transaction, blobs: BlobStore, given: NewRule) -> StorageRule:
    """Put a rule into force. Raises `PermissionDenied`, `InvalidInput`, `NoColdStorage`."""
    require(tx.actor, Permission.STORAGE_MANAGE)
    assert tx.actor.person_id is not None
    if given.case_status is not None and given.case_status not in {status.value for status in CaseStatus}:
        allowed = ", ".join(status.value for status in CaseStatus)
        raise InvalidInput(field="case_status", problem="not_one_of", value=given.case_status, allowed=allowed)
    if given.action == "cold":
        if blobs.cold is None:
            raise NoColdStorage()
        if given.idle_days is None or not 1 <= given.idle_days <= LONGEST_DAYS:
            raise InvalidInput(field="idle_days", problem="days_range", most=LONGEST_DAYS)
    elif given.keep_years is None or not 1 <= given.keep_years <= LONGEST_YEARS:
        raise InvalidInput(field="keep_years", problem="years_range", most=LONGEST_YEARS)
    cold = given.action == "cold"
    row = tx.add(
        StorageRule(
            action=given.action,
            case_status=given.case_status,
            idle_days=given.idle_days if cold else None,
            keep_years=None if cold else given.keep_years,
            back_when_opened=given.back_when_opened,
            automatic=given.automatic and not cold,
            created_by=tx.actor.person_id,
        )
    )
    detail = {
        "action": row.action,
        "case_status": row.case_status,
        "idle_days": row.idle_days,
        "keep_years": row.keep_years,
        "automatic": row.automatic,
    }
    audit.record(tx, "storage.rule_add", object_type="storage_rule", object_id=row.id, detail=detail)
    return row


def end_rule(tx: Transaction, rule_id: UUID) -> StorageRule:
    """Take a rule out of force. Raises `PermissionDenied`, `NotFound`, `AlreadyEnded`."""
    require(tx.actor, Permission.STORAGE_MANAGE)
    row = custody.rule(tx, rule_id)
    if row is None:
        raise NotFound(field="rule")
    if row.ended_at is not None:
        raise AlreadyEnded()
    row.ended_at, row.ended_by = datetime.now(UTC), tx.actor.person_id
    tx.flush()
    audit.record(tx, "storage.rule_end", object_type="storage_rule", object_id=row.id)
    return row
