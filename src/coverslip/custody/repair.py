"""Damage of one blob: found in a place, told, and mended from a sound copy elsewhere.

Whoever calls these has the blob alone (`alone.py`). The register is asked again before anything is written: what was
removed from it meanwhile is neither damaged nor brought back.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from coverslip.access import audit
from coverslip.jobs.task import Work
from coverslip.records.actor import Actor
from coverslip.records.models import Blob, FixityFinding
from coverslip.records.queries import custody
from coverslip.storage.blobs import BlobStore
from coverslip.storage.errors import BlobCorrupt, BlobMissing, BlobUnreadable, StorageFull, StorageUnavailable
from coverslip.storage.pieces import as_file
from coverslip.storage.place import Place, aside_name, verify

logger = logging.getLogger(__name__)

PlaceName = Literal["hot", "cold", "replica"]
UNREADABLE = "unreadable"
"""What is said of bytes that a disk cannot read any more, where a digest would stand."""


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong with a blob in one place."""

    place: PlaceName
    kind: Literal["wrong", "missing"]
    found: str | None


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
        if not expected and (name == "replica" or place.size(organization_id, row.digest) is None):
            continue
        damage = damage_in(place, name, organization_id, row.digest)
        if damage is not None and (damage.kind == "wrong" or (expected and row.moving_to is None)):
            damages.append(damage)
    return damages


def damage_in(place: Place, name: PlaceName, organization_id: UUID, digest: str) -> Damage | None:
    """Read a blob in one place. Raises `StorageUnavailable` where the place does not answer.

    One file that the disk cannot read, in a place that takes and shows others, is damage like any other.
    """
    try:
        verify(place, organization_id, digest)
    except BlobCorrupt as error:
        return Damage(name, "wrong", str(error.parameters["found"]))
    except BlobMissing:
        return Damage(name, "missing", None)
    except BlobUnreadable:
        _require_answer(place)
        return Damage(name, "wrong", UNREADABLE)
    return None


def _require_answer(place: Place) -> None:
    mark = place.leave_mark()
    try:
        if not place.has_mark(mark):
            raise StorageUnavailable(problem="storage_not_written")
    finally:
        place.remove_leftover(mark)


def report(work: Work, actor: Actor, check_id: UUID | None, digest: str, damage: Damage) -> bool:
    """Write damage down: a finding, an event of the audit trail; False where the register knows the blob no more."""
    with work.database.transaction(actor) as tx:
        if custody.blob(tx, digest, for_update=True) is None:
            return False
        if check_id is not None:
            done = custody.check(tx, check_id)
            setattr(done, damage.kind, getattr(done, damage.kind) + 1)
        if custody.open_finding(tx, digest, damage.place) is None:
            given = {"digest": digest, "place": damage.place, "kind": damage.kind, "found": damage.found}
            tx.add(FixityFinding(check_id=check_id, **given))
        detail = {"digest": digest, "place": damage.place, "kind": damage.kind}
        audit.record(tx, "storage.damage", object_type="blob", object_id=None, detail=detail, outcome="failed")
    logger.error("custody.damage", extra={"digest": digest, "place": damage.place, "kind": damage.kind})
    return True


def repair(work: Work, actor: Actor, check_id: UUID | None, digest: str, damage: Damage) -> bool:
    """From the first other place whose bytes are right; False, and nothing is touched, where there is none."""
    assert actor.organization_id is not None
    places = places_of(work.blobs)
    source = _sound_copy(places, actor.organization_id, digest, damage.place)
    if source is None:
        return False
    place, aside = places[damage.place], None
    try:
        if damage.kind == "wrong":
            aside = _name_aside(work, actor, digest, damage)
            if aside is None:
                return False
            place.set_aside(actor.organization_id, digest, aside)
        with as_file(places[source].pieces(actor.organization_id, digest)) as reading:
            place.put(actor.organization_id, reading, None, digest)
        verify(place, actor.organization_id, digest)
    except (StorageUnavailable, StorageFull, BlobCorrupt, BlobMissing) as error:
        logger.warning("custody.not_repaired", extra={"digest": digest, "code": error.code})
        return False
    finally:
        work.blobs.cache.forget(actor.organization_id, digest)
    with work.database.transaction(actor) as tx:
        finding = custody.open_finding(tx, digest, damage.place)
        if finding is not None:
            finding.status, finding.repaired_from, finding.settled_at = "repaired", source, datetime.now(UTC)
        if check_id is not None:
            custody.check(tx, check_id).repaired += 1
        detail = {"digest": digest, "place": damage.place, "from": source, "aside": aside is not None}
        audit.record(tx, "storage.repair", object_type="blob", object_id=None, detail=detail)
    return True


def _name_aside(work: Work, actor: Actor, digest: str, damage: Damage) -> str | None:
    """Where the damaged bytes will lie, written down before they are moved, so that no crash lets them be forgotten.

    A repair that was cut short has named it already. None where the blob left the register or nobody reported it.
    """
    assert actor.organization_id is not None
    with work.database.transaction(actor) as tx:
        if custody.blob(tx, digest, for_update=True) is None:
            return None
        finding = custody.open_finding(tx, digest, damage.place)
        if finding is None:
            return None
        finding.aside = finding.aside or aside_name(actor.organization_id, digest)
        tx.flush()
        return finding.aside


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
