"""Second copies: every blob is copied to the replica after it came in; how far that is stands in the register."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from uuid import UUID

from coverslip.access import audit
from coverslip.jobs.task import Work, task
from coverslip.records.actor import Actor
from coverslip.records.queries import custody
from coverslip.records.queries.organization import all_organizations
from coverslip.storage.errors import BlobCorrupt, BlobMissing, StorageFull, StorageUnavailable
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
    replica = work.blobs.replica
    assert replica is not None
    actor = Actor.system(organization_id)
    try:
        if replica.size(organization_id, digest) is None:
            with as_file(_pieces(work, organization_id, digest)) as reading:
                replica.put(organization_id, reading, work.blobs.size(organization_id, digest), digest)
        verify(replica, organization_id, digest)
    except (BlobCorrupt, BlobMissing, *OUTAGE) as error:
        with work.database.transaction(actor) as tx:
            custody.set_replicated(tx, digest, error.code)
            detail = {"digest": digest, "code": error.code}
            audit.record(tx, "storage.replica", object_type="blob", object_id=None, detail=detail, outcome="failed")
        logger.warning("custody.not_replicated", extra={"digest": digest, "code": error.code})
        if isinstance(error, OUTAGE):
            raise
        return False
    with work.database.transaction(actor) as tx:
        custody.set_replicated(tx, digest)
    return True


def _pieces(work: Work, organization_id: UUID, digest: str) -> Iterator[bytes]:
    for place in work.blobs.places.values():
        if place.size(organization_id, digest) is not None:
            return place.pieces(organization_id, digest)
    raise BlobMissing(digest=digest)
