"""What a job is: a function of a room above, its queue, and what is done when it cannot be finished.

    @task("run_reading", queue="analyze", on_failure=mark_failed)
    def run_reading(work: Work, *, reading_id: str, organization_id: str) -> None: ...

A worker may be killed at any moment and the job is then begun again, so the function looks first at how far its row
has come. Where a job ends for good without success, `on_failure(work, error, **arguments)` says so on the row.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from coverslip.jobs.errors import JobInterrupted
from coverslip.records.database import Database
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore

Argument = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Work:
    """What a job works with. `attempt` is 1 the first time."""

    database: Database
    blobs: BlobStore
    settings: Settings
    attempt: int = 1
    stopping: Callable[[], bool] = lambda: False

    def give_way(self) -> None:
        """Raise `JobInterrupted` when the worker is stopping; long jobs call it between steps."""
        if self.stopping():
            raise JobInterrupted


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of job."""

    name: str
    queue: str
    run: Callable[..., None]
    on_failure: Callable[..., None] | None
    attempts: int
    cron: str | None = None
    """When it begins by itself, on one of the workers (minute, hour, day, month, weekday; UTC), without arguments."""


def task(
    name: str, *, queue: str, on_failure: Callable[..., None] | None = None, attempts: int = 5, cron: str | None = None
) -> Callable[[Callable[..., None]], Task]:
    """Make a function of a module a task; `attempts` counts killed workers and outages, too."""

    def make(function: Callable[..., None]) -> Task:
        return Task(name, queue, function, on_failure, attempts, cron)

    return make


def load(imports: Iterable[str]) -> list[Task]:
    """The tasks at these import paths (`package.module:name`)."""
    found = []
    for path in imports:
        module, _, name = path.partition(":")
        loaded = getattr(importlib.import_module(module), name)
        if not isinstance(loaded, Task):
            raise TypeError(f"{path} is not a task")
        found.append(loaded)
    return found
