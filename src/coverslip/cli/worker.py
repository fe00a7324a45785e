"""`coverslip worker`: run jobs beside the server, on as many machines as there are readings to make."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import AbstractContextManager, nullcontext
from types import FrameType

import click

from coverslip.ingest.watch_all import Watching
from coverslip.jobs.worker import Worker
from coverslip.records.database import Database
from coverslip.server import logging
from coverslip.settings import Settings, settings
from coverslip.slides.memory import keep_freed_memory
from coverslip.storage.blobs import BlobStore

TASKS = (
    "coverslip.analysis.run:run_reading",
    "coverslip.ingest.companion:make_companion",
    "coverslip.ingest.upload_job:take_in_upload",
    "coverslip.ingest.upload_job:expire_upload",
    "coverslip.custody.tiers:apply_rules",
    "coverslip.custody.tiers:warm_slide",
    "coverslip.custody.replica:copy_to_replica",
    "coverslip.custody.fixity:check_fixity",
    "coverslip.custody.fixity:check_everything",
    "coverslip.custody.retention:remove_expired",
    "coverslip.custody.forget:forget_blobs",
)
"""Every kind of job there is, by import path; a room that has a new one adds it here."""
WATCHING = "watch"
"""Named among the queues: this worker watches the scanners' folders, too."""


def run(configured: Settings, queues: list[str] | None, concurrency: int, imports: tuple[str, ...] = TASKS) -> None:
    """Work until SIGTERM or SIGINT; a second signal ends at once, and the jobs begin again elsewhere."""
    keep_freed_memory()  # of the regions that its decoders give it
    with Database.open(configured) as database:
        store = BlobStore.open(configured)
        worker = Worker(database, store, configured, imports, queues=queues, concurrency=concurrency)
        asked = False

        def stop(number: int, frame: FrameType | None) -> None:
            nonlocal asked
            if asked:
                os._exit(128 + number)
            asked = True
            worker.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        watching: AbstractContextManager[object] = nullcontext()
        if queues is None or WATCHING in queues:
            watching = Watching(database, store, configured)
        with watching:
            asyncio.run(worker.run())


@click.command(
    epilog="Exit status: 0 stopped as asked (SIGTERM or Ctrl-C; running jobs end or go back into the queue); 1 failed."
)
@click.option("--queues", metavar="NAME,NAME…", help="Take jobs of these queues only (default: of all).")
@click.option("--concurrency", type=click.IntRange(1, 64), default=1, show_default=True, help="Jobs at the same time.")
def command(queues: str | None, concurrency: int) -> None:
    """Run jobs until stopped: readings, and whatever else takes its time; watch the scanners' folders (`watch`)."""
    logging.configure()
    chosen = [name.strip() for name in queues.split(",") if name.strip()] if queues is not None else None
    if chosen == []:
        raise click.BadParameter("no queue named", param_hint="--queues")
    run(settings(), chosen, concurrency)
