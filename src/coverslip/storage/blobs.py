"""Bytes named by their SHA-256, kept apart by organization, in folders or in object storage.

A blob is whole or absent. Its name is what its content has to be, so a put of the same bytes twice is one blob, and a
flipped bit is found by reading. A blob lies in the hot place or, moved there by a rule, in the cold one; whoever reads
need not know. What is read from object storage passes through a bounded local cache.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Literal
from uuid import UUID

from pydantic import SecretStr

from coverslip.errors import CoverslipError, system_problem
from coverslip.settings import Settings
from coverslip.storage import checksums
from coverslip.storage.addresses import Credentials, open_place
from coverslip.storage.apart import require_apart
from coverslip.storage.cache import Cache
from coverslip.storage.cached_blob import CachedBlob
from coverslip.storage.checksums import Checksum
from coverslip.storage.errors import BlobMissing, StorageFull, StorageUnavailable, is_full
from coverslip.storage.local_place import LocalPlace
from coverslip.storage.place import Place, Progress, StoredBlob, agree, key_of
from coverslip.storage.remote_slides import RemoteSlides

__all__ = ["BlobStore", "StoredBlob", "Tier"]

Tier = Literal["hot", "cold"]
DEFAULT_CACHE_BYTES = 1_000_000_000
HOT_FIELD, COLD_FIELD, REPLICA_FIELD = (
    "COVERSLIP_STORAGE_URL",
    "COVERSLIP_COLD_STORAGE_URL",
    "COVERSLIP_REPLICA_STORAGE_URL",
)


class BlobStore:
    """The store of one installation. May be used from many threads."""

    def __init__(
        self,
        *,
        folder: Path | None = None,
        url: str | None = None,
        cold: Place | None = None,
        replica: Place | None = None,
        cache: Cache | None = None,
        configured: Settings | None = None,
    ) -> None:
        """`folder` or `url`: the hot place. `cold`: where rules move blobs; `replica`: a second copy of everything.

        Raises `InvalidInput` where two of them are the same place or one lies in another.
        """
        if (folder is None) == (url is None):
            raise ValueError("a blob store is a folder or a URL")
        configured = configured or Settings()
        self.hot: Place = (
            LocalPlace(folder)
            if folder is not None
            else open_place(HOT_FIELD, str(url), configured, _general(configured))
        )
        self.cold = cold
        self.replica = replica
        named = {HOT_FIELD: self.hot, COLD_FIELD: cold, REPLICA_FIELD: replica}
        require_apart({field: place for field, place in named.items() if place is not None})
        self._own_cache: tempfile.TemporaryDirectory[str] | None = None
        self._cache = cache
        self.remote = RemoteSlides()

    @classmethod
    def open(cls, settings: Settings) -> BlobStore:
        """The store that the settings name. Raises `InvalidInput`, `StorageUnavailable`."""
        general = _general(settings)
        cold = replica = None
        if settings.cold_storage_url is not None:
            keys = _keys(settings.cold_s3_access_key_id, settings.cold_s3_secret_access_key, general)
            cold = open_place(COLD_FIELD, settings.cold_storage_url, settings, keys)
        if settings.replica_storage_url is not None:
            keys = _keys(settings.replica_s3_access_key_id, settings.replica_s3_secret_access_key, general)
            replica = open_place(REPLICA_FIELD, settings.replica_storage_url, settings, keys)
        cache = Cache(settings.cache_folder, settings.cache_mb * 1_000_000)
        if settings.storage_url is not None:
            return cls(url=settings.storage_url, cold=cold, replica=replica, cache=cache, configured=settings)
        return cls(folder=settings.blob_dir, cold=cold, replica=replica, cache=cache, configured=settings)

    @property
    def folder(self) -> Path | None:
        """The folder of the hot place, None in object storage."""
        return self.hot.folder

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where blobs lie as files, for decoders to read."""
        places = [place.folder for place in self.places.values() if place.folder is not None]
        return tuple(places) if len(places) == len(self.places) else (*places, self.cache.folder)

    @property
    def places(self) -> Mapping[Tier, Place]:
        """Where blobs are looked for, in this order."""
        return {"hot": self.hot} if self.cold is None else {"hot": self.hot, "cold": self.cold}

    @property
    def cache(self) -> Cache:
        """What was read from object storage; one of its own, gone with the process, where none was given."""
        if self._cache is None:
            self._own_cache = tempfile.TemporaryDirectory(prefix="coverslip-cache-", ignore_cleanup_errors=True)
            self._cache = Cache(Path(self._own_cache.name), DEFAULT_CACHE_BYTES)
        return self._cache

    def put_file(
        self, organization_id: UUID, source: Path, digest: str | None = None, progress: Progress | None = None
    ) -> Checksum:
        """Store a file; the source stays where it is.

        The checksum is computed while copying. Raises `BlobCorrupt` where it is not the `digest` expected (the source
        changed or was read wrongly), `StorageFull`, `StorageUnavailable`; nothing is then left in the store.
        """
        try:
            with source.open("rb") as reading:
                size = source.stat().st_size
                return self.hot.put(organization_id, reading, size, digest, progress)
        except OSError as error:
            raise StorageUnavailable(problem=system_problem(error)) from error

    def put_bytes(self, organization_id: UUID, data: bytes, digest: str | None = None) -> Checksum:
        """Store bytes; raises as `put_file`."""
        checksum = checksums.of_bytes(data)
        agree(checksum.digest, digest)
        return self.hot.put(organization_id, io.BytesIO(data), len(data), checksum.digest)

    def put_stream(
        self, organization_id: UUID, source: IO[bytes], digest: str | None = None, progress: Progress | None = None
    ) -> Checksum:
        """Store what is read from `source` to its end; raises as `put_file`."""
        return self.hot.put(organization_id, source, None, digest, progress)

    def read(self, organization_id: UUID, digest: str) -> bytes:
        """All bytes of a blob, compared with their name. Raises `BlobMissing`, `BlobCorrupt`."""
        data = b"".join(self._pieces(organization_id, digest))
        agree(checksums.of_bytes(data).digest, digest)
        return data

    def fetch(self, organization_id: UUID, digest: str, target: Path) -> None:
        """Copy a blob to a new file, piece by piece, and compare it with its name.

        Raises `BlobMissing`, `BlobCorrupt`, `StorageFull`, `StorageUnavailable`; nothing is then left at `target`.
        """
        found = checksums.Running()
        try:
            with target.open("xb") as writing:
                for piece in self._pieces(organization_id, digest):
                    found.update(piece)
                    writing.write(piece)
            agree(found.checksum().digest, digest)
        except OSError as error:
            target.unlink(missing_ok=True)
            if is_full(error):
                raise StorageFull(folder=str(target.parent)) from error
            raise StorageUnavailable(problem=system_problem(error)) from error
        except CoverslipError:
            target.unlink(missing_ok=True)
            raise

    def open_range(self, organization_id: UUID, digest: str, start: int, length: int) -> bytes:
        """Exactly `length` bytes from `start`, not compared with the name. Raises `BlobMissing`."""
        for place in self.places.values():
            try:
                return place.read_range(organization_id, digest, start, length)
            except BlobMissing:
                continue
        raise BlobMissing(digest=digest)

    def local_path(self, organization_id: UUID, digest: str) -> Path | None:
        """Where a blob lies as a file, to be read only; None in object storage. Raises `BlobMissing`."""
        key_of(organization_id, digest)
        remote = False
        for place in self.places.values():
            if isinstance(place, LocalPlace):
                try:
                    return place.path(organization_id, digest)
                except BlobMissing:
                    continue
            remote = True
        if remote:
            return None
        raise BlobMissing(digest=digest)

    def ranged(self, organization_id: UUID, digest: str) -> CachedBlob:
        """A blob of object storage, read by range through the cache. Raises `BlobMissing`, `StorageUnavailable`."""

        def size() -> int:
            found = self.size(organization_id, digest)
            if found is None:
                raise BlobMissing(digest=digest)
            return found

        return self.cache.blob(
            organization_id, digest, size, lambda start, length: self.open_range(organization_id, digest, start, length)
        )

    def cached_file(self, organization_id: UUID, digest: str, folder: Path) -> Path:
        """A blob of object storage as a file in the cache, compared with its digest; it stays until `release(folder)`.

        Raises `BlobMissing`, `BlobCorrupt`, `CacheFull`, `StorageFull`, `StorageUnavailable`.
        """
        return self.cache.whole(self.ranged(organization_id, digest), digest, folder)

    def release(self, folder: Path) -> None:
        """Files that were cached for this folder may go."""
        if self._cache is not None:
            self._cache.release(folder)

    def size(self, organization_id: UUID, digest: str) -> int | None:
        """Size in bytes, None where there is no such blob."""
        for place in self.places.values():
            try:
                size = place.size(organization_id, digest)
            except BlobMissing:
                return None
            if size is not None:
                return size
        return None

    def exists(self, organization_id: UUID, digest: str) -> bool:
        """Whether the store holds the blob."""
        return self.size(organization_id, digest) is not None

    def tier_of(self, organization_id: UUID, digest: str) -> Tier | None:
        """Where the blob lies, None where there is none."""
        for tier, place in self.places.items():
            if place.size(organization_id, digest) is not None:
                return tier
        return None

    def delete(self, organization_id: UUID, digest: str) -> None:
        """Remove a blob everywhere, the replica included; nothing happens where there is none."""
        try:
            key_of(organization_id, digest)
        except BlobMissing:
            return
        for place in (*self.places.values(), self.replica):
            if place is not None:
                place.delete(organization_id, digest)
        if self._cache is not None:
            self._cache.forget(organization_id, digest)

    def list(self, organization_id: UUID | None = None) -> Iterator[StoredBlob]:
        """Every blob of one organization, or of all; one that lies in both places once."""
        seen: set[tuple[UUID, str]] = set()
        for place in self.places.values():
            for blob in place.listed(organization_id):
                key = (blob.organization_id, blob.digest)
                if len(self.places) == 1 or key not in seen:
                    seen.add(key)
                    yield blob

    def verify(self, organization_id: UUID, digest: str, progress: Progress | None = None) -> None:
        """Read a blob in pieces and compare it with its name. Raises `BlobMissing`, `BlobCorrupt`."""
        found = checksums.Running()
        for piece in self._pieces(organization_id, digest):
            found.update(piece)
            if progress is not None:
                progress(len(piece))
        agree(found.checksum().digest, digest)

    def close(self) -> None:
        """Give the cache's files back."""
        if self._cache is not None:
            self._cache.close()
        if self._own_cache is not None:
            self._own_cache.cleanup()

    def _pieces(self, organization_id: UUID, digest: str) -> Iterator[bytes]:
        """The bytes in pieces, from the first place that has them. Raises `BlobMissing`, `StorageUnavailable`."""
        key_of(organization_id, digest)
        for place in self.places.values():
            begun = False
            try:
                for piece in place.pieces(organization_id, digest):
                    begun = True
                    yield piece
            except BlobMissing:
                if begun:
                    raise
            else:
                return
        raise BlobMissing(digest=digest)


def _general(settings: Settings) -> Credentials:
    return Credentials(settings.s3_access_key_id, settings.s3_secret_access_key)


def _keys(access_key_id: str | None, secret: SecretStr | None, otherwise: Credentials) -> Credentials:
    return otherwise if access_key_id is None else Credentials(access_key_id, secret)
