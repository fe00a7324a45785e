"""A stored Ki-67 slide of a registered case, and readings made on it: for tests of whatever shows or uses readings."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from coverslip.analysis.review import ReadingRequest, start_reading
from coverslip.jobs.worker import Worker
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Reading, Slide, SlideFile
from coverslip.records.queries import reading as readings
from coverslip.records.queries.blob import register_blob
from coverslip.settings import Settings
from coverslip.slides.describe import to_json
from coverslip.slides.registry import open_slide
from coverslip.storage.blobs import BlobStore
from coverslip.testing.case_example import RECEIVED, registered, slide_id
from coverslip.vocabulary.markers import Marker

TASKS = ("coverslip.analysis.run:run_reading",)


@dataclass(frozen=True, slots=True)
class StoredSlide:
    """A slide that is ready, with its bytes in the store."""

    id: UUID
    case_id: UUID


def stored_slide(
    database: Database, blob_store: BlobStore, technician: Actor, path: Path, *, number: int = 1
) -> StoredSlide:
    """Register the example case and let the file be its Ki-67 slide (MIB-1, control passed)."""
    case = registered(database, technician, number)
    wanted = slide_id(case, "A1-2")
    assert technician.organization_id is not None
    checksum = blob_store.put_file(technician.organization_id, path)
    with open_slide(path) as opened:
        properties = to_json(opened.properties)
    with database.transaction(Actor.system(technician.organization_id)) as tx:
        register_blob(tx, checksum.digest, checksum.size_bytes, "image/tiff")
        slide = tx.session.get(Slide, wanted)
        assert slide is not None
        slide.status, slide.received_at, slide.properties = "ready", RECEIVED, properties
        slide.content_digest, slide.size_bytes, slide.original_name = checksum.digest, checksum.size_bytes, path.name
        tx.add(
            SlideFile(
                slide_id=wanted, position=0, name=path.name, digest=checksum.digest, size_bytes=checksum.size_bytes
            )
        )
    return StoredSlide(wanted, case.id)


def requested(database: Database, actor: Actor, slide: StoredSlide, request: ReadingRequest | None = None) -> UUID:
    """Start a Ki-67 reading of the whole slide, or what `request` says."""
    with database.transaction(actor) as tx:
        return start_reading(tx, slide.id, request or ReadingRequest(Marker.KI67)).id


def work_off(database: Database, blob_store: BlobStore) -> None:
    """Run every queued reading in this process."""
    asyncio.run(Worker(database, blob_store, Settings(), TASKS).run(until_idle=True))


def row_of(database: Database, actor: Actor, reading_id: UUID) -> Reading:
    """The reading as it stands, requester and reviews loaded."""
    with database.transaction(actor) as tx:
        row = readings.reading(tx, reading_id)
    assert row is not None
    return row
