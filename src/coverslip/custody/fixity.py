"""Every stored byte is read again and compared with its checksum, within a cycle of days; damage is repaired, and told.

Nothing is mended silently: each damage is a row, an event of the audit trail and a line on the storage page. Damaged
bytes are set aside, not overwritten, and stay until a person releases them. Without a second copy they stay where they
are and the finding stays open.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from uuid import UUID

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.custody.alone import blob_alone
from coverslip.custody.errors import AlreadyEnded
from coverslip.custody.repair import Damage, damages_of, places_of, repair, report
from coverslip.custody.tiers import settle
from coverslip.errors import NotFound
from coverslip.jobs.app import defer
from coverslip.jobs.task import Work, task
from coverslip.records.actor import Actor
from coverslip.records.models import Blob, FixityCheck, FixityFinding
from coverslip.records.queries import custody
from coverslip.records.queries.organization import all_organizations
from coverslip.records.transaction import Transaction
from coverslip.storage.blobs import BlobStore
from coverslip.storage.errors import BlobCorrupt, BlobMissing, BlobUnreadable, StorageFull, StorageUnavailable

logger = logging.getLogger(__name__)

QUEUE = "custody"
BLOBS_AT_ONCE = 200


def ask_for_check(tx: Transaction) -> None:
    """Have everything of the organization compared now. Raises `PermissionDenied`."""
    require(tx.actor, Permission.STORAGE_MANAGE)
    custody.try_replicas_now(tx)
    audit.record(tx, "storage.check_ask", object_type="organization", object_id=tx.organization_id)
    arguments = {"organization_id": str(tx.organization_id), "asked_by": str(tx.actor.person_id)}
    defer(tx, "check_everything", QUEUE, arguments, lock=f"fixity-{tx.organization_id}")


@task("check_fixity", queue=QUEUE, cron="41 2 * * *")
def check_fixity(work: Work) -> None:
    """Every night: compare what was compared the longest ago, so that everything is within the cycle."""
    before = datetime.now(UTC) - timedelta(days=work.settings.fixity_days)
    with work.database.transaction(Actor.nobody()) as tx:
        organizations = [organization.id for organization in all_organizations(tx)]
    for organization_id in organizations:
        # A night may be too short for all of it: the next one then leaves the hospital to the check that still runs.
        with work.database.alone(f"fixity {organization_id}", wait=False) as alone:
            if alone:
                check(work, organization_id, before)


@task("check_everything", queue=QUEUE)
def check_everything(work: Work, *, organization_id: str, asked_by: str) -> None:
    """Compare everything of one organization, because a person asked."""
    check(work, UUID(organization_id), datetime.now(UTC), UUID(asked_by))


def check(work: Work, organization_id: UUID, before: datetime, asked_by: UUID | None = None) -> FixityCheck | None:
    """Compare the blobs that were last compared before then; None where there are none. The row is kept up to date."""
    actor = Actor.system(organization_id)
    before = min(before, datetime.now(UTC))  # nothing is compared twice in one run
    with work.database.transaction(actor) as tx:
        if asked_by is None and not custody.due_for_check(tx, before, 1):
            return None
        check_id = tx.add(FixityCheck(asked_by=asked_by)).id
    seen: set[str] = set()
    while True:
        with work.database.transaction(actor) as tx:
            due = [row.digest for row in custody.due_for_check(tx, before, BLOBS_AT_ONCE + len(seen))]
        fresh = [digest for digest in due if digest not in seen][:BLOBS_AT_ONCE]
        if not fresh:
            break
        for digest in fresh:
            work.give_way()
            if not _check_blob(work, actor, check_id, digest, before):
                seen.add(digest)
    with work.database.transaction(actor) as tx:
        done = custody.check(tx, check_id)
        done.finished_at = datetime.now(UTC)
        tx.flush()
        detail = {name: getattr(done, name) for name in ("checked", "wrong", "missing", "repaired", "unreadable")}
        sound = not (done.wrong or done.missing or done.unreadable)
        outcome: audit.Outcome = "success" if sound else "failed"
        audit.record(
            tx, "storage.check", object_type="fixity_check", object_id=check_id, detail=detail, outcome=outcome
        )
        return done


def _check_blob(work: Work, actor: Actor, check_id: UUID, digest: str, before: datetime) -> bool:
    """Compare one blob wherever it lies, and repair it; False where a place did not answer.

    The list it stood in may be hours old: a blob that was removed or compared since is passed over.
    """
    assert actor.organization_id is not None
    with blob_alone(work.database, actor.organization_id, digest):
        with work.database.transaction(actor) as tx:
            row = custody.blob(tx, digest)
        if row is None or (row.checked_at or row.created_at) >= before:
            return True
        try:
            damages = damages_of(work.blobs, actor.organization_id, row)
            for damage in damages:
                if report(work, actor, check_id, digest, damage):
                    repair(work, actor, check_id, digest, damage)
            _settle(work, actor.organization_id, digest)
        except (StorageUnavailable, StorageFull) as error:
            logger.warning("custody.unreadable", extra={"digest": digest, "code": error.code})
            with work.database.transaction(actor) as tx:
                custody.check(tx, check_id).unreadable += 1
            return False
        _note(work, actor, check_id, row, damages)
    return True


def _settle(work: Work, organization_id: UUID, digest: str) -> None:
    """A blob in both places stays where the register says; damage that could not be repaired leaves both."""
    try:
        settle(work, organization_id, digest)
    except (BlobCorrupt, BlobMissing, BlobUnreadable) as error:
        logger.warning("custody.not_settled", extra={"digest": digest, "code": error.code})


def _note(work: Work, actor: Actor, check_id: UUID, row: Blob, damages: list[Damage]) -> None:
    with work.database.transaction(actor) as tx:
        done = custody.check(tx, check_id)
        done.checked += 1
        done.checked_bytes += row.size_bytes
        custody.set_checked(tx, row.digest)
        for place in ("hot", "cold", "replica"):
            still = custody.open_finding(tx, row.digest, place)
            if still is not None and place not in {damage.place for damage in damages}:
                still.status, still.settled_at = "gone", datetime.now(UTC)


def list_findings(tx: Transaction) -> list[FixityFinding]:
    """What is open, and damaged bytes that nobody has released."""
    require(tx.actor, Permission.STORAGE_READ)
    audit.record(tx, "storage.findings", object_type="organization", object_id=tx.organization_id)
    return custody.findings(tx)


def release(tx: Transaction, blobs: BlobStore, finding_id: UUID) -> FixityFinding:
    """Let the damaged bytes of a repaired finding go for good.

    Raises `PermissionDenied`, `NotFound`, `AlreadyEnded`, `StorageUnavailable`.
    """
    require(tx.actor, Permission.STORAGE_MANAGE)
    row = custody.finding(tx, finding_id)
    if row is None or row.aside is None or row.status == "open":
        raise NotFound(field="finding")
    if row.released_at is not None:
        raise AlreadyEnded()
    place = places_of(blobs).get(row.place)  # type: ignore[call-overload]  # one of the words of the column
    if place is not None:
        place.drop_aside(row.aside)
    row.released_at, row.released_by = datetime.now(UTC), tx.actor.person_id
    tx.flush()
    detail = {"digest": row.digest, "place": row.place}
    audit.record(tx, "storage.damage_release", object_type="fixity_finding", object_id=row.id, detail=detail)
    return row
