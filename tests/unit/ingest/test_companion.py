"""A slide without coarse levels gets them after it came in, and is usable before."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import select

from coverslip.cli.check import check_installation
from coverslip.ingest import companion
from coverslip.ingest.companion import make_companion
from coverslip.jobs.errors import JobInterrupted
from coverslip.jobs.progress import LiveEvent
from coverslip.jobs.task import Work
from coverslip.jobs.worker import Worker
from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.tiff import write_tiff
from coverslip.records.models import AuditEvent, Slide
from coverslip.records.queries import slide as slides
from coverslip.server.index_store import IndexStore
from coverslip.server.slide_sources import SlideSources
from coverslip.server.views.slide import detail
from coverslip.settings import Settings
from coverslip.slides import jpeg
from coverslip.slides.errors import SlideCorrupt
from coverslip.slides.isolation import DecoderPool
from coverslip.testing.laboratory import Laboratory

TASKS = ("coverslip.ingest.companion:make_companion",)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """2,600 x 700 pixels in one level."""
    return write_tiff(tmp_path / "bare.tif", tissue(2600, 700), tile=(256, 256), compression="jpeg", mpp=0.25)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def row_of(laboratory: Laboratory, slide_id: UUID) -> Slide:
    with laboratory.database.transaction(laboratory.actor) as tx:
        found = slides.slide(tx, slide_id)
    assert found is not None
    return found


def jobs(laboratory: Laboratory) -> list[dict[str, str]]:
    with laboratory.database.transaction(laboratory.actor) as tx:
        query = "SELECT args FROM procrastinate_jobs WHERE task_name = 'make_companion' AND status = 'todo'"
        return [found[0] for found in tx.raw_connection().execute(query).fetchall()]


def work_of(laboratory: Laboratory, settings: Settings) -> Work:
    return Work(laboratory.database, laboratory.blobs, settings)


def run(laboratory: Laboratory, settings: Settings) -> None:
    worker = Worker(laboratory.database, laboratory.blobs, settings, TASKS)
    asyncio.run(worker.run(until_idle=True))


def test_the_levels_are_made_by_the_worker_and_served_behind_the_files_own(
    laboratory: Laboratory, bare: Path, settings: Settings, tmp_path: Path
) -> None:
    slide_id = laboratory.take(bare).slide_id
    with DecoderPool() as pool:
        sources = SlideSources(laboratory.blobs, pool, IndexStore(tmp_path / "indexes"))
        before = sources.source(row_of(laboratory, slide_id))
        drawn = before.layer(None, None).tile(1, 0, 0)
        run(laboratory, settings)
        row = row_of(laboratory, slide_id)
        after = sources.source(row)
        sources.close()
    assert row.companion_digest is not None
    assert before.index.place(1, 0, 0) is None
    place = after.index.place(1, 0, 0)
    assert place is not None
    with Path(after.index.files[place.file]).open("rb") as file:
        stored = jpeg.decode(place.read(file.fileno()))
    shown = jpeg.decode(drawn.data)
    assert np.abs(stored[: shown.shape[0], : shown.shape[1]].astype(int) - shown).mean() < 3
    assert before.mark(0) == after.mark(0), "the file's own tiles keep their names in a browser's cache"
    assert before.mark(1) != after.mark(1)
    with laboratory.database.transaction(laboratory.actor) as tx:
        placed = slides.placed_slide(tx, slide_id)
        assert placed is not None
        assert [(level.downsample, level.passthrough) for level in detail(tx, placed).levels] == [(1, True), (4, True)]


def test_until_then_the_slide_says_what_can_be_drawn(laboratory: Laboratory, bare: Path) -> None:
    slide_id = laboratory.take(bare).slide_id
    assert jobs(laboratory) == [{"slide_id": str(slide_id), "organization_id": str(laboratory.actor.organization_id)}]
    with laboratory.database.transaction(laboratory.actor) as tx:
        placed = slides.placed_slide(tx, slide_id)
        assert placed is not None
        assert [(level.downsample, level.passthrough) for level in detail(tx, placed).levels] == [(1, True), (4, False)]


def test_a_slide_with_its_levels_asks_for_nothing(laboratory: Laboratory, tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "whole.tif", tissue(2600, 700), tile=(256, 256), factors=(1, 4), compression="jpeg")
    laboratory.take(path)
    assert jobs(laboratory) == []


def test_check_knows_the_companion_and_misses_it(laboratory: Laboratory, bare: Path, settings: Settings) -> None:
    slide_id = laboratory.take(bare).slide_id
    run(laboratory, settings)
    assert check_installation(laboratory.database, laboratory.blobs).problems == []
    row = row_of(laboratory, slide_id)
    assert row.companion_digest is not None
    laboratory.blobs.delete(row.organization_id, row.companion_digest)
    problems = check_installation(laboratory.database, laboratory.blobs).problems
    assert [problem.error.code for problem in problems] == ["BLOB_MISSING"]


def test_done_twice_it_is_done_once(laboratory: Laboratory, bare: Path, settings: Settings) -> None:
    slide_id = laboratory.take(bare).slide_id
    arguments = {"slide_id": str(slide_id), "organization_id": str(laboratory.actor.organization_id)}
    for _ in range(2):
        make_companion.run(work_of(laboratory, settings), **arguments)
    with laboratory.database.transaction(laboratory.actor) as tx:
        events = list(tx.session.scalars(select(AuditEvent).where(AuditEvent.action == "slide.levels")))
    assert [event.outcome for event in events] == ["success"]
    assert list(settings.data_dir.iterdir()) == []


def test_pages_are_told_how_far_it_is(
    laboratory: Laboratory, bare: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    slide_id = laboratory.take(bare).slide_id
    told: list[LiveEvent] = []
    monkeypatch.setattr(companion, "publish", lambda _, event: told.append(event))
    monkeypatch.setattr(companion, "TELL_SECONDS", 0.0)
    arguments = {"slide_id": str(slide_id), "organization_id": str(laboratory.actor.organization_id)}
    make_companion.run(work_of(laboratory, settings), **arguments)
    assert [(event.tiles_done, event.tiles_total) for event in told] == [(1, 2), (None, None)]


def test_a_worker_that_stops_leaves_nothing_half_made(laboratory: Laboratory, bare: Path, settings: Settings) -> None:
    slide_id = laboratory.take(bare).slide_id
    stopping = Work(laboratory.database, laboratory.blobs, settings, stopping=lambda: True)
    arguments = {"slide_id": str(slide_id), "organization_id": str(laboratory.actor.organization_id)}
    with pytest.raises(JobInterrupted):
        make_companion.run(stopping, **arguments)
    assert row_of(laboratory, slide_id).companion_digest is None
    assert list(settings.data_dir.iterdir()) == []
    assert check_installation(laboratory.database, laboratory.blobs).problems == []


def test_where_the_levels_cannot_be_made_the_audit_trail_says_why_and_the_slide_stays(
    laboratory: Laboratory, bare: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    slide_id = laboratory.take(bare).slide_id

    def broken(*_: object) -> None:
        raise SlideCorrupt(file="bare.tif", problem="test")

    monkeypatch.setattr(companion, "build", broken)
    run(laboratory, settings)
    row = row_of(laboratory, slide_id)
    assert (row.status, row.companion_digest) == ("unmatched", None)
    with laboratory.database.transaction(laboratory.actor) as tx:
        event = tx.session.scalars(select(AuditEvent).where(AuditEvent.action == "slide.levels")).one()
    assert (event.outcome, event.detail) == ("failed", {"code": "SLIDE_CORRUPT"})
