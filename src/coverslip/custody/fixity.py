"""Every stored byte is read again and compared with its checksum, within a cycle of days; damage is repaired, and told.

Nothing is mended silently: each damage is a row, an event of the audit trail and a line on the storage page. Damaged
bytes are set aside, not overwritten, and stay until a person releases them. Without a second copy they stay where they
are and the finding stays open.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.custody.errors import AlreadyEnded
from coverslip.errors import NotFound
from coverslip.jobs.app import defer
from coverslip.jobs.task import Work, task
from coverslip.records.actor import Actor
from coverslip.records.models import Blob, FixityCheck, FixityFinding
from coverslip.records.queries import custody
from coverslip.records.queries.organization import all_organizations
from coverslip.records.transaction import Transaction
from coverslip.storage.blobs import BlobStore
from coverslip.storage.errors import BlobCorrupt, BlobMissing, StorageFull, StorageUnavailable
from coverslip.storage.pieces import as_file
from coverslip.storage.place import Place, aside_name, verify

logger = logging.getLogger(__name__)

QUEUE = "custody"
BLOBS_AT_ONCE = 200
PlaceName = Literal["hot", "cold", "replica"]


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong with a blob in one place."""

    place: PlaceName
    kind: Literal["wrong", "missing"]
    found: str | None


def ask_for_check(tx: Transaction) -> None:
    """Have everything of the organization compared now. Raises `PermissionDenied`."""
    require(tx.actor, Permission.STORAGE_MANAGE)
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
            due = custody.due_for_check(tx, before, BLOBS_AT_ONCE + len(seen))
        fresh = [row for row in due if row.digest not in seen][:BLOBS_AT_ONCE]
        if not fresh:
            break
        for row in fresh:
            work.give_way()
            if not _check_blob(work, actor, check_id, row):
                seen.add(row.digest)
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


def _check_blob(work: Work, actor: Actor, check_id: UUID, row: Blob) -> bool:
    """Compare one blob wherever it lies, and repair it; False where a place did not answer."""
    assert actor.organization_id is not None
    try:
        damages = damages_of(work.blobs, actor.organization_id, row)
    except (StorageUnavailable, StorageFull) as error:
        logger.warning("custody.unreadable", extra={"digest": row.digest, "code": error.code})
        with work.database.transaction(actor) as tx:
            custody.check(tx, check_id).unreadable += 1
        return False
    for damage in damages:
        _report(work, actor, check_id, row, damage)
        _repair(work, actor, check_id, row, damage)
    with work.database.transaction(actor) as tx:
        done = custody.check(tx, check_id)
        done.checked += 1
        done.checked_bytes += row.size_bytes
        custody.set_checked(tx, row.digest)
        for place in ("hot", "cold", "replica"):
            still = custody.open_finding(tx, row.digest, place)
            if still is not None and place not in {damage.place for damage in damages}:
                still.status, still.settled_at = "gone", datetime.now(UTC)
    return True


def places_of(blobs: BlobStore) -> Mapping[PlaceName, Place]:
    """All places of a store, the replica included."""
    named: dict[PlaceName, Place] = dict(blobs.places.items())
    if blobs.replica is not None:
        named["replica"] = blobs.replica
    return named


def damages_of(blobs: BlobStore, organization_id: UUID, row: Blob) -> list[Damage]:
    """Read a blob in every place where it should be. Raises `StorageUnavailable`."""
    damages = []
    for name, place in places_of(blobs).items():
        expected = row.replicated_at is not None if name == "replica" else name == row.tier
        try:
            if not expected and (name == "replica" or place.size(organization_id, row.digest) is None):
                continue
            verify(place, organization_id, row.digest)
        except BlobCorrupt as error:
            damages.append(Damage(name, "wrong", str(error.parameters["found"])))
        except BlobMissing:
            if expected and row.moving_to is None:
                damages.append(Damage(name, "missing", None))
    return damages


def _report(work: Work, actor: Actor, check_id: UUID, row: Blob, damage: Damage) -> None:
    with work.database.transaction(actor) as tx:
        done = custody.check(tx, check_id)
        setattr(done, damage.kind, getattr(done, damage.kind) + 1)
        if custody.open_finding(tx, row.digest, damage.place) is None:
            tx.add(
                FixityFinding(
                    check_id=check_id, digest=row.digest, place=damage.place, kind=damage.kind, found=damage.found
                )
            )
        detail = {"digest": row.digest, "place": damage.place, "kind": damage.kind}
        audit.record(tx, "storage.damage", object_type="blob", object_id=None, detail=detail, outcome="failed")
    logger.error("custody.damage", extra={"digest": row.digest, "place": damage.place, "kind": damage.kind})


def _repair(work: Work, actor: Actor, check_id: UUID, row: Blob, damage: Damage) -> None:
    """From the first other place whose bytes are right; nothing is touched where there is none."""
    assert actor.organization_id is not None
    places = places_of(work.blobs)
    source = _sound_copy(places, actor.organization_id, row.digest, damage.place)
    if source is None:
        return
    place, aside = places[damage.place], None
    try:
        if damage.kind == "wrong":
            aside = aside_name(actor.organization_id, row.digest)
            place.set_aside(actor.organization_id, row.digest, aside)
        with as_file(places[source].pieces(actor.organization_id, row.digest)) as reading:
            place.put(actor.organization_id, reading, row.size_bytes, row.digest)
        verify(place, actor.organization_id, row.digest)
    except (StorageUnavailable, StorageFull, BlobCorrupt, BlobMissing) as error:
        logger.warning("custody.not_repaired", extra={"digest": row.digest, "code": error.code})
        if aside is None:
            return
        source = None
    work.blobs.cache.forget(actor.organization_id, row.digest)
    with work.database.transaction(actor) as tx:
        finding = custody.open_finding(tx, row.digest, damage.place)
        assert finding is not None
        finding.aside = aside
        if source is None:
            return
        finding.status, finding.repaired_from, finding.settled_at = "repaired", source, datetime.now(UTC)
        custody.check(tx, check_id).repaired += 1
        detail = {"digest": row.digest, "place": damage.place, "from": source, "aside": aside is not None}
        audit.record(tx, "storage.repair", object_type="blob", object_id=None, detail=detail)


def _sound_copy(
    places: Mapping[PlaceName, Place], organization_id: UUID, digest: str, apart_from: PlaceName
) -> PlaceName | None:
    for name, place in places.items():
        if name == apart_from:
            continue
        try:
            verify(place, organization_id, digest)
        except (BlobCorrupt, BlobMissing, StorageUnavailable):
            continue
        return name
    return None


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
