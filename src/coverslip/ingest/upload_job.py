"""Uploads in the worker: a batch whose files have all arrived becomes slides; one that stood still is deleted."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from coverslip.access import audit
from coverslip.errors import CoverslipError
from coverslip.ingest.faults import passes
from coverslip.ingest.intake import Taken, take_in
from coverslip.ingest.settle import Patience
from coverslip.ingest.upload import (
    EXPIRE,
    QUEUE,
    TAKE_IN,
    close_batch,
    defer_expiry,
    may_be_tried_again,
    tell,
)
from coverslip.ingest.upload_spool import Spool
from coverslip.jobs.app import RETRIED
from coverslip.jobs.errors import JobInterrupted
from coverslip.jobs.progress import LiveEvent, publish
from coverslip.jobs.task import Work, task
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import UploadBatch
from coverslip.records.queries import slide as slides
from coverslip.records.queries import upload as uploads
from coverslip.slides.bundle import LEADING, Bundle, dicom_bundles

AT_ONCE = Patience(quiet_seconds=0.0)
AGAIN = timedelta(hours=1)
ORPHANED = timedelta(days=1)
"""Age from which a folder that no row names is what a rolled back beginning left behind."""
TELL_SECONDS = 0.5
Result = dict[str, Any]


def mark_failed(work: Work, error: CoverslipError, *, batch_id: str, organization_id: str) -> None:
    """The job came to no end: the batch says why; its files are kept where the fault is the installation's."""
    _fail(work, UUID(batch_id), UUID(organization_id), error, [])


@task(TAKE_IN, queue=QUEUE, on_failure=mark_failed)
def take_in_upload(work: Work, *, batch_id: str, organization_id: str) -> None:
    """Take the files of a batch in, in the name of the person who sent them; what became of them stands on the batch.

    Begun again after a killed worker it takes in what is missing: the same bytes twice are one slide.
    """
    batch, hospital = UUID(batch_id), UUID(organization_id)
    spool = Spool(work.settings.spool_dir)
    found = _begin(work.database, batch, hospital)
    if found is None:
        return
    try:
        root = spool.lay_out(
            hospital, batch, [(part.id, part.name) for part in found.parts if part.status == "received"]
        )
    except CoverslipError as error:
        _fail(work, batch, hospital, error, [])
        return
    actor = Actor(hospital, found.person_id, is_system=True)  # allowed when it was sent; the trail names the sender
    results: list[Result] = []
    progress = _Progress(work.database, found)
    for source in entries(root, found.name):
        work.give_way()
        try:
            taken = take_in(
                work.database, work.blobs, actor, source, patience=AT_ONCE, progress=progress, origin="upload"
            )
        except (*RETRIED, JobInterrupted):
            raise
        except CoverslipError as error:
            results.append(refused(source, error))
            if passes(error):
                _fail(work, batch, hospital, error, results)
                return
        else:
            results.append(_noted(work, actor, found, taken))
    _finish(work, spool, batch, hospital, results)


@task(EXPIRE, queue=QUEUE)
def expire_upload(work: Work, *, batch_id: str, organization_id: str) -> None:
    """Delete what arrived of a batch that stood still until it expired; look again later where it did not."""
    batch, hospital = UUID(batch_id), UUID(organization_id)
    spool = Spool(work.settings.spool_dir)
    with work.database.transaction(Actor.system(hospital)) as tx:
        for orphan in set(spool.batches(hospital, older_than=ORPHANED)) - uploads.batch_ids(tx):
            spool.remove_batch(hospital, orphan)
        row = uploads.batch(tx, batch)
        if row is None:
            return
        working = row.status in ("queued", "taking_in")
        waiting = row.status == "receiving" or may_be_tried_again(row)
        if working or (waiting and row.expires_at > datetime.now(UTC)):
            row.expires_at = max(row.expires_at, datetime.now(UTC) + AGAIN) if working else row.expires_at
            defer_expiry(tx, row)
            return
        if row.status == "receiving":
            close_batch(row, "expired")
            for part in uploads.parts(tx, batch):
                part.status = "expired" if part.status in uploads.LIVING else part.status
            audit.record(tx, "upload.expire", object_type="upload", object_id=batch)
            tell(tx, row)
        elif waiting:
            row.failure_code, row.failure_detail = "UPLOAD_GONE", None
        tx.after_commit.append(lambda: spool.remove_batch(hospital, batch))


