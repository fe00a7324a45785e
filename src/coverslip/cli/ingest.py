"""`coverslip ingest`: take slide files into a hospital's cases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.table import Table

from coverslip.errors import CoverslipError, InvalidInput, NotFound
from coverslip.ingest.intake import Taken, take_in
from coverslip.ingest.settle import Patience
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.queries import organization as organizations
from coverslip.records.queries import person as people
from coverslip.settings import settings
from coverslip.slides.isolation import DecoderPool
from coverslip.storage.blobs import BlobStore
from coverslip.vocabulary.roles import Role
from coverslip.vocabulary.text import storable

NOT_SLIDES = frozenset({".part", ".partial", ".tmp", ".crdownload", ".filepart"})
"""Endings of files that a transfer has not finished; skipped in folders, never when named."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A file of which nothing was kept."""

    file: str
    code: str
    message: str
    mend: str


@click.command("ingest", short_help="Take slides in.")
@click.argument(
    "sources", metavar="FOLDER|FILE…", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
@click.option("--organization", "code", help="Code of the hospital; may be left out where there is only one.")
@click.option("--as", "username", help="Username of the person who does it; default: Coverslip itself.")
@click.option("--settle", "quiet_seconds", default=3.0, show_default=True, help="Seconds a file has to rest first.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcomes as JSON.")
def command(
    sources: tuple[Path, ...], code: str | None, username: str | None, quiet_seconds: float, as_json: bool
) -> None:
    """Take slides in: copy, checksum, look, match to the expected slide by barcode or file name.

    Source files are never changed or deleted. A second identical file is the same slide. Exit status: 0 every file is
    in (matched, unmatched or already there); 1 at least one failed or was refused; 2 bad input.
    """
    chosen = settings()
    with Database.open(chosen, existing=True) as database:
        actor = _actor(database, code, username)
        store = BlobStore.open(chosen)
        files = [file for source in sources for file in _files(source)]
        outcomes = list(_all(database, store, actor, files, Patience(quiet_seconds=quiet_seconds)))
    if as_json:
        click.echo(json.dumps([_document(outcome) for outcome in outcomes], ensure_ascii=False, indent=2))
    else:
        Console().print(_table(outcomes))
    if any(isinstance(outcome, Refused) or outcome.outcome == "failed" for outcome in outcomes):
        raise click.exceptions.Exit(1)


def _all(
    database: Database, store: BlobStore, actor: Actor, files: list[Path], patience: Patience
) -> Iterator[Taken | Refused]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    shown = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
    with shown as bar, DecoderPool(readable=store.folders) as decoders:
        for file in files:
            name = storable(file.name)
            task = bar.add_task(name, total=_size(file))
            advance = partial(bar.advance, task)
            try:
                yield take_in(database, store, actor, file, patience=patience, decoders=decoders, progress=advance)
            except CoverslipError as error:
                yield Refused(name, error.code, error.message("en"), error.mend("en"))
            bar.remove_task(task)


def _size(file: Path) -> int | None:
    """For the bar; None where the file is gone already, which taking it in then says."""
    try:
        return file.stat().st_size
    except OSError:
        return None


def _files(source: Path) -> Iterator[Path]:
    """A file itself; of a folder every file below it in order, without hidden and unfinished ones."""
    if not source.is_dir():
        yield source
        return
    for path in sorted(source.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(source).parts)
        if path.is_file() and not hidden and path.suffix.lower() not in NOT_SLIDES:
            yield path


def _actor(database: Database, code: str | None, username: str | None) -> Actor:
    with database.transaction(Actor.nobody()) as tx:
        known = organizations.all_organizations(tx)
    wanted = [organization for organization in known if code is None or organization.code == code]
    if len(wanted) != 1:
        choices = ", ".join(sorted(organization.code for organization in known)) or "-"
        raise InvalidInput(field="organization", problem="organization_needed", value=code or "?", allowed=choices)
    if username is None:
        return Actor.system(wanted[0].id)
    with database.transaction(Actor.system(wanted[0].id)) as tx:
        person = people.person_by_username(tx, username)
    if person is None or not person.active:
        raise NotFound(field="person")
    return Actor(person.organization_id, person.id, roles=frozenset(Role(held.role) for held in person.roles))


def _document(outcome: Taken | Refused) -> dict[str, Any]:
    document = asdict(outcome)
    if isinstance(outcome, Refused):
        return {"outcome": "refused", **document}
    return document | {"slide_id": str(outcome.slide_id), "case_id": str(outcome.case_id) if outcome.case_id else None}


def _table(outcomes: list[Taken | Refused]) -> Table:
    table = Table("file", "outcome", "case", "slide", "size", "remark")
    for outcome in outcomes:
        if isinstance(outcome, Refused):
            table.add_row(outcome.file, "refused", "", "", "", f"{outcome.code}: {outcome.message} {outcome.mend}")
        else:
            size = f"{outcome.size_bytes / 1e6:.1f} MB"
            remark = " ".join(filter(None, (outcome.code, *outcome.flags)))
            table.add_row(outcome.file, outcome.outcome, outcome.accession_number or "", outcome.label, size, remark)
    return table
