"""`coverslip watch`: take slides in as scanners write them."""

from __future__ import annotations

import json
import signal
import time
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import UUID

import click

from coverslip.cli.ingest import acting, one_hospital, words_of
from coverslip.ingest.watch import HELD, Looked
from coverslip.ingest.watch_all import Watching
from coverslip.ingest.watched_folders import add_folder, change_folder
from coverslip.records.database import Database
from coverslip.records.queries import intake
from coverslip.server import logging
from coverslip.settings import Settings, settings
from coverslip.storage.blobs import BlobStore

PATIENCE_SECONDS = 1.0


@click.command("watch", short_help="Take slides in as scanners write them.")
@click.argument(
    "folders",
    metavar="[FOLDER…]",
    nargs=-1,
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
)
@click.option("--organization", "code", help="Code of the hospital; may be left out where there is only one.")
@click.option(
    "--after",
    "after_taking",
    type=click.Choice(["keep", "move", "delete"]),
    help="What becomes of a slide in the folder once its stored copy is verified.  [default: keep]",
)
@click.option("--after-days", type=click.IntRange(0, 3650), help="Days it stays there first.  [default: 7]")
@click.option(
    "--settle", "quiet_seconds", type=click.IntRange(1, 3600), help="Seconds a slide has to rest.  [default: 30]"
)
@click.option("--skip-existing", is_flag=True, help="Of a folder new to Coverslip, leave what lies in it now.")
@click.option("--once", is_flag=True, help="Stop when nothing is left to be taken in.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each slide.")
def command(
    folders: tuple[Path, ...],
    code: str | None,
    after_taking: str | None,
    after_days: int | None,
    quiet_seconds: int | None,
    skip_existing: bool,
    once: bool,
    as_json: bool,
) -> None:
    """Watch FOLDERs until stopped, or all folders that were ever named, here or on the administrator's page.

    A folder is remembered with its options: `coverslip worker` and `coverslip serve` go on watching it. Exit status: 0
    stopped as asked, or with --once nothing left; 1 with --once some slide failed or was refused; 2 bad input.
    """
    logging.configure()
    chosen = settings()
    given = {"after_taking": after_taking, "after_days": after_days, "quiet_seconds": quiet_seconds}
    options = {name: value for name, value in given.items() if value is not None}
    with Database.open(chosen, existing=True) as database, ExitStack() as stack:
        only = None
        if folders:
            hospital = one_hospital(database, code)
            only = frozenset(
                _remembered(database, chosen, hospital, folder, options, skip_existing) for folder in folders
            )
        printer = _Printer(as_json)
        watching = Watching(database, BlobStore.open(chosen), chosen, only=only, told=printer)
        stack.callback(watching.close)
        _stop_on_signals(watching)
        if not once:
            watching.run()
            return
        _finish(watching)
    if printer.failed:
        raise click.exceptions.Exit(1)


def _remembered(
    database: Database, chosen: Settings, hospital: UUID, folder: Path, options: dict[str, Any], skip_existing: bool
) -> UUID:
    """The folder's record: made, or changed where options were given."""
    with database.transaction(acting(database, hospital, None)) as tx:
        known = intake.folder_by_path(tx, str(folder))
        if known is None:
            return add_folder(tx, chosen, str(folder), skip_existing=skip_existing, by_operator=True, **options).id
        if options or not known.enabled:
            change_folder(tx, known.id, {**options, "enabled": True})
        return known.id


def _finish(watching: Watching) -> None:
    """Look until nothing is left.

    Raises what keeps everything from being taken in, and a usage error where another process watches the folder.
    """
    held_since = None
    while watching.round() and not watching.stopped:
        for fault in watching.faults.values():
            raise fault
        held_since = (held_since or time.monotonic()) if watching.held_elsewhere else None
        if held_since is not None and time.monotonic() - held_since > 2 * HELD.total_seconds():
            raise click.UsageError("another process watches this folder; it takes in what comes")
        time.sleep(PATIENCE_SECONDS)


class _Printer:
    """Tells what became of each slide."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self.failed = False

    def __call__(self, folder_id: UUID, looked: Looked) -> None:
        self.failed = self.failed or looked.problems > 0 or looked.unreachable is not None
        for taken in looked.taken:
            self.failed = self.failed or taken.outcome == "failed"
            remarks = [word for word in (taken.code, *taken.flags) if word]
            if self._as_json:
                line: dict[str, Any] = {"file": taken.file, "outcome": taken.outcome, "slide_id": str(taken.slide_id)}
                line |= {"accession_number": taken.accession_number, "remarks": remarks, **words_of(taken)}
                click.echo(json.dumps(line, ensure_ascii=False))
            else:
                click.echo(
                    " ".join(word for word in (taken.outcome, taken.file, taken.accession_number, *remarks) if word)
                )
                said = words_of(taken)
                for locale in ("en", "zh-CN") if said else ():
                    click.echo(f"  {said['message'][locale]} {said['mend'][locale]}")


def _stop_on_signals(watching: Watching) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        watching.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
