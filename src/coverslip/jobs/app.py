"""The queue: jobs in the same PostgreSQL as the rows they serve, so that both commit together.

Procrastinate does the queueing; `defer` calls its SQL function on the transaction's own connection.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

import procrastinate
from procrastinate.jobs import Job

from coverslip.errors import CoverslipError
from coverslip.jobs.errors import JobAbandoned, JobFailed, JobInterrupted
from coverslip.jobs.task import Argument, Task, Work, load
from coverslip.records.database import Database
from coverslip.records.errors import DatabaseUnavailable
from coverslip.records.transaction import Transaction
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.storage.errors import StorageUnavailable

logger = logging.getLogger(__name__)

RETRIED = (DatabaseUnavailable, StorageUnavailable)
"""Faults that pass by themselves."""
LONGEST_WAIT_SECONDS = 60


def defer(
    tx: Transaction,
    task_name: str,
    queue: str,
    arguments: Mapping[str, Argument],
    lock: str | None = None,
    *,
    priority: int = 0,
    at: datetime | None = None,
) -> int:
    """Queue a job in the transaction; returns its number. Rolled back with it, seen by workers once committed.

    It begins not before `at` (None: as soon as a worker is free). Jobs with the same `lock` run one after another; a
    higher `priority` goes first. `arguments` hold ids, never names.
    """
    row = (
        tx.raw_connection()
        .execute(
            "SELECT procrastinate_defer_jobs_v1(ARRAY["
            "ROW(%s, %s, %s, %s, NULL, %s::jsonb, %s)::procrastinate_job_to_defer_v1])",
            [queue, task_name, priority, lock, json.dumps(dict(arguments)), at],
        )
        .fetchone()
    )
    assert row is not None
    return int(row[0][0])


def build(
    database: Database,
    blobs: BlobStore,
    settings: Settings,
    imports: Iterable[str],
    stopping: Callable[[], bool] = lambda: False,
) -> procrastinate.App:
    """A Procrastinate app that knows the tasks at these import paths (`package.module:name`)."""
    connector = procrastinate.PsycopgConnector(
        conninfo=database.url, min_size=1, max_size=4, timeout=10, kwargs={"application_name": "coverslip-worker"}
    )
    app = procrastinate.App(connector=connector)
    work = Work(database, blobs, settings, stopping=stopping)
    for task in load(imports):
        # What begins by itself waits once at most, however long no worker of its queue runs.
        alone = task.name if task.cron is not None else None
        register = app.task(
            name=task.name, queue=task.queue, pass_context=True, retry=_Retry(task.attempts), queueing_lock=alone
        )
        registered = register(_runner(task, work))
        if task.cron is not None:
            app.periodic(cron=task.cron, periodic_id="")(registered)
    return app


def _runner(task: Task, work: Work) -> Callable[..., None]:
    def run(context: procrastinate.JobContext, **arguments: Argument) -> None:
        if task.cron is not None:
            arguments.pop("timestamp", None)
        attempt = context.job.attempts + 1
        here = replace(work, attempt=attempt)
        if attempt > task.attempts:
            error: CoverslipError = JobAbandoned(task=task.name, attempts=attempt - 1)
            _give_up(task, here, error, arguments)
            raise error
        try:
            task.run(here, **arguments)
        except JobInterrupted:
            raise
        except RETRIED as error:
            if attempt >= task.attempts:
                _give_up(task, here, error, arguments)
            raise
        except CoverslipError as error:
            _give_up(task, here, error, arguments)
            raise
        except Exception as error:
            logger.exception("job %s (%s) ended with a fault", context.job.id, task.name)
            _give_up(task, here, JobFailed(task=task.name, fault=type(error).__name__), arguments)
            raise

    run.__name__ = task.name
    return run


def _give_up(task: Task, work: Work, error: CoverslipError, arguments: Mapping[str, Argument]) -> None:
    if task.on_failure is not None:
        task.on_failure(work, error, **arguments)


class _Retry(procrastinate.BaseRetryStrategy):
    """Again at once after an interruption, with growing pauses after an outage, else never."""

    def __init__(self, attempts: int) -> None:
        self.attempts = attempts

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> procrastinate.RetryDecision | None:
        if isinstance(exception, JobInterrupted):
            return procrastinate.RetryDecision(retry_in={"seconds": 0})
        if isinstance(exception, RETRIED) and job.attempts + 1 < self.attempts:
            return procrastinate.RetryDecision(retry_in={"seconds": min(LONGEST_WAIT_SECONDS, 2**job.attempts)})
        return None
