"""Jobs that begin by themselves are known to the queue's clock and take its arguments off."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from procrastinate.exceptions import AlreadyEnqueued

from coverslip.cli.worker import TASKS
from coverslip.jobs import app
from coverslip.jobs.app import defer
from coverslip.jobs.task import load
from coverslip.jobs.worker import Worker
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore

SCHEDULED = {"apply_storage_rules", "copy_to_replica", "check_fixity", "remove_expired"}


def test_every_task_with_a_time_is_known_to_the_clock(database: Database, blob_store: BlobStore) -> None:
    with_a_time = {task.name for task in load(TASKS) if task.cron is not None}
    assert with_a_time >= SCHEDULED
    built = app.build(database, blob_store, Settings(), TASKS)
    assert {name for name, _ in built.periodic_registry.periodic_tasks} == with_a_time


def test_what_begins_by_itself_waits_once_however_long_nobody_runs_it(
    database: Database, blob_store: BlobStore, organization: Organization
) -> None:
    built = app.build(database, blob_store, Settings(), TASKS)

    async def twice() -> None:
        async with built.open_async():
            await built.tasks["copy_to_replica"].defer_async(timestamp=1)
            with pytest.raises(AlreadyEnqueued):
                await built.tasks["copy_to_replica"].defer_async(timestamp=2)

    asyncio.run(twice())


def test_what_the_clock_defers_is_run(database: Database, blob_store: BlobStore, organization: Organization) -> None:
    timestamp = int(datetime.now(UTC).timestamp())
    with database.transaction(Actor.system(organization.id)) as tx:
        for name in sorted(SCHEDULED):
            defer(tx, name, "custody", {"timestamp": timestamp})
    asyncio.run(Worker(database, blob_store, Settings(), TASKS, queues=["custody"]).run(until_idle=True))
    with database.transaction(Actor.system(organization.id)) as tx:
        left = tx.raw_connection().execute("SELECT task_name, status FROM procrastinate_jobs").fetchall()
    assert left == []
