"""`coverslip ingest`: take slide files into a hospital's cases."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.table import Column, Table

from coverslip.errors import LOCALES, CoverslipError, InvalidInput, NotFound, error_words, system_problem
from coverslip.ingest.errors import FileUnreadable, FolderLeftOut
from coverslip.ingest.intake import Taken, take_in
from coverslip.ingest.scan import scan
from coverslip.ingest.settle import Patience
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.queries import organization as organizations
from coverslip.records.queries import person as people
from coverslip.settings import settings
from coverslip.slides.bundle import Bundle
from coverslip.slides.isolation import DecoderPool
from coverslip.storage.blobs import BlobStore
from coverslip.vocabulary.roles import Role
from coverslip.vocabulary.text import storable

PARTS: tuple[Literal["message", "mend"], ...] = ("message", "mend")


@dataclass(frozen=True, slots=True)
class Refused:
    """A file of which nothing was kept; `message` and `mend` in every language."""

    file: str
    code: str
    message: dict[str, str]
    mend: dict[str, str]


Source = Path | Bundle | Refused


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one slide. `path`: where it lies, as the person may tell it from others of its name."""

    path: str
    what: Taken | Refused

    @property
    def failed(self) -> bool:
        """Whether it is not in, or cannot be read."""
        return isinstance(self.what, Refused) or self.what.outcome == "failed"


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

    A slide of several files is one slide: name the .mrxs, .vms or .vmu file, or the folder of a DICOM slide. Source
    files are never changed or deleted. A second identical slide is the same slide. Exit status: 0 every slide is in
    (matched, unmatched or already there); 1 at least one failed or was refused; 2 bad input.
    """
    chosen = settings()
    with Database.open(chosen, existing=True) as database:
        actor = acting(database, one_hospital(database, code), username)
        store = BlobStore.open(chosen)
        found = [(slide, _path(source, slide)) for source in sources for slide in _slides(source)]
        outcomes = list(_all(database, store, actor, found, Patience(quiet_seconds=quiet_seconds)))
    if as_json:
        click.echo(json.dumps([_document(outcome) for outcome in outcomes], ensure_ascii=False, indent=2))
    else:
        Console().print(_table(outcomes))
    if any(outcome.failed for outcome in outcomes):
        raise click.exceptions.Exit(1)


def _all(
    database: Database, store: BlobStore, actor: Actor, slides: list[tuple[Source, str]], patience: Patience
) -> Iterator[Outcome]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    shown = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
    with shown as bar, DecoderPool(None, store.folders, store.remote) as decoders:
        for slide, path in slides:
            if isinstance(slide, Refused):
                yield Outcome(path, slide)
                continue
            name = slide.name if isinstance(slide, Bundle) else storable(slide.name)
            task = bar.add_task(name, total=_size(slide))
            advance = partial(bar.advance, task)
            try:
                taken = take_in(database, store, actor, slide, patience=patience, decoders=decoders, progress=advance)
                yield Outcome(path, taken)
            except CoverslipError as error:
                yield Outcome(path, _refused(name, error))
            bar.remove_task(task)


def _size(slide: Path | Bundle) -> int | None:
    """For the bar; None where a file is gone already, which taking it in then says."""
    paths = [file.path for file in slide.files] if isinstance(slide, Bundle) else [slide]
    try:
        return sum(path.stat().st_size for path in paths)
    except OSError:
        return None


def _slides(source: Path) -> Iterator[Source]:
    """A file itself; of a folder every slide below it in order, those of several files as one.

    Hidden and unfinished files are left out, what cannot be read is said.
    """
    if not source.is_dir():
        yield source
        return
    seen = scan(source)
    for unreadable in seen.unreadable:
        name = storable(os.fsdecode(unreadable.key)) or storable(source.name)
        yield _refused(name, FolderLeftOut(file=name, problem=unreadable.problem))
    for found in sorted(seen.found, key=lambda slide: slide.key):
        try:
            if found.path.is_dir():
                yield from found.bundles()
            else:
                yield found.path
        except CoverslipError as error:
            yield _refused(storable(found.name), error)
        except OSError as error:
            name = storable(found.name)
            yield _refused(name, FileUnreadable(file=name, problem=system_problem(error)))


def _path(source: Path, slide: Source) -> str:
    """The path below the named folder; several slides of one DICOM folder keep their own names."""
    if isinstance(slide, Refused):
        return slide.file
    if isinstance(slide, Path):
        return storable(str(slide.relative_to(source)) if source.is_dir() else slide.name)
    lies = slide.main if slide.main.is_dir() else slide.main.parent
    folder = storable(str(lies.relative_to(source))) if lies.is_relative_to(source) else "."
    if folder == ".":
        return slide.name
    return folder if slide.name == lies.name else f"{folder}/{slide.name}"


def _refused(name: str, error: CoverslipError) -> Refused:
    return Refused(
        name,
        error.code,
        {locale: error.message(locale) for locale in LOCALES},
        {locale: error.mend(locale) for locale in LOCALES},
    )


def one_hospital(database: Database, code: str | None) -> UUID:
    """The hospital of that code, or the only one there is. Raises `InvalidInput`."""
    with database.transaction(Actor.nobody()) as tx:
        known = organizations.all_organizations(tx)
    wanted = [organization for organization in known if code is None or organization.code == code]
    if len(wanted) != 1:
        choices = ", ".join(sorted(organization.code for organization in known)) or "-"
        problem = "organization_not_given" if code is None else "organization_needed"
        raise InvalidInput(field="--organization", problem=problem, value=code, allowed=choices)
    return wanted[0].id


def acting(database: Database, hospital: UUID, username: str | None) -> Actor:
    """The person of that name, or Coverslip itself. Raises `NotFound`."""
    if username is None:
        return Actor.system(hospital)
    with database.transaction(Actor.system(hospital)) as tx:
        person = people.person_by_username(tx, username)
    if person is None or not person.active:
        raise NotFound(field="person")
    return Actor(person.organization_id, person.id, roles=frozenset(Role(held.role) for held in person.roles))


def words_of(taken: Taken) -> dict[str, dict[str, str]]:
    """Why a slide failed and what can be done, in every language: `message` and `mend`; empty where it did not."""
    if taken.code is None:
        return {}
    return {
        part: {locale: error_words(taken.code, part, locale, taken.parameters, lenient=True) for locale in LOCALES}
        for part in PARTS
    }


def _document(outcome: Outcome) -> dict[str, Any]:
    what = outcome.what
    document = asdict(what) | {"path": outcome.path}
    if isinstance(what, Refused):
        return {"outcome": "refused", **document}
    document |= {"slide_id": str(what.slide_id), "case_id": str(what.case_id) if what.case_id else None}
    return document | words_of(what)


def _table(outcomes: list[Outcome]) -> Table:
    table = Table(Column("file", overflow="fold"), "outcome", "case", "slide", "size", "remark")
    for outcome in outcomes:
        what = outcome.what
        if isinstance(what, Refused):
            said = {"message": what.message, "mend": what.mend}
            table.add_row(outcome.path, "refused", "", "", "", _remark([what.code], said))
        else:
            size = f"{what.size_bytes / 1e6:.1f} MB"
            remark = _remark([*filter(None, [what.code]), *what.flags], words_of(what))
            table.add_row(outcome.path, what.outcome, what.accession_number or "", what.label, size, remark)
    return table


def _remark(codes: list[str], said: dict[str, dict[str, str]]) -> str:
    lines = [f"{said['message'][locale]} {said['mend'][locale]}" for locale in ("en", "zh-CN")] if said else []
    return "\n".join(filter(None, [" ".join(codes), *lines]))
