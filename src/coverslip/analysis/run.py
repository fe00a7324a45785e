"""The job that makes a reading: from the queued row to the finished one, told to open pages as it goes.

A worker may be killed at any moment; the job then begins again from the start, and because the same pixels give the
same result, nobody can tell. The row is locked when the result is written and only a running row takes one: however
many workers have worked on it, it is finished once.
"""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime
from uuid import UUID

from coverslip.access import audit
from coverslip.analysis.algorithm import Progress
from coverslip.analysis.errors import AnalysisCancelled
from coverslip.analysis.reading import FinishedReading, read_slide
from coverslip.analysis.registry import algorithm_named, parameters_of
from coverslip.analysis.result import laboratory_evidence
from coverslip.analysis.scoring import Evidence
from coverslip.analysis.store import to_blob
from coverslip.annotations.cells import MEDIA_TYPE
from coverslip.errors import CoverslipError
from coverslip.jobs.progress import LiveEvent, publish
from coverslip.jobs.task import Work, task
from coverslip.records.actor import Actor
from coverslip.records.models import Reading, Slide
from coverslip.records.queries import reading as readings
from coverslip.records.queries import slide as slides
from coverslip.records.queries.blob import register_blob
from coverslip.records.transaction import Transaction
from coverslip.slides.errors import SpacingUnknown
from coverslip.storage.stored_slide import open_stored
from coverslip.vocabulary.geometry import Region

logger = logging.getLogger(__name__)

QUEUE = "analyze"
TASK = "run_reading"
TELL_SECONDS = 0.25
"""Pages are told of progress at most this often."""
LOOK_SECONDS = 0.5
"""The row is looked at for a cancellation this often."""
ENDED = frozenset({"finished", "failed", "cancelled"})


def mark_failed(work: Work, error: CoverslipError, *, reading_id: str, organization_id: str) -> None:
    """Say on the row why there will be no result."""
    with work.database.transaction(Actor.system(UUID(organization_id))) as tx:
        row = readings.reading(tx, UUID(reading_id), for_update=True)
        if row is None or row.status in ENDED:
            return
        _end(tx, row, "failed")
        row.error_code, row.error_detail = error.code, json.dumps(error.parameters)
        audit.record(
            tx,
            "reading.finish",
            object_type="reading",
            object_id=row.id,
            case_id=row.case_id,
            detail={"code": error.code},
            outcome="failed",
        )


@task(TASK, queue=QUEUE, on_failure=mark_failed)
def run_reading(work: Work, *, reading_id: str, organization_id: str) -> None:
    """Make one reading. A row that has ended, also by being cancelled, is left as it is."""
    actor, key = Actor.system(UUID(organization_id)), UUID(reading_id)
    begun = _begin(work, actor, key)
    if begun is None:
        return
    row, slide_row, laboratory = begun
    started = time.monotonic()
    watch = _Watch(work, actor, row, started)
    try:
        algorithm = algorithm_named(row.algorithm)
        parameters = parameters_of(algorithm, row.parameters)
        with open_stored(work.blobs, slide_row) as slide:
            spacing = slide.properties.spacing
            if spacing is None:
                raise SpacingUnknown(file=slide_row.label)
            finished = read_slide(
                slide,
                spacing,
                algorithm,
                parameters,
                region=None if row.region is None else Region.from_geojson(row.region),
                laboratory=laboratory,
                progress=watch.tell,
                cancelled=watch.stopped,
            )
    except AnalysisCancelled:
        return
    _finish(work, actor, key, finished, time.monotonic() - started)


def tell(tx: Transaction, row: Reading, seconds_left: float | None = None) -> None:
    """Tell open pages how a reading stands, once the transaction commits."""
    publish(tx, _event(row, row.status, row.tiles_done, row.tiles_total, seconds_left))


