"""A reading survives its worker: killed in the middle it is finished once, cancelled it stops within two seconds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest

from coverslip.analysis import review
from coverslip.phantoms.recipe import recipe
from coverslip.phantoms.slide import write_slide
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Reading
from coverslip.storage.blobs import BlobStore
from coverslip.testing.database import execute
from coverslip.testing.reading_example import StoredSlide, requested, row_of, stored_slide, work_off
from coverslip.vocabulary.roles import Role

WAIT_SECONDS = 90.0
CANCEL_SECONDS = 2.0


@pytest.fixture(scope="module")
def large_slide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "ki67.svs"
    write_slide(path, 51, 7000, 6200, recipe("ki67", outline="full"))
    return path


@pytest.fixture
def resident(actor_of: Callable[[Role], Actor]) -> Actor:
    return actor_of(Role.RESIDENT)


@pytest.fixture
def slide(
    database: Database, blob_store: BlobStore, actor_of: Callable[[Role], Actor], large_slide: Path
) -> StoredSlide:
    return stored_slide(database, blob_store, actor_of(Role.TECHNICIAN), large_slide)


@contextmanager
def worker(database: Database, data_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own, on the test's database and store."""
    environment = {
        **os.environ,
        "COVERSLIP_APPLICATION_DATABASE_URL": database.url,
        "COVERSLIP_DATA_DIR": str(data_dir),
    }
    environment.pop("COVERSLIP_DATABASE_URL", None)
    command = [sys.executable, "-c", "from coverslip.cli.main import main; main()", "worker", "--queues", "analyze"]
    process = subprocess.Popen(command, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def until(database: Database, actor: Actor, reading_id: UUID, holds: Callable[[Reading], bool]) -> Reading:
    """Wait until the row is as asked for; fails after a minute and a half."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        row = row_of(database, actor, reading_id)
        if holds(row):
            return row
        time.sleep(0.02)
    raise AssertionError(f"still {row.status}, {row.tiles_done} of {row.tiles_total} tiles")


def _in_the_middle(row: Reading) -> bool:
    return row.status == "running" and 0 < row.tiles_done < row.tiles_total


def _ended(row: Reading) -> bool:
    return row.status in ("finished", "failed", "cancelled")


def test_a_reading_whose_worker_is_killed_is_finished_once_with_the_same_result(
    database: Database, blob_store: BlobStore, resident: Actor, slide: StoredSlide, tmp_path: Path
) -> None:
    undisturbed = requested(database, resident, slide)
    work_off(database, blob_store)
    expected = row_of(database, resident, undisturbed)
    made = requested(database, resident, slide)
    with worker(database, tmp_path) as first:
        until(database, resident, made, _in_the_middle)
        first.send_signal(signal.SIGKILL)
        first.wait(10)
    assert row_of(database, resident, made).status == "running"
    with worker(database, tmp_path):
        row = until(database, resident, made, _ended)
        time.sleep(1.0)
        later = row_of(database, resident, made)
    assert row.status == "finished"
    assert later.finished_at == row.finished_at
    assert row.result == expected.result
    assert row.cells_digest == expected.cells_digest is not None


def test_a_running_reading_is_cancelled_within_two_seconds(
    database: Database, resident: Actor, slide: StoredSlide, tmp_path: Path, superuser_url: str
) -> None:
    made = requested(database, resident, slide)
    with worker(database, tmp_path):
        until(database, resident, made, _in_the_middle)
        with database.transaction(resident) as tx:
            assert review.cancel_reading(tx, made).status == "cancelled"
        started = time.monotonic()
        while _jobs(superuser_url) and time.monotonic() - started < WAIT_SECONDS:
            time.sleep(0.02)
        seconds = time.monotonic() - started
    row = row_of(database, resident, made)
    assert (row.status, row.result, row.cells_digest) == ("cancelled", None, None)
    assert seconds <= CANCEL_SECONDS


def _jobs(superuser_url: str) -> int:
    return int(execute(superuser_url, "SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'analyze'")[0][0])
