"""Bytes that left the register leave the store: by a job that commits with the row, so that nothing stays by a crash.

The same bytes may come in again meanwhile. So each blob is taken alone, under the register's lock, and stays where it
stands in the register again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

from coverslip.access import audit
from coverslip.custody.alone import blob_alone
from coverslip.jobs.app import defer
from coverslip.jobs.task import Work, task
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Blob
from coverslip.records.queries import blob as blobs_of
from coverslip.records.queries import custody
from coverslip.records.queries import slide as slides
from coverslip.records.transaction import Transaction
from coverslip.storage.blobs import BlobStore
from coverslip.storage.fixity import FRESH_SECONDS

QUEUE = "custody"
ATTEMPTS = 50
"""With a minute between them; what then remains, `coverslip check` names."""


def forget_later(tx: Transaction, digests: Collection[str]) -> None:
    """Have the bytes of blobs that this transaction takes off the register removed once it is durable."""
    if digests:
        arguments = {"organization_id": str(tx.organization_id), "digests": ",".join(sorted(digests))}
        defer(tx, "forget_blobs", QUEUE, arguments)


@task("forget_blobs", queue=QUEUE, attempts=ATTEMPTS)
def forget_blobs(work: Work, *, organization_id: str, digests: str) -> None:
    """Remove these bytes from every place, unless the register knows them again."""
    for digest in digests.split(","):
        work.give_way()
        forget(work.database, work.blobs, UUID(organization_id), digest)


def unneeded(tx: Transaction) -> list[Blob]:
    """Registered bytes that no row has needed for a day and more: those of a failed slide that was replaced."""
    return blobs_of.unneeded_blobs(tx, datetime.now(UTC) - timedelta(seconds=FRESH_SECONDS))


def forget_unneeded(database: Database, blobs: BlobStore, organization_id: UUID, digest: str) -> bool:
    """Take one of `unneeded` off the register and remove it; False where it is needed again."""
    with database.transaction(Actor.system(organization_id)) as tx:
        slides.lock_register(tx, to_forget=True)
        if digest not in {row.digest for row in unneeded(tx)}:
            return False
        custody.unregister(tx, digest)
        audit.record(tx, "storage.forget", object_type="blob", object_id=None, detail={"digest": digest})
    return forget(database, blobs, organization_id, digest)


def forget(database: Database, blobs: BlobStore, organization_id: UUID, digest: str) -> bool:
    """Remove one blob from every place; False where the register knows it. Raises `StorageUnavailable`."""
    with (
        blob_alone(database, organization_id, digest),
        database.transaction(Actor.system(organization_id)) as tx,
    ):
        slides.lock_register(tx, to_forget=True)
        if slides.is_registered(tx, digest):
            return False
        blobs.delete(organization_id, digest)
    return True
