"""How the hospital's bytes are kept."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from coverslip.custody import fixity, holds, retention, rules
from coverslip.custody.overview import overview
from coverslip.custody.rules import NewRule
from coverslip.records.queries import custody
from coverslip.server.call import Caller
from coverslip.server.guard import GuardedRoute
from coverslip.server.schemas.storage import (
    ExpiredSlides,
    FixityFinding,
    FixityFindings,
    HoldRelease,
    LegalHold,
    LegalHolds,
    NewLegalHold,
    NewStorageRule,
    Removal,
    Removed,
    StorageOverview,
    StorageRule,
    StorageRules,
)
from coverslip.server.views import storage as views

router = APIRouter(prefix="/storage", route_class=GuardedRoute, tags=["storage"])


@router.get("")
def read_storage(call: Caller) -> StorageOverview:
    """Sizes by tier, the state of the second copies and of the checks."""
    with call.transaction() as tx:
        return StorageOverview.model_validate(overview(tx, call.services.blobs, call.services.settings))


@router.post("/checks", status_code=202)
def ask_for_check(call: Caller) -> None:
    """Have every byte of the hospital compared with its checksum now, by a worker."""
    with call.transaction() as tx:
        fixity.ask_for_check(tx)


@router.get("/findings")
def list_findings(call: Caller) -> FixityFindings:
    """Damage that is open, and damaged bytes that nobody has released."""
    with call.transaction() as tx:
        return FixityFindings(items=[views.finding(row) for row in fixity.list_findings(tx)])


@router.post("/findings/{finding_id}/release")
def release_finding(finding_id: UUID, call: Caller) -> FixityFinding:
    """Let the damaged bytes of a repaired finding go for good."""
    with call.transaction() as tx:
        return views.finding(fixity.release(tx, call.services.blobs, finding_id))


@router.get("/rules")
def list_rules(call: Caller) -> StorageRules:
    """The rules in force."""
    with call.transaction() as tx:
        found = rules.list_rules(tx)
        people = custody.people(tx, [row.created_by for row in found])
        return StorageRules(items=[views.rule(row, people) for row in found])


@router.post("/rules", status_code=201)
def add_rule(given: NewStorageRule, call: Caller) -> StorageRule:
    """Put a rule into force."""
    with call.transaction() as tx:
        row = rules.add_rule(tx, call.services.blobs, NewRule(**given.model_dump()))
        return views.rule(row, custody.people(tx, [row.created_by]))


@router.delete("/rules/{rule_id}", status_code=204)
def end_rule(rule_id: UUID, call: Caller) -> None:
    """Take a rule out of force."""
    with call.transaction() as tx:
        rules.end_rule(tx, rule_id)


@router.get("/holds")
def list_holds(call: Caller) -> LegalHolds:
    """The legal holds in force."""
    with call.transaction() as tx:
        found = holds.list_holds(tx)
        people = custody.people(tx, [held.hold.placed_by for held in found])
        return LegalHolds(items=[views.hold(held, people) for held in found])


@router.post("/holds", status_code=201)
def place_hold(given: NewLegalHold, call: Caller) -> LegalHold:
    """Forbid the removal of a case's slides, or of one slide."""
    with call.transaction() as tx:
        held = holds.place_hold(tx, given.reason, accession_number=given.accession_number, slide_id=given.slide_id)
        return views.hold(held, custody.people(tx, [held.hold.placed_by]))


@router.post("/holds/{hold_id}/release", status_code=204)
def release_hold(hold_id: UUID, given: HoldRelease, call: Caller) -> None:
    """End a hold."""
    with call.transaction() as tx:
        holds.release_hold(tx, hold_id, given.reason)


@router.get("/expired")
def list_expired(call: Caller) -> ExpiredSlides:
    """Slides whose time of keeping is over."""
    with call.transaction() as tx:
        return ExpiredSlides(items=[views.expired(row) for row in retention.list_expired(tx)])


@router.post("/removals")
def remove_slides(given: Removal, call: Caller) -> Removed:
    """Remove slides whose time is over for good; all of those named, or none."""
    with call.transaction() as tx:
        return Removed(removed=retention.remove(tx, given.slide_ids, given.reason))
