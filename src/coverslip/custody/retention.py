"""How long slides are kept, and their removal: listed first, then removed by a person who says why.

Without a rule nothing is ever removed. A rule without `automatic` only says when a person may. Reports, readings and
the audit trail stay whatever a rule says: what goes are the bytes of slides and the pictures of their labels, and the
slide's row says that they went. The slides of a case that is not closed are never over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.cases.status import CaseStatus
from coverslip.custody.errors import RetentionNotOver, SlideRemoved, UnderLegalHold
from coverslip.custody.forget import forget_later
from coverslip.errors import InvalidInput, NotFound
from coverslip.jobs.task import Work, task
from coverslip.records.actor import Actor
from coverslip.records.models import Case, Slide
from coverslip.records.queries import blob as blobs
from coverslip.records.queries import custody
from coverslip.records.queries import slide as slides
from coverslip.records.queries.organization import all_organizations
from coverslip.records.transaction import Transaction

SHORTEST_REASON = 2
LISTED, AT_ONCE = 500, 50
CLOSED = (CaseStatus.SIGNED, CaseStatus.CANCELLED)
"""Cases whose slides can be over: signed ones count from sign-out, cancelled ones from the day they were received."""


@dataclass(frozen=True, slots=True)
class _Term:
    years: int
    automatic: bool


@dataclass(frozen=True, slots=True)
class Expired:
    """A slide that may be removed, and the rules' last word on it."""

    slide: Slide
    case: Case
    until: datetime
    """When the time of keeping was over."""
    automatic: bool


def list_expired(tx: Transaction) -> list[Expired]:
    """Slides whose time of keeping is over and which are under no hold, the longest over first, `LISTED` at most."""
    require(tx.actor, Permission.STORAGE_READ)
    audit.record(tx, "storage.expired", object_type="organization", object_id=tx.organization_id)
    return _expired(tx, LISTED)


def remove(tx: Transaction, slide_ids: Sequence[UUID], reason: str) -> int:
    """Remove the bytes of these slides for good; returns how many slides.

    All or none. Raises `PermissionDenied`, `InvalidInput`, `NotFound`, `UnderLegalHold`, `RetentionNotOver`.
    """
    require(tx.actor, Permission.STORAGE_REMOVE)
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise InvalidInput(field="reason", problem="required")
    if not slide_ids:
        raise InvalidInput(field="slide_ids", problem="required")
    wanted = sorted(set(slide_ids))
    rows = _locked(tx, wanted)
    over = {expired.slide.id for expired in _expired(tx, len(wanted), only=wanted)}
    for slide_id, row in zip(wanted, rows, strict=True):
        if row is None:
            raise NotFound(field="slide_ids")
        if custody.is_held(tx, slide_id):
            raise UnderLegalHold(slide=row.label)
        if slide_id not in over:
            raise RetentionNotOver(slide=row.label)
    return _remove(tx, [row for row in rows if row is not None], reason)


@task("remove_expired", queue="custody", cron="7 3 * * *")
def remove_expired(work: Work) -> None:
    """Every night: what a rule says may go without a person, a few slides in a transaction."""
    with work.database.transaction(Actor.nobody()) as tx:
        organizations = [organization.id for organization in all_organizations(tx)]
    for organization_id in organizations:
        while True:
            work.give_way()
            with work.database.transaction(Actor.system(organization_id)) as tx:
                wanted = [expired.slide.id for expired in _expired(tx, AT_ONCE, automatic=True)]
                rows = _locked(tx, sorted(wanted))
                # Once they are locked they are asked for again: a hold or a rule may have come in between.
                over = {expired.slide.id for expired in _expired(tx, AT_ONCE, only=wanted, automatic=True)}
                removed = _remove(tx, [row for row in rows if row is not None and row.id in over], "rule")
            if not removed:
                break


def _locked(tx: Transaction, slide_ids: Sequence[UUID]) -> list[Slide | None]:
    """The slides, theirs until the transaction ends; nobody names or forgets bytes meanwhile."""
    slides.lock_register(tx, to_forget=True)
    return [slides.slide(tx, slide_id, for_update=True) for slide_id in slide_ids]


def _remove(tx: Transaction, rows: Sequence[Slide], reason: str) -> int:
    of_slide = {row.id: _digests(row) for row in rows}
    every = {digest for digests in of_slide.values() for digest in digests}
    free = every - blobs.needed_elsewhere(tx, every, list(of_slide)) if every else set()
    for row in rows:
        digests = of_slide[row.id]
        detail = {"reason": reason, "digests": digests, "content_digest": row.content_digest}
        audit.record(tx, "storage.remove", object_type="slide", object_id=row.id, case_id=row.case_id, detail=detail)
        for digest in digests:
            if digest in free:
                custody.unregister(tx, digest)
        custody.forget_content(tx, row.id, SlideRemoved.code)
    forget_later(tx, free)
    return len(rows)


def _digests(row: Slide) -> list[str]:
    """Of the slide's files, of the levels made for it, of its label, macro and thumbnail."""
    companion = [] if row.companion_digest is None else [row.companion_digest]
    pictures = (row.properties or {}).get("pictures", {}).values()
    return list(dict.fromkeys([*(file.digest for file in row.files), *companion, *map(str, pictures)]))


def _expired(
    tx: Transaction, most: int, *, only: Sequence[UUID] | None = None, automatic: bool = False
) -> list[Expired]:
    """Every rule that means a slide must be over; where several do, all of them must allow an automatic removal."""
    terms = _terms(tx)
    if automatic:
        terms = {status: term for status, term in terms.items() if term.automatic}
    now = datetime.now(UTC)
    before = {status: _years_before(now, term.years) for status, term in terms.items()}
    found = []
    for slide, case in custody.expired_slides(tx, before, most, only):
        term = terms[case.status]
        until = _years_before(case.signed_at or case.received_at, -term.years)
        found.append(Expired(slide, case, until, term.automatic))
    return found


def _terms(tx: Transaction) -> dict[str, _Term]:
    """How long slides are kept, by the status of their case; a case that is not closed has no term."""
    rules = [rule for rule in custody.rules(tx) if rule.action == "retain"]
    terms = {}
    for status in CLOSED:
        meant = [rule for rule in rules if rule.case_status in (None, status.value)]
        if meant:
            years = max(rule.keep_years or 0 for rule in meant)
            terms[status.value] = _Term(years, all(rule.automatic for rule in meant))
    return terms


def _years_before(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:  # the 29th of February
        return moment.replace(year=moment.year - years, day=28)
