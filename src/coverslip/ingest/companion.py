"""The job that makes the levels a slide's file lacks, once, while the slide is read already.

A worker may be killed at any moment; the job then begins again, and the same slide gives the same bytes. Bytes are in
the store before the row names them. Where the levels cannot be made the slide stays as usable as it was.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from coverslip.access import audit
from coverslip.errors import CoverslipError, system_problem
from coverslip.jobs.app import defer
from coverslip.jobs.progress import LiveEvent, publish
from coverslip.jobs.task import Work, task
from coverslip.records.actor import Actor
from coverslip.records.models import Slide
from coverslip.records.queries import slide as slides
from coverslip.records.transaction import Transaction
from coverslip.slides.companion import build, levels_to_json, missing_levels
from coverslip.slides.describe import from_json
from coverslip.slides.slide import Level
from coverslip.storage.checksums import Checksum
from coverslip.storage.errors import StorageFull, StorageUnavailable, is_full
from coverslip.storage.stored_slide import open_stored

logger = logging.getLogger(__name__)

QUEUE = "ingest"
TASK = "make_companion"
PRIORITY = -10
"""Readings that people wait for go first."""
MEDIA_TYPE = "image/tiff"
TELL_SECONDS = 0.5


def defer_companion(tx: Transaction, slide: Slide) -> None:
    """Queue the making of the slide's missing levels in the transaction, where it lacks any."""
    if slide.properties is None or slide.companion_digest is not None or not _wanted(slide):
        return
    arguments = {"slide_id": str(slide.id), "organization_id": str(tx.organization_id)}
    defer(tx, TASK, QUEUE, arguments, lock=f"companion-{slide.id}", priority=PRIORITY)


def mark_failed(work: Work, error: CoverslipError, *, slide_id: str, organization_id: str) -> None:
    """Say in the audit trail why the slide goes on without its missing levels."""
    with work.database.transaction(Actor.system(UUID(organization_id))) as tx:
        row = slides.slide(tx, UUID(slide_id))
        if row is not None:
            _note(tx, row, {"code": error.code}, failed=True)


@task(TASK, queue=QUEUE, on_failure=mark_failed)
def make_companion(work: Work, *, slide_id: str, organization_id: str) -> None:
    """Make one slide's missing levels and store them beside it; nothing happens where that was done already."""
    actor, key = Actor.system(UUID(organization_id)), UUID(slide_id)
    with work.database.transaction(actor) as tx:
        row = slides.slide(tx, key)
    if row is None or row.properties is None or row.companion_digest is not None:
        return
    levels = _wanted(row)
    if not levels:
        return
    try:
        work.settings.data_dir.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="companion-", dir=work.settings.data_dir) as folder:
            target = Path(folder) / "companion.tif"
            with open_stored(work.blobs, row) as slide:
                build(slide, levels, target, _Watch(work, row).tell)
            checksum = work.blobs.put_file(row.organization_id, target)
    except OSError as error:
        if is_full(error):
            raise StorageFull(folder=str(work.settings.data_dir)) from error
        raise StorageUnavailable(problem=system_problem(error)) from error
    with work.database.transaction(actor) as tx:
        _enter(tx, work, key, row.content_digest, checksum, levels)


def _enter(
    tx: Transaction, work: Work, key: UUID, content: str | None, checksum: Checksum, levels: tuple[Level, ...]
) -> None:
    """Name the bytes on the row, unless it has meanwhile got others."""
    slides.lock_register(tx)
    row = slides.slide(tx, key, for_update=True)
    if row is None or row.content_digest != content or row.properties is None or row.companion_digest is not None:
        if not slides.is_registered(tx, checksum.digest):
            work.blobs.delete(tx.organization_id, checksum.digest)
        return
    slides.register_blob(tx, checksum.digest, checksum.size_bytes, MEDIA_TYPE)
    row.companion_digest = checksum.digest
    row.properties = {**row.properties, "companion_levels": levels_to_json(levels)}
    tx.flush()
    _note(tx, row, {"levels": len(levels), "digest": checksum.digest, "size_bytes": checksum.size_bytes}, failed=False)
    publish(tx, _event(row))


def _wanted(row: Slide) -> tuple[Level, ...]:
    assert row.properties is not None
    return missing_levels(from_json(row.properties))


def _note(tx: Transaction, row: Slide, detail: dict[str, object], *, failed: bool) -> None:
    audit.record(
        tx,
        "slide.levels",
        object_type="slide",
        object_id=row.id,
        case_id=row.case_id,
        detail=detail,
        outcome="failed" if failed else "success",
    )


def _event(row: Slide, done: int | None = None, total: int | None = None) -> LiveEvent:
    return LiveEvent(
        organization_id=row.organization_id,
        type="slide",
        id=row.id,
        case_id=row.case_id,
        status=row.status,
        tiles_done=done,
        tiles_total=total,
    )


class _Watch:
    """Tells open pages how far it is, and gives way when the worker stops."""

    def __init__(self, work: Work, row: Slide) -> None:
        self._work, self._row = work, row
        self._told = 0.0

    def tell(self, done: int, total: int) -> None:
        self._work.give_way()
        now = time.monotonic()
        if now - self._told >= TELL_SECONDS and done < total:
            self._told = now
            publish(self._work.database, _event(self._row, done, total))
