"""How long slides are kept, and their removal: listed first, then removed by a person who says why.

Without a rule nothing is ever removed. A rule without `automatic` only says when a person may. Reports, readings and
the audit trail stay whatever a rule says: what goes are the bytes of slides, and the slide's row says that they went.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.custody.errors import RetentionNotOver, SlideRemoved, UnderLegalHold
from coverslip.errors import InvalidInput, NotFound
from coverslip.jobs.task import Work, task
from coverslip.records.actor import Actor
from coverslip.records.models import Case, Slide, StorageRule
from coverslip.records.queries import custody
from coverslip.records.queries import slide as slides
from coverslip.records.queries.organization import all_organizations
from coverslip.records.transaction import Transaction
from coverslip.storage.blobs import BlobStore

logger = logging.getLogger(__name__)

SHORTEST_REASON = 2


@dataclass(frozen=True, slots=True)
class Expired:
    """A slide that may be removed, and the rules' last word on it."""

    slide: Slide
    case: Case
    until: datetime
    """When the time of keeping was over."""
    automatic: bool


def list_expired(tx: Transaction) -> list[Expired]:
    """Slides whose time of keeping is over and which are under no hold, longest ago first."""
    require(tx.actor, Permission.STORAGE_READ)
    audit.record(tx, "storage.expired", object_type="organization", object_id=tx.organization_id)
    return _expired(tx)


def remove(tx: Transaction, blobs: BlobStore, slide_ids: Sequence[UUID], reason: str) -> int:
    """Remove the bytes of these slides for good; returns how many slides.

    All or none. Raises `PermissionDenied`, `InvalidInput`, `NotFound`, `UnderLegalHold`, `RetentionNotOver`.
    """
    require(tx.actor, Permission.STORAGE_REMOVE)
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise InvalidInput(field="reason", problem="required")
    if not slide_ids:
        raise InvalidInput(field="slide_ids", problem="required")
    return _remove(tx, blobs, sorted(set(slide_ids)), reason)


@task("remove_expired", queue="custody", cron="7 3 * * *")
def remove_expired(work: Work) -> None:
    """Every night: what a rule says may go without a person."""
    with work.database.transaction(Actor.nobody()) as tx:
        organizations = [organization.id for organization in all_organizations(tx)]
    for organization_id in organizations:
        with work.database.transaction(Actor.system(organization_id)) as tx:
            over = [expired.slide.id for expired in _expired(tx) if expired.automatic]
            if over:
                _remove(tx, work.blobs, over, "rule")


def _remove(tx: Transaction, blobs: BlobStore, slide_ids: Sequence[UUID], reason: str) -> int:
    over = {expired.slide.id for expired in _expired(tx)}
    gone: set[str] = set()
    slides.lock_register(tx)
    for slide_id in slide_ids:
        row = slides.slide(tx, slide_id, for_update=True)
        if row is None:
            raise NotFound(field="slide_ids")
        if custody.is_held(tx, slide_id):
            raise UnderLegalHold(slide=row.label)
        if slide_id not in over:
            raise RetentionNotOver(slide=row.label)
        digests = [file.digest for file in row.files]
        digests += [row.companion_digest] if row.companion_digest is not None else []
        detail = {"reason": reason, "digests": digests, "content_digest": row.content_digest}
        audit.record(tx, "storage.remove", object_type="slide", object_id=slide_id, case_id=row.case_id, detail=detail)
        free = set(digests) - custody.still_needed(tx, digests, slide_id)
        for digest in sorted(free):
            custody.unregister(tx, digest)
        custody.forget_content(tx, slide_id, SlideRemoved.code)
        gone |= free
    organization_id = tx.organization_id
    # Bytes go once the rows say so for good; what is left behind by a crash in between, `coverslip check` names.
    tx.after_commit.append(lambda: _delete(blobs, organization_id, gone))
    return len(slide_ids)


def _delete(blobs: BlobStore, organization_id: UUID, digests: set[str]) -> None:
    for digest in sorted(digests):
        blobs.delete(organization_id, digest)


def _expired(tx: Transaction) -> list[Expired]:
    """Every rule that means a slide must be over; where several do, all of them must allow an automatic removal."""
    rules = [rule for rule in custody.rules(tx) if rule.action == "retain"]
    now = datetime.now(UTC)
    found: dict[UUID, Expired] = {}
    for rule in rules:
        for slide, case in custody.expired_slides(tx, rule.case_status, _years_before(now, rule.keep_years or 0)):
            until = _until(case, rules)
            if until is None or until > now:
                continue
            automatic = all(other.automatic for other in rules if _means(other, case))
            found[slide.id] = Expired(slide, case, until, automatic)
    return sorted(found.values(), key=lambda expired: (expired.until, expired.slide.id))


def _until(case: Case, rules: Sequence[StorageRule]) -> datetime | None:
    closed = case.signed_at or case.received_at
    years = [rule.keep_years or 0 for rule in rules if _means(rule, case)]
    return _years_before(closed, -max(years)) if years else None


def _means(rule: StorageRule, case: Case) -> bool:
    return rule.case_status is None or rule.case_status == case.status


def _years_before(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:  # the 29th of February
        return moment.replace(year=moment.year - years, day=28)
