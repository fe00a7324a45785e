"""Second copies: every blob is copied to the replica after it came in; how far that is stands in the register.

One that fails is tried again after 5 minutes, 10, 20, up to 6 hours, so that it holds up no other; a person who asks
for a check has it tried at once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from uuid import UUID

from coverslip.access import audit
from coverslip.custody.alone import blob_alone
from coverslip.custody.repair import damage_in, repair, report
from coverslip.jobs.task import Work, task
from coverslip.records.actor import Actor
from coverslip.records.models import Blob
from coverslip.records.queries import custody
from coverslip.records.queries.organization import all_organizations
from coverslip.storage.errors import BlobCorrupt, BlobMissing, BlobUnreadable, StorageFull, StorageUnavailable
from coverslip.storage.pieces import as_file
from coverslip.storage.place import verify

logger = logging.getLogger(__name__)

BLOBS_A_RUN = 1000
OUTAGE = (StorageFull, StorageUnavailable)


@task("copy_to_replica", queue="custody", cron="*/5 * * * *")
def copy_to_replica(work: Work) -> None:
    """Every five minutes: copy what came in since."""
    if work.blobs.replica is None:
        return
    with work.database.transaction(Actor.nobody()) as tx:
        organizations = [organization.id for organization in all_organizations(tx)]
    for organization_id in organizations:
        with work.database.transaction(Actor.system(organization_id)) as tx:
            digests = [row.digest for row in custody.not_replicated(tx, BLOBS_A_RUN)]
        for digest in digests:
            work.give_way()
            copy(work, organization_id, digest)


def copy(work: Work, organization_id: UUID, digest: str) -> bool:
    """Copy one blob to the replica and compare it there; False where the blob itself is damaged or missing.

    Raises `StorageFull`, `StorageUnavailable`, once the register says so.
    """
    actor = Actor.system(organization_id)
    with blob_alone(work.database, organization_id, digest):
        with work.database.transaction(actor) as tx:
            row = custody.blob(tx, digest)
        if row is None or row.replicated_at is not None:
            return True
        try:
            _copy(work, actor, row)
        except (BlobCorrupt, BlobMissing, *OUTAGE) as error:
            _note_failure(work, actor, row, error.code)
            if isinstance(error, OUTAGE) and not isinstance(error, BlobUnreadable):
                raise
            return False
        with work.database.transaction(actor) as tx:
            custody.set_replicated(tx, digest)
    return True


def _copy(work: Work, actor: Actor, row: Blob) -> None:
    """What lies there already and is not right is set aside, as a check does it, before the copy is made again."""
    replica = work.blobs.replica
    assert replica is not None
    organization_id = row.organization_id
    if replica.size(organization_id, row.digest) is None:
        with as_file(_pieces(work, organization_id, row.digest)) as reading:
            replica.put(organization_id, reading, row.size_bytes, row.digest)
        verify(replica, organization_id, row.digest)
        return
    damage = damage_in(replica, "replica", organization_id, row.digest)
    if damage is None:
        return
    open_already = _is_known(work, actor, row.digest)
    if not open_already and not report(work, actor, None, row.digest, damage):
        return
    if not repair(work, actor, None, row.digest, damage):
        raise BlobCorrupt(digest=row.digest, found=str(damage.found))


def _is_known(work: Work, actor: Actor, digest: str) -> bool:
    with work.database.transaction(actor) as tx:
        return custody.open_finding(tx, digest, "replica") is not None


def _note_failure(work: Work, actor: Actor, row: Blob, code: str) -> None:
    """In the register each time, in the audit trail when it is another failure than the last."""
    with work.database.transaction(actor) as tx:
        custody.set_replicated(tx, row.digest, code)
        if row.replica_failure != code:
            detail = {"digest": row.digest, "code": code}
            audit.record(tx, "storage.replica", object_type="blob", object_id=None, detail=detail, outcome="failed")
    logger.warning("custody.not_replicated", extra={"digest": row.digest, "code": code})


def _pieces(work: Work, organization_id: UUID, digest: str) -> Iterator[bytes]:
    for place in work.blobs.places.values():
        if place.size(organization_id, digest) is not None:
            return place.pieces(organization_id, digest)
    raise BlobMissing(digest=digest)
