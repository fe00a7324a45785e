"""Comparing the store with its register, both ways, and every byte with its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from uuid import UUID

from coverslip.errors import CoverslipError
from coverslip.storage.blobs import BlobStore
from coverslip.storage.errors import BlobCorrupt, BlobMissing, BlobUnregistered, StorageUnavailable


def wrong_blobs(
    store: BlobStore, organization_id: UUID, register: Mapping[str, int], progress: Callable[[int], None]
) -> Iterator[CoverslipError]:
    """Registered bytes (digest: size) that are missing or not what they were; reads every byte."""
    for digest, size_bytes in register.items():
        told = 0

        def tell(count: int) -> None:
            nonlocal told
            told += count
            progress(count)

        try:
            found = store.size(organization_id, digest)
            if found is not None and found != size_bytes:
                yield BlobCorrupt(digest=digest, found=f"{found} B")
            else:
                store.verify(organization_id, digest, tell)
        except (BlobMissing, BlobCorrupt, StorageUnavailable) as error:
            yield error
        progress(size_bytes - told)


def unregistered_blobs(
    store: BlobStore, organizations: Iterable[UUID], registered: Callable[[UUID], set[str]]
) -> Iterator[tuple[UUID, CoverslipError]]:
    """Stored bytes that no register knows, those of unknown organizations included.

    The register is read after the store was listed, so that what is being taken in meanwhile is not taken for a stray.
    """
    known = set(organizations)
    listed: dict[UUID, list[str]] = {}
    for blob in store.list():
        listed.setdefault(blob.organization_id, []).append(blob.digest)
    for organization_id, digests in listed.items():
        mine = registered(organization_id) if organization_id in known else set()
        for digest in sorted(set(digests) - mine):
            yield organization_id, BlobUnregistered(digest=digest)
