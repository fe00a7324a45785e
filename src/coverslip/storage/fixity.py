"""Comparing a store with its register, both ways and in every place, and every byte with its name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from coverslip.errors import CoverslipError
from coverslip.storage.blobs import BlobStore, Tier
from coverslip.storage.errors import (
    BlobCorrupt,
    BlobInTwoPlaces,
    BlobMissing,
    BlobUnregistered,
    ReplicaWrong,
    StorageForeign,
    StorageLeftover,
    StorageUnavailable,
)
from coverslip.storage.place import INCOMING, Place, verify

FRESH_SECONDS = 24 * 3600
"""What was written since is on its way in, not left over."""


@dataclass(frozen=True, slots=True)
class Registered:
    """What the register says of a blob. `moving`: both places may hold it."""

    size_bytes: int
    tier: Tier = "hot"
    moving: bool = False
    replicated: bool = False


def wrong_blobs(
    store: BlobStore, organization_id: UUID, register: Mapping[str, Registered], progress: Callable[[int], None]
) -> Iterator[CoverslipError]:
    """Registered bytes that are missing or not what they were, in any place; reads every byte of every copy.

    `progress` is told the bytes of the register that are done.
    """
    for digest, said in register.items():
        found = [tier for tier, place in store.places.items() if _is_there(place, organization_id, digest)]
        if len(found) > 1 and not said.moving:
            yield BlobInTwoPlaces(digest=digest)
        looked_at: list[Tier] = found or [said.tier if said.tier in store.places else "hot"]
        for tier in looked_at:
            yield from _wrong(store.places[tier], organization_id, digest, said.size_bytes)
        if store.replica is not None and said.replicated:
            for error in _wrong(store.replica, organization_id, digest, said.size_bytes):
                yield ReplicaWrong(digest=digest, problem="replica_wrong", technical=error.code)
        progress(said.size_bytes)


def _wrong(place: Place, organization_id: UUID, digest: str, size_bytes: int) -> Iterator[CoverslipError]:
    try:
        size = place.size(organization_id, digest)
        if size is not None and size != size_bytes:
            yield BlobCorrupt(digest=digest, found=f"{size} B")
            return
        verify(place, organization_id, digest)
    except (BlobMissing, BlobCorrupt, StorageUnavailable) as error:
        yield error


def _is_there(place: Place, organization_id: UUID, digest: str) -> bool:
    """A place that does not answer is asked again by `_wrong`, which says so."""
    try:
        return place.size(organization_id, digest) is not None
    except StorageUnavailable:
        return True


def unregistered_blobs(
    store: BlobStore, organizations: Iterable[UUID], registered: Callable[[UUID], set[str]]
) -> Iterator[tuple[UUID, CoverslipError]]:
    """Stored bytes that no register knows, those of unknown organizations and of the replica included.

    The register is read after the store was listed, so that what is being taken in meanwhile is not taken for a stray.
    """
    known = set(organizations)
    listed: dict[UUID, set[str]] = {}
    for place in _all_places(store):
        for blob in place.listed():
            listed.setdefault(blob.organization_id, set()).add(blob.digest)
    for organization_id, digests in listed.items():
        mine = registered(organization_id) if organization_id in known else set()
        for digest in sorted(digests - mine):
            yield organization_id, BlobUnregistered(digest=digest)


def leftovers(store: BlobStore, known: Collection[str], *, remove: bool = False) -> Iterator[CoverslipError]:
    """What lies in a place without being a blob for a day and more.

    `known`: names of what was set aside and is noted; it stays. Removed, where asked, is only what a transfer of the
    store itself left: anything else is somebody's, and may be the only copy.
    """
    for place in _all_places(store):
        for left in place.leftovers():
            if left.age_seconds < FRESH_SECONDS or left.name in known:
                continue
            if not left.name.startswith(f"{INCOMING}/"):
                yield StorageForeign(name=left.name, size_bytes=left.size_bytes)
                continue
            if remove:
                place.remove_leftover(left.name)
            yield StorageLeftover(name=left.name, size_bytes=left.size_bytes)


def _all_places(store: BlobStore) -> list[Place]:
    return [*store.places.values(), *([] if store.replica is None else [store.replica])]
