"""Jobs and the rows they serve commit together; a job runs once, and says so when it cannot."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from coverslip.errors import CoverslipError
from coverslip.jobs.app import defer
from coverslip.jobs.worker import Worker
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization, Patient
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.testing.database import execute
from coverslip.testing.tasks import IMPORTS


@pytest.fixture
def worker(database: Database, blob_store: BlobStore) -> Worker:
    return Worker(database, blob_store, Settings(), IMPORTS, queues=["test"], concurrency=2)


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return tmp_path / "trace"


def _queue(database: Database, organization: Organization, name: str, trace: Path, lock: str | None = None) -> int:
    with database.transaction(Actor.system(organization.id)) as tx:
        return defer(tx, f"test.{name}", "test", {"trace": str(trace)}, lock)


def _lines(trace: Path) -> list[str]:
    return trace.read_text().splitlines() if trace.exists() else []


def test_a_job_runs_once(database: Database, organization: Organization, worker: Worker, trace: Path) -> None:
    _queue(database, organization, "note", trace)
    asyncio.run(worker.run(until_idle=True))
    asyncio.run(worker.run(until_idle=True))
    assert _lines(trace) == ["ran 1"]


def test_a_job_rolls_back_with_its_row(
    database: Database, organization: Organization, worker: Worker, trace: Path, superuser_url: str
) -> None:
    with pytest.raises(CoverslipError), database.transaction(Actor.system(organization.id)) as tx:
        tx.add(Patient(patient_number="1", name="王五"))
        defer(tx, "test.note", "test", {"trace": str(trace)})
        raise CoverslipError
    asyncio.run(worker.run(until_idle=True))
    assert _lines(trace) == []
    assert execute(superuser_url, "SELECT (SELECT count(*) FROM patients), (SELECT count(*) FROM procrastinate_jobs)")[
        0
    ] == (0, 0)


def test_a_job_is_not_seen_before_its_row_is_committed(
    database: Database, organization: Organization, worker: Worker, trace: Path
) -> None:
    with database.transaction(Actor.system(organization.id)) as tx:
        defer(tx, "test.note", "test", {"trace": str(trace)})
        asyncio.run(worker.run(until_idle=True))
        assert _lines(trace) == []


@pytest.mark.parametrize(("name", "code"), [("refuse", "INTERNAL"), ("stumble", "JOB_FAILED")])
def test_a_job_that_fails_says_so_and_is_not_tried_again(
    database: Database, organization: Organization, worker: Worker, trace: Path, name: str, code: str
) -> None:
    _queue(database, organization, name, trace)
    asyncio.run(worker.run(until_idle=True))
    assert _lines(trace) == ["ran 1", f"failed {code} 1"]


def test_a_job_that_met_an_outage_is_tried_again(
    database: Database, organization: Organization, worker: Worker, trace: Path
) -> None:
    _queue(database, organization, "late", trace)
    asyncio.run(worker.run(until_idle=True))
    time.sleep(1.1)
    asyncio.run(worker.run(until_idle=True))
    assert _lines(trace) == ["ran 1", "ran 2"]


def test_a_stopped_worker_puts_its_job_back(
    database: Database, organization: Organization, worker: Worker, blob_store: BlobStore, trace: Path
) -> None:
    _queue(database, organization, "slow", trace)
    running = threading.Thread(target=lambda: asyncio.run(worker.run()))
    running.start()
    deadline = time.monotonic() + 20
    while not _lines(trace) and time.monotonic() < deadline:
        time.sleep(0.02)
    worker.stop()
    running.join(20)
    assert not running.is_alive()
    asyncio.run(Worker(database, blob_store, Settings(), IMPORTS).run(until_idle=True))
    assert _lines(trace) == ["ran 1", "ran 2", "finished"]


def test_a_task_that_is_none_is_refused(database: Database, blob_store: BlobStore) -> None:
    with pytest.raises(TypeError):
        Worker(database, blob_store, Settings(), ["coverslip.testing.tasks:note_failure"])
