"""Runs jobs until told to stop; survives outages of the database and takes over from workers that died."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterable
from typing import Any

import procrastinate
import psycopg
from procrastinate.exceptions import ConnectorException
from psycopg_pool import PoolTimeout

from coverslip.jobs.app import build
from coverslip.records.database import Database
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 10.0
"""A worker silent for so long is taken for dead and its jobs begin again."""
SWEEP_SECONDS = 2.0
GRACE_SECONDS = 20.0
RECONNECT_SECONDS = 1.0

_REQUEUE = """
WITH stalled AS (
    SELECT job.id FROM procrastinate_jobs AS job
    WHERE job.status = 'doing' AND NOT EXISTS (
        SELECT FROM procrastinate_workers AS worker
        WHERE worker.id = job.worker_id
            AND worker.last_heartbeat > now() - make_interval(secs => %(seconds)s)
    )
    FOR UPDATE SKIP LOCKED
), requeued AS (
    UPDATE procrastinate_jobs AS job
    SET status = 'todo', attempts = job.attempts + 1, scheduled_at = NULL, worker_id = NULL, abort_requested = false
    FROM stalled WHERE job.id = stalled.id
    RETURNING job.id
)
SELECT id, pg_notify('procrastinate_any_queue_v1',
    json_build_object('type', 'job_inserted', 'job_id', id)::text)::text AS told
FROM requeued
"""


class Worker:
    """One worker of one process: `concurrency` jobs at a time from `queues` (None: from all)."""

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        settings: Settings,
        imports: Iterable[str],
        *,
        queues: Iterable[str] | None = None,
        concurrency: int = 1,
    ) -> None:
        self._stopping = threading.Event()
        self._database = database
        self._which: dict[str, Any] = {} if queues is None else {"queues": list(queues)}
        self._concurrency = concurrency
        self._app = build(database, blobs, settings, imports, self._stopping.is_set)
        self._wake: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def stop(self) -> None:
        """Ask to stop, from any thread: running jobs are finished or, if they give way, requeued."""
        self._stopping.set()
        if self._wake is not None:
            loop, event = self._wake
            loop.call_soon_threadsafe(event.set)

    async def run(self, *, until_idle: bool = False) -> None:
        """Work until `stop`, or with `until_idle` until no job is left; an outage of the database is waited out."""
        stop = asyncio.Event()
        self._wake = (asyncio.get_running_loop(), stop)
        while not self._stopping.is_set():
            try:
                async with self._app.open_async():
                    await self._work(stop, until_idle=until_idle)
            except (ConnectorException, psycopg.Error, PoolTimeout) as error:
                logger.warning("worker: the database is away: %s", error)
                await _pause(stop, RECONNECT_SECONDS)
            else:
                if until_idle:
                    return
                await _pause(stop, RECONNECT_SECONDS)

    async def _work(self, stop: asyncio.Event, *, until_idle: bool) -> None:
        await self._requeue_stalled()
        working = asyncio.create_task(
            self._app.run_worker_async(
                **self._which,
                concurrency=self._concurrency,
                wait=not until_idle,
                fetch_job_polling_interval=2.0,
                shutdown_graceful_timeout=GRACE_SECONDS,
                delete_jobs=procrastinate.jobs.DeleteJobCondition.SUCCESSFUL,
                install_signal_handlers=False,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
            )
        )
        sweeping = asyncio.create_task(self._sweep())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({working, sweeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in (working, sweeping):
                if task.done():
                    task.result()
        finally:
            stopping.cancel()
            sweeping.cancel()
            working.cancel()
            await asyncio.gather(stopping, sweeping, working, return_exceptions=True)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            await self._requeue_stalled()

    async def _requeue_stalled(self) -> None:
        """Put jobs of dead workers back, each once however many workers sweep."""
        rows = await self._app.connector.execute_query_all_async(_REQUEUE, seconds=STALLED_SECONDS)
        for row in rows:
            logger.warning("job %s: its worker died, it begins again", row["id"])


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