def _begin(work: Work, actor: Actor, reading_id: UUID) -> tuple[Reading, Slide, Evidence] | None:
    with work.database.transaction(actor) as tx:
        row = readings.reading(tx, reading_id, for_update=True)
        if row is None or row.status in ENDED:
            return None
        slide = slides.slide(tx, row.slide_id)
        assert slide is not None, "a reading's slide cannot be deleted"
        row.status, row.started_at = "running", datetime.now(UTC)
        row.tiles_done = row.tiles_total = 0
        tx.flush()
        tell(tx, row)
        return row, slide, _laboratory(tx, slide)


def _laboratory(tx: Transaction, slide: Slide) -> Evidence:
    specimen = None if slide.block_id is None else readings.specimen_of_block(tx, slide.block_id)
    return laboratory_evidence(
        slide.control_status,
        slide.clone,
        None if specimen is None else specimen.fixation_hours,
        None if specimen is None else specimen.cold_ischaemia_minutes,
    )


def _finish(work: Work, actor: Actor, reading_id: UUID, finished: FinishedReading, seconds: float) -> None:
    stored = work.blobs.put_bytes(actor_organization(actor), to_blob(finished.findings.cells))
    with work.database.transaction(actor) as tx:
        row = readings.reading(tx, reading_id, for_update=True)
        if row is None or row.status != "running":
            return
        register_blob(tx, stored.digest, stored.size_bytes, MEDIA_TYPE)
        row.result = finished.to_json()
        # What ran: the program may have been renewed since the reading was asked for.
        row.algorithm_version = finished.provenance.algorithm_version
        row.model_digest = finished.provenance.model_digest
        row.profile_version = finished.result.score.profile_version
        row.cells_digest = stored.digest
        row.seconds = round(seconds, 3)
        row.tiles_done = row.tiles_total
        _end(tx, row, "finished")
        audit.record(
            tx,
            "reading.finish",
            object_type="reading",
            object_id=row.id,
            case_id=row.case_id,
            detail={"status": row.result["status"], "cells_digest": stored.digest},
        )


def _end(tx: Transaction, row: Reading, status: str) -> None:
    row.status, row.finished_at = status, datetime.now(UTC)
    tx.flush()
    tell(tx, row)


def actor_organization(actor: Actor) -> UUID:
    """The organization a job works for; a job without one is a fault in the program."""
    assert actor.organization_id is not None
    return actor.organization_id


class _Watch:
    """Tells pages how far a run has come, and learns whether it is still wanted; both not too often."""

    def __init__(self, work: Work, actor: Actor, row: Reading, started: float) -> None:
        self._work, self._actor, self._row, self._started = work, actor, row, started
        self._told = self._looked = 0.0
        self._stopped = False

    def tell(self, step: Progress) -> None:
        """Store and publish progress, at most four times a second, and at the end."""
        now = time.monotonic()
        if now - self._told < TELL_SECONDS and step.tiles_done < step.tiles_total:
            return
        self._told = now
        left = (now - self._started) / step.tiles_done * (step.tiles_total - step.tiles_done)
        with self._work.database.transaction(self._actor) as tx:
            readings.advance(tx, self._row.id, step.tiles_done, step.tiles_total)
            publish(tx, _event(self._row, "running", step.tiles_done, step.tiles_total, round(left, 1)))

    def stopped(self) -> bool:
        """Whether to stop: cancelled, or ended by another worker. Raises `JobInterrupted` when this worker is
        stopping."""
        self._work.give_way()
        now = time.monotonic()
        if not self._stopped and now - self._looked >= LOOK_SECONDS:
            self._looked = now
            with self._work.database.transaction(self._actor) as tx:
                self._stopped = not readings.is_wanted(tx, self._row.id)
        return self._stopped


def _event(row: Reading, status: str, done: int, total: int, seconds_left: float | None) -> LiveEvent:
    return LiveEvent(
        organization_id=row.organization_id,
        type="reading",
        id=row.id,
        status=status,
        case_id=row.case_id,
        slide_id=row.slide_id,
        tiles_done=done,
        tiles_total=total,
        seconds_left=seconds_left,
    )
