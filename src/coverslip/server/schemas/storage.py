"""How the hospital's bytes are kept: where they lie, rules, holds, checks, what may be removed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from coverslip.cases.status import CaseStatus
from coverslip.server.schemas.common import Given, PersonRef, Shown

Tier = Literal["hot", "cold"]
StoragePlace = Literal["hot", "cold", "replica"]
RuleAction = Literal["cold", "retain"]
FindingKind = Literal["wrong", "missing"]
FindingStatus = Literal["open", "repaired"]
Reason = Annotated[str, Field(min_length=2, max_length=2000)]


class TierUse(Shown):
    """What lies in one tier."""

    tier: Tier
    blobs: int
    size_bytes: int


class ReplicaState(Shown):
    """How many blobs have their second copy, wait for it, could not be copied."""

    copied: int
    waiting: int
    failed: int


class FixityCheck(Shown):
    """One run over stored bytes; `finished_at` null: it is going on, or was cut short."""

    id: UUID
    started_at: datetime
    finished_at: datetime | None
    checked: int
    checked_bytes: int
    wrong: int
    missing: int
    repaired: int
    unreadable: int


class StorageOverview(Shown):
    """How the bytes stand. `remote`: read from object storage through a cache of `cache_limit` bytes on this server.

    `overdue`: something was not compared with its checksum within `fixity_days` and a week.
    """

    tiers: list[TierUse]
    cold_there: bool
    remote: bool
    replica: ReplicaState | None
    fixity_days: int
    longest_unchecked: datetime | None
    overdue: bool
    last_check: FixityCheck | None
    open_findings: int
    to_release: int
    cache_used: int
    cache_limit: int


class FixityFinding(Shown):
    """Bytes that were not what they were. `set_aside`: the damaged bytes are kept until somebody releases them."""

    id: UUID
    digest: str
    place: StoragePlace
    kind: FindingKind
    found_at: datetime
    status: FindingStatus
    repaired_from: StoragePlace | None
    set_aside: bool


class FixityFindings(Shown):
    """What is open, and damaged bytes that nobody has released."""

    items: list[FixityFinding]


class StorageRule(Shown):
    """A rule in force; `case_status` null: slides of any case."""

    id: UUID
    action: RuleAction
    case_status: CaseStatus | None
    idle_days: int | None
    keep_years: int | None
    back_when_opened: bool
    automatic: bool
    created_by: PersonRef
    created_at: datetime


class StorageRules(Shown):
    """The rules in force."""

    items: list[StorageRule]


class NewStorageRule(Given):
    """`cold` needs `idle_days`, `retain` needs `keep_years`."""

    action: RuleAction
    case_status: CaseStatus | None = None
    idle_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    keep_years: Annotated[int, Field(ge=1, le=100)] | None = None
    back_when_opened: bool = True
    automatic: bool = False


class LegalHold(Shown):
    """A hold in force; `slide_label` null: on the whole case."""

    id: UUID
    case_id: UUID | None
    accession_number: str | None
    slide_id: UUID | None
    slide_label: str | None
    reason: str
    placed_by: PersonRef
    placed_at: datetime


class LegalHolds(Shown):
    """The holds in force."""

    items: list[LegalHold]


class NewLegalHold(Given):
    """On a case by its number, or on one slide."""

    accession_number: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    slide_id: UUID | None = None
    reason: Reason


class HoldRelease(Given):
    """Why a hold ends."""

    reason: Reason


class ExpiredSlide(Shown):
    """A slide whose time of keeping was over at `until`."""

    slide_id: UUID
    slide_label: str
    case_id: UUID
    accession_number: str
    size_bytes: int | None
    until: datetime
    automatic: bool


class ExpiredSlides(Shown):
    """What may be removed."""

    items: list[ExpiredSlide]


class Removal(Given):
    """Slides to remove for good, and why."""

    slide_ids: Annotated[list[UUID], Field(min_length=1, max_length=500)]
    reason: Reason


class Removed(Shown):
    """How many slides were removed."""

    removed: int
