"""Taking one slide in: settle, copy and checksum, look at it in the sandbox, find its place, write it down.

The source is never changed or deleted. Bytes are in the store before any row speaks of them; a row and its audit event
commit together. Whatever stops in between leaves at most bytes that no row names; taking the slide in again finishes
it. Every door (command line, watched folder, upload, later STOW) ends here.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.errors import CoverslipError, system_problem
from coverslip.ingest.enter import enter, known_already
from coverslip.ingest.look import look_or_fault
from coverslip.ingest.settle import Patience, Settled, reading, require_unchanged, wait_until_settled
from coverslip.ingest.taken import Content, Look, Origin, StoredPart, Taken
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.queries import slide as slides
from coverslip.settings import settings
from coverslip.slides.bundle import Bundle
from coverslip.slides.errors import SlideError
from coverslip.slides.isolation import DecoderPool
from coverslip.storage.blobs import BlobStore
from coverslip.storage.checksums import Checksum
from coverslip.storage.errors import StorageFull, StorageUnavailable
from coverslip.vocabulary.text import storable

__all__ = ["Taken", "take_in"]


def take_in(
    database: Database,
    blobs: BlobStore,
    actor: Actor,
    source: Path | Bundle,
    *,
    patience: Patience | None = None,
    decoders: DecoderPool | None = None,
    progress: Callable[[int], None] | None = None,
    origin: Origin = "command",
) -> Taken:
    """Take one slide in for the actor's hospital; `progress` is told the bytes of each chunk copied.

    `source`: a file, the leading file of several, the folder of one DICOM slide, or a bundle worked out already.
    `decoders`: processes to look at the slide with; without them one is started for it.

    A file that is a slide but cannot be read becomes a slide with status `failed` and its reason; taking the file in
    again looks at it again. Raises, having kept nothing: `PermissionDenied`, `SlideMissing`, `SlideEmpty`, `NotASlide`,
    `SeveralSlides`, `SlideIncomplete`, `BundleNameRefused`, `FileUnreadable`, `FileStillGrowing`, `FileChanged`,
    `StorageFull`, `StorageUnavailable`, `DatabaseUnavailable`.
    """
    with database.transaction(actor) as tx:
        require(actor, Permission.SLIDE_INGEST)
        organization_id = tx.organization_id
    kept: list[Checksum] = []
    try:
        settled = wait_until_settled(source, patience)
        _require_room(blobs, settled, settings().reserve_bytes)
        content = _stored(blobs, organization_id, settled, kept, progress, origin)
        require_unchanged(settled)
        with database.transaction(actor) as tx:
            known = known_already(tx, content)
        if known is not None:
            return known
        look = _look(blobs, content, settled, decoders, kept)
    except CoverslipError as error:
        if database.is_available():  # else the error alone speaks, and taking the slide in again finishes it
            _forget(database, blobs, actor, kept)
            _note_refusal(database, actor, source, error, origin)
        raise
    with database.transaction(actor) as tx:
        return enter(tx, blobs, content, look)


def _require_room(blobs: BlobStore, settled: Settled, reserve_bytes: int) -> None:
    """Raise `StorageFull` where the copy would not leave the reserve free (`COVERSLIP_RESERVE_GB`)."""
    if blobs.folder is None:
        return
    try:
        free = shutil.disk_usage(blobs.folder).free
    except OSError as error:
        raise StorageUnavailable(problem=system_problem(error)) from error
    if free < settled.size_bytes + reserve_bytes:
        raise StorageFull(folder=str(blobs.folder))


def _look(
    blobs: BlobStore, content: Content, settled: Settled, decoders: DecoderPool | None, kept: list[Checksum]
) -> Look | SlideError:
    """The first look, at the very bytes that were stored.

    Where the store keeps no files the scanner's own are looked at, and what was seen counts only if they have not
    changed since they were copied.
    """
    try:
        return look_or_fault(blobs, content, settled.bundle.main, decoders, kept)
    finally:
        if blobs.folder is None:
            require_unchanged(settled)


def _stored(
    blobs: BlobStore,
    organization_id: UUID,
    settled: Settled,
    kept: list[Checksum],
    progress: Callable[[int], None] | None,
    origin: Origin,
) -> Content:
    """Copy every file into the store, each read once: its checksum is computed on the way."""
    parts = []
    for file in settled.bundle.files:
        with reading(file.path) as stream:
            checksum = blobs.put_stream(organization_id, stream, progress=progress)
        kept.append(checksum)
        parts.append(StoredPart(file.relative_name, checksum.digest, checksum.size_bytes))
    bundle = settled.bundle
    return Content(organization_id, bundle.name, tuple(parts), storable(bundle.main.parent.name), origin)


def _forget(database: Database, blobs: BlobStore, actor: Actor, kept: list[Checksum]) -> None:
    """Remove bytes of a slide that was not taken in, unless a row names them."""
    for checksum in kept:
        with database.transaction(actor) as tx:
            slides.lock_register(tx, to_forget=True)
            if not slides.is_registered(tx, checksum.digest):
                blobs.delete(tx.organization_id, checksum.digest)


def _note_refusal(
    database: Database, actor: Actor, source: Path | Bundle, error: CoverslipError, origin: Origin
) -> None:
    """The audit trail says what was refused."""
    name = source.name if isinstance(source, Bundle) else storable(source.name)
    with database.transaction(actor) as tx:
        detail = {"file": name, "code": error.code, "outcome": "refused", "origin": origin}
        audit.record(tx, "slide.ingest", object_type="slide", object_id=None, detail=detail, outcome="failed")