def entries(root: Path, name: str) -> list[Path | Bundle]:
    """What to take in of a laid-out batch: its one file, its leading files, else the DICOM slides in its folders, else
    every file. `name`: of the batch, for instances that came without their folder."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    leading = [path for path in files if path.suffix.lower() in LEADING]
    if len(files) == 1 or leading:
        return [*(leading or files)]
    slides = [bundle for folder in sorted({path.parent for path in files}) for bundle in dicom_bundles(folder)]
    if len(slides) == 1 and slides[0].name == root.name:
        return [replace(slides[0], name=name)]
    return [*(slides or files)]


def refused(source: Path | Bundle, error: CoverslipError) -> Result:
    """What stands on the batch of a slide that was not taken in."""
    return {
        "file": source.name,
        "outcome": "refused",
        "slide_id": None,
        "flags": [],
        "code": error.code,
        "detail": json.dumps(error.parameters),
    }


def _begin(database: Database, batch_id: UUID, hospital: UUID) -> UploadBatch | None:
    with database.transaction(Actor.system(hospital)) as tx:
        batch = uploads.batch(tx, batch_id)
        if batch is None or batch.status not in ("queued", "taking_in"):
            return None
        batch.status = "taking_in"
        tell(tx, batch)
        return batch


def _noted(work: Work, actor: Actor, batch: UploadBatch, taken: Taken) -> Result:
    """The outcome as it stands on the batch; a slide nothing places is said to be of the case it was sent for."""
    flags = list(taken.flags)
    if batch.case_id is not None and taken.case_id is not None and taken.case_id != batch.case_id:
        flags.append("SENT_FOR_ANOTHER_CASE")
    if batch.case_id is not None and taken.case_id is None and taken.outcome in ("unmatched", "failed"):
        with work.database.transaction(actor) as tx:
            slide = slides.slide(tx, taken.slide_id, for_update=True)
            if slide is not None and slide.case_id is None:
                slide.case_id = batch.case_id
                detail = {"sent_for": str(batch.case_id)}
                audit.record(
                    tx, "slide.suggest", object_type="slide", object_id=slide.id, case_id=slide.case_id, detail=detail
                )
    return {
        "file": taken.file,
        "outcome": taken.outcome,
        "slide_id": str(taken.slide_id),
        "flags": flags,
        "code": taken.code,
        "detail": json.dumps(dict(taken.parameters)) if taken.code is not None else None,
    }


def _finish(work: Work, spool: Spool, batch_id: UUID, hospital: UUID, results: list[Result]) -> None:
    with work.database.transaction(Actor.system(hospital)) as tx:
        batch = uploads.batch(tx, batch_id)
        assert batch is not None
        batch.results = results
        refusal = next((result for result in results if result["outcome"] == "refused"), None)
        all_refused = all(result["outcome"] == "refused" for result in results)
        if refusal is not None and all_refused:
            batch.failure_code, batch.failure_detail = refusal["code"], refusal["detail"]
        close_batch(batch, "failed" if all_refused else "finished")
        tell(tx, batch)
        tx.after_commit.append(lambda: spool.remove_batch(hospital, batch_id))


def _fail(work: Work, batch_id: UUID, hospital: UUID, error: CoverslipError, results: list[Result]) -> None:
    with work.database.transaction(Actor.system(hospital)) as tx:
        batch = uploads.batch(tx, batch_id)
        if batch is None or batch.status not in ("queued", "taking_in"):
            return
        batch.results = results
        batch.failure_code, batch.failure_detail = error.code, json.dumps(error.parameters)
        close_batch(batch, "failed")
        batch.expires_at = max(batch.expires_at, datetime.now(UTC) + timedelta(hours=work.settings.upload_hours))
        tell(tx, batch)


class _Progress:
    """Tells open pages how many bytes of a batch were taken in, twice a second at most."""

    def __init__(self, database: Database, batch: UploadBatch) -> None:
        self._database, self._batch = database, batch
        self._total = sum(part.size_bytes for part in batch.parts if part.status == "received")
        self._done = 0
        self._told_at = 0.0

    def __call__(self, chunk_bytes: int) -> None:
        self._done += chunk_bytes
        if time.monotonic() - self._told_at < TELL_SECONDS:
            return
        self._told_at = time.monotonic()
        event = LiveEvent(
            organization_id=self._batch.organization_id,
            type="upload",
            id=self._batch.id,
            status="taking_in",
            bytes_done=min(self._done, self._total),
            bytes_total=self._total,
        )
        publish(self._database, event)
