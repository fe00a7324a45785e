"""A worker that dies in the middle of a job: the job begins again and is finished once, or is given up in the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from coverslip.jobs.app import defer
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization
from coverslip.testing.database import execute

_WORKER = """
from coverslip.cli.worker import run
from coverslip.settings import Settings
from coverslip.testing.tasks import IMPORTS
run(Settings(), ["test"], 1, tuple(IMPORTS))
"""


class Workers:
    """Worker processes of one test, none of which outlives it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.environment = {
            **os.environ,
            "COVERSLIP_APPLICATION_DATABASE_URL": database.url,
            "COVERSLIP_DATA_DIR": str(folder),
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-c", _WORKER], env=self.environment)
        self.processes.append(process)
        return process

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def workers(database: Database, tmp_path: Path) -> Iterator[Workers]:
    started = Workers(database, tmp_path)
    yield started
    started.end()


def _queue(database: Database, organization: Organization, name: str, trace: Path) -> None:
    with database.transaction(Actor.system(organization.id)) as tx:
        defer(tx, name, "test", {"trace": str(trace)})


def _wait_for(trace: Path, lines: list[str], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if trace.exists() and trace.read_text().splitlines() == lines:
            return
        time.sleep(0.05)
    assert trace.read_text().splitlines() == lines


def test_a_job_whose_worker_was_killed_is_finished_by_another(
    database: Database, organization: Organization, workers: Workers, tmp_path: Path, superuser_url: str
) -> None:
    trace = tmp_path / "trace"
    first = workers.start()
    _queue(database, organization, "test.slow", trace)
    _wait_for(trace, ["ran 1"])
    first.send_signal(signal.SIGKILL)
    first.wait()
    workers.start()
    _wait_for(trace, ["ran 1", "ran 2", "finished"])
    time.sleep(1)
    assert trace.read_text().splitlines() == ["ran 1", "ran 2", "finished"]
    assert execute(superuser_url, "SELECT count(*) FROM procrastinate_jobs") == [(0,)]


def test_a_worker_that_lives_takes_over_from_one_that_died(
    database: Database, organization: Organization, workers: Workers, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    first = workers.start()
    _queue(database, organization, "test.slow", trace)
    _wait_for(trace, ["ran 1"])
    workers.start()
    time.sleep(1)
    first.send_signal(signal.SIGKILL)
    _wait_for(trace, ["ran 1", "ran 2", "finished"])


def test_a_job_that_kills_every_worker_is_given_up_and_says_so(
    database: Database, organization: Organization, workers: Workers, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    _queue(database, organization, "test.deadly", trace)
    for attempt in (1, 2):
        killed = workers.start()
        killed.wait(60)
        assert killed.returncode == -signal.SIGKILL
        assert trace.read_text().splitlines()[-1] == f"ran {attempt}"
    workers.start()
    _wait_for(trace, ["ran 1", "ran 2", "failed JOB_ABANDONED 3"])


def test_a_worker_asked_to_stop_ends_well(workers: Workers, database: Database, tmp_path: Path) -> None:
    worker = workers.start()
    _wait_until_registered(database)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0


def _wait_until_registered(database: Database) -> None:
    """The worker has written itself down, so its signal handlers stand."""
    end = time.monotonic() + 60
    while execute(database.url, "SELECT count(*) FROM procrastinate_workers") == [(0,)]:
        assert time.monotonic() < end, "the worker did not register"
        time.sleep(0.1)
