"""Jobs that leave a trace in a file: for tests of the queue, here so that a worker in another process finds them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from coverslip.errors import CoverslipError
from coverslip.jobs.task import Work, task
from coverslip.records.errors import DatabaseUnavailable

_HERE = "coverslip.testing.tasks"
IMPORTS = [f"{_HERE}:{name}" for name in ("note", "refuse", "stumble", "late", "slow", "deadly")]


def _write(trace: str, line: str) -> None:
    with Path(trace).open("a") as file:
        file.write(line + "\n")


def note_failure(work: Work, error: CoverslipError, *, trace: str) -> None:
    """Write down how the job failed."""
    _write(trace, f"failed {error.code} {work.attempt}")


@task("test.note", queue="test")
def note(work: Work, *, trace: str) -> None:
    """Succeeds."""
    _write(trace, f"ran {work.attempt}")


@task("test.refuse", queue="test", on_failure=note_failure)
def refuse(work: Work, *, trace: str) -> None:
    """Ends with an error that is known."""
    _write(trace, f"ran {work.attempt}")
    raise CoverslipError


@task("test.stumble", queue="test", on_failure=note_failure)
def stumble(work: Work, *, trace: str) -> None:
    """Ends with a fault."""
    _write(trace, f"ran {work.attempt}")
    raise ZeroDivisionError


@task("test.late", queue="test", on_failure=note_failure)
def late(work: Work, *, trace: str) -> None:
    """Succeeds the second time."""
    _write(trace, f"ran {work.attempt}")
    if work.attempt == 1:
        raise DatabaseUnavailable(problem="database_lost")


@task("test.slow", queue="test")
def slow(work: Work, *, trace: str) -> None:
    """Runs until the worker stops, the first time; then succeeds."""
    _write(trace, f"ran {work.attempt}")
    while work.attempt == 1:
        work.give_way()
        time.sleep(0.02)
    _write(trace, "finished")


@task("test.deadly", queue="test", on_failure=note_failure, attempts=2)
def deadly(work: Work, *, trace: str) -> None:
    """Kills its worker, as a job does that takes all memory."""
    _write(trace, f"ran {work.attempt}")
    os.kill(os.getpid(), signal.SIGKILL)
