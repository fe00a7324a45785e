"""Blobs between the hot and the cold place: copied, compared, then removed; readable all the while.

The register says first that a blob is on its way (`moving_to`), so that a move that was cut short is finished by the
next run, and a blob is never in the register's cold place without being there. One mover at a time has a blob; the
register is asked again, under the row's lock, before anything is removed.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from uuid import UUID

from coverslip.access import audit
from coverslip.custody.alone import blob_alone
from coverslip.errors import InvalidInput
from coverslip.jobs.app import defer
from coverslip.jobs.task import Work, task
from coverslip.records.actor import Actor
from coverslip.records.models import Blob, Slide
from coverslip.records.queries import custody
from coverslip.records.queries.organization import all_organizations
from coverslip.records.transaction import Transaction
from coverslip.storage.apart import shows_through
from coverslip.storage.blobs import COLD_FIELD, HOT_FIELD, BlobStore, Tier
from coverslip.storage.errors import BlobCorrupt, BlobMissing, BlobUnreadable
from coverslip.storage.pieces import as_file
from coverslip.storage.place import verify

logger = logging.getLogger(__name__)

QUEUE = "custody"
SLIDES_A_RUN = 500
OPENED_HOURS = 1.0
"""How exactly it is kept when a slide was last opened."""


def move(work: Work, organization_id: UUID, digest: str, to: Tier) -> bool:
    """Move one blob, or finish its move; False where it lies there already.

    Raises `BlobMissing`, `BlobCorrupt` (the copy that was there stays), `StorageFull`, `StorageUnavailable`.
    """
    with blob_alone(work.database, organization_id, digest):
        return _move(work, organization_id, digest, to)


def _move(work: Work, organization_id: UUID, digest: str, to: Tier) -> bool:
    source, target = work.blobs.places[_other(to)], work.blobs.places[to]
    actor = Actor.system(organization_id)
    with work.database.transaction(actor) as tx:
        row = custody.blob(tx, digest, for_update=True)
        if row is None or (row.tier == to and row.moving_to is None):
            return False
        require_two(work.blobs)
        custody.set_tier(tx, digest, moving_to=to)
    if source.size(organization_id, digest) is not None:
        if target.size(organization_id, digest) is None:
            with as_file(source.pieces(organization_id, digest)) as reading:
                target.put(organization_id, reading, row.size_bytes, digest)
        verify(target, organization_id, digest)
        with work.database.transaction(actor) as tx:
            if not _is_moving(custody.blob(tx, digest, for_update=True), to):
                return False
            custody.set_tier(tx, digest, tier=to, moving_to=to)
    elif target.size(organization_id, digest) is None:
        raise BlobMissing(digest=digest)
    with work.database.transaction(actor) as tx:
        if not _is_moving(custody.blob(tx, digest, for_update=True), to):
            return False
        source.delete(organization_id, digest)
        custody.set_tier(tx, digest, tier=to)
        audit.record(tx, "storage.move", object_type="blob", object_id=None, detail={"digest": digest, "to": to})
    return True


def settle(work: Work, organization_id: UUID, digest: str) -> bool:
    """Of a blob that lies in both places without being moved, keep the copy where the register says, once compared.

    It comes about where a slide in the cold place is sent again. The caller has the blob alone; False where there was
    nothing to do. Raises `BlobCorrupt`, `BlobMissing` (both copies stay), `StorageUnavailable`.
    """
    actor = Actor.system(organization_id)
    with work.database.transaction(actor) as tx:
        row = custody.blob(tx, digest)
    if work.blobs.cold is None or row is None or row.moving_to is not None:
        return False
    mine: Tier = "cold" if row.tier == "cold" else "hot"
    other = work.blobs.places[_other(mine)]
    if other.size(organization_id, digest) is None:
        return False
    require_two(work.blobs)
    verify(work.blobs.places[mine], organization_id, digest)
    with work.database.transaction(actor) as tx:
        row = custody.blob(tx, digest, for_update=True)
        if row is None or row.tier != mine or row.moving_to is not None:
            return False
        other.delete(organization_id, digest)
        detail = {"digest": digest, "to": mine, "twice": True}
        audit.record(tx, "storage.move", object_type="blob", object_id=None, detail=detail)
    return True


def require_two(blobs: BlobStore) -> None:
    """Raise `InvalidInput` where hot and cold place turn out to be one under two names: nothing may be removed then."""
    if blobs.cold is not None and shows_through(blobs.hot, blobs.cold):
        raise InvalidInput(field=COLD_FIELD, problem="storage_places_overlap", other=HOT_FIELD)


def _is_moving(row: Blob | None, to: Tier) -> bool:
    return row is not None and row.moving_to == to


def _other(tier: Tier) -> Tier:
    return "cold" if tier == "hot" else "hot"


@task("apply_storage_rules", queue=QUEUE, cron="23 1 * * *")
def apply_rules(work: Work) -> None:
    """Every night: finish what was begun, and move what the rules mean."""
    if work.blobs.cold is None:
        return
    with work.database.transaction(Actor.nobody()) as tx:
        organizations = [organization.id for organization in all_organizations(tx)]
    for organization_id in organizations:
        _apply_in(work, organization_id)


def _apply_in(work: Work, organization_id: UUID) -> None:
    with work.database.transaction(Actor.system(organization_id)) as tx:
        wanted: dict[str, Tier] = {
            row.digest: "hot" if row.moving_to == "hot" else "cold" for row in custody.moving(tx)
        }
        for rule in custody.rules(tx):
            if rule.action != "cold" or rule.idle_days is None:
                continue
            before = datetime.now(UTC) - timedelta(days=rule.idle_days)
            for slide in custody.idle_slides(tx, rule.case_status, before, SLIDES_A_RUN):
                wanted.update(dict.fromkeys(_digests(slide), "cold"))
    for digest, to in wanted.items():
        work.give_way()
        try:
            move(work, organization_id, digest, to)
        except (BlobMissing, BlobCorrupt, BlobUnreadable) as error:
            # A blob that is damaged is a matter for the check, which reports it; the others are moved all the same.
            logger.warning("custody.not_moved", extra={"digest": digest, "code": error.code})
    _settle_in(work, organization_id)


def _settle_in(work: Work, organization_id: UUID) -> None:
    """Slides in the cold place that were sent again lie in the hot one, too."""
    with work.database.transaction(Actor.system(organization_id)) as tx:
        cold = custody.in_tier(tx, "cold")
    if not cold:
        return
    for digest in [blob.digest for blob in work.blobs.hot.listed(organization_id) if blob.digest in cold]:
        work.give_way()
        try:
            with blob_alone(work.database, organization_id, digest):
                settle(work, organization_id, digest)
        except (BlobMissing, BlobCorrupt, BlobUnreadable) as error:
            logger.warning("custody.not_settled", extra={"digest": digest, "code": error.code})


def opened(tx: Transaction, slide: Slide) -> None:
    """Somebody opened a slide: note it, to the hour, and where a rule says so have it brought back to the hot place."""
    now = datetime.now(UTC)
    if slide.opened_at is not None and now - slide.opened_at < timedelta(hours=OPENED_HOURS):
        return
    slide.opened_at = now
    tx.flush()
    if not any(rule.action == "cold" and rule.back_when_opened for rule in custody.rules(tx)):
        return
    cold = [
        digest for digest in _digests(slide) if (row := custody.blob(tx, digest)) is not None and row.tier == "cold"
    ]
    if cold:
        arguments = {"slide_id": str(slide.id), "organization_id": str(tx.organization_id)}
        defer(tx, "warm_slide", QUEUE, {**arguments, "digests": ",".join(cold)}, lock=f"warm-{slide.id}")


@task("warm_slide", queue=QUEUE)
def warm_slide(work: Work, *, slide_id: str, organization_id: str, digests: str) -> None:
    """Bring the files of a slide back to the hot place."""
    if work.blobs.cold is None:
        return
    for digest in digests.split(","):
        work.give_way()
        move(work, UUID(organization_id), digest, "hot")


def _digests(slide: Slide) -> list[str]:
    companion = [] if slide.companion_digest is None else [slide.companion_digest]
    return [*(file.digest for file in slide.files), *companion]
