"""Fills an empty installation with the demo region: hospitals, people, cases, and slides taken in as from a scanner."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from uuid import UUID

from coverslip.access import password as passwords
from coverslip.access.organization import create_organization
from coverslip.access.people import create_person
from coverslip.cases.accession import register_case
from coverslip.cli.demo_cases import DemoCase, DemoFile, DemoHospital, Phantom, RealField, Rendering, Truncated, region
from coverslip.cli.demo_errors import JourneyFailed
from coverslip.ingest.intake import take_in
from coverslip.ingest.settle import Patience
from coverslip.phantoms.colour import scanner_profile
from coverslip.phantoms.label import SlideLabel
from coverslip.phantoms.mosaic import write_mosaic
from coverslip.phantoms.recipe import recipe
from coverslip.phantoms.slide import write_slide
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.vocabulary.roles import Role

RENDERING_PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who can sign in to the demo."""

    username: str
    name: str
    name_en: str
    roles: str
    organization: str


@dataclass(frozen=True, slots=True)
class Seeded:
    """The people of a filled demo, their one password, and whom and which case the journey takes."""

    people: tuple[Account, ...]
    password: str
    journey: dict[str, str]

    def account(self, username: str) -> Account:
        """The account with that username; raises `JourneyFailed` where the demo has none."""
        for person in self.people:
            if person.username == username:
                return person
        raise JourneyFailed(step="sign in", problem="journey_no_person", value=username)

    def head_of(self, organization: str) -> Account:
        """The head of a hospital's department."""
        return next(p for p in self.people if p.organization == organization and Role.HEAD in p.roles.split(", "))


def seed(settings: Settings, say: Callable[[str], None]) -> Seeded:
    """Fill the installation; about a minute on two cores. Raises what the services raise; the folder is then unfit."""
    password = passwords.generated()
    now = datetime.now(UTC)
    people: list[Account] = []
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="coverslip-demo-") as scanner,
        ProcessPoolExecutor(RENDERING_PROCESSES, mp_context=get_context("spawn")) as renderers,
    ):
        rendered = {hospital.code: _render(renderers, hospital, Path(scanner)) for hospital in region()}
        with Database.open(settings) as database:
            blobs = BlobStore.open(settings)
            for hospital in region():
                technician, accounts = _open_hospital(database, hospital, password)
                people += accounts
                with database.transaction(technician) as tx:
                    for case in hospital.cases:
                        register_case(tx, case.new_case(now))
                taken = _take_in(database, blobs, technician, rendered[hospital.code])
                say(f"{hospital.name_zh} {hospital.name_en}: {len(hospital.cases)} cases, {taken} slides")
    journey = _journey()
    assert journey.assigned_to is not None
    return Seeded(
        tuple(people), password, {"username": journey.assigned_to, "accession_number": journey.accession_number}
    )


def _journey() -> DemoCase:
    return next(case for hospital in region() for case in hospital.cases if case.story == "journey")


def _open_hospital(database: Database, hospital: DemoHospital, password: str) -> tuple[Actor, list[Account]]:
    """Make the hospital and its people; returns its technician as an actor."""
    made = create_organization(
        database, code=hospital.code, name_zh=hospital.name_zh, name_en=hospital.name_en, kind=hospital.kind
    )
    accounts: list[Account] = []
    technician: Actor | None = None
    with database.transaction(Actor.system(made.id)) as tx:
        for person in hospital.people:
            new = create_person(
                tx,
                username=person.username,
                name=person.name,
                name_en=person.name_en,
                title=person.title,
                roles=person.roles,
                locale=person.locale,
                chosen_password=password,
                must_change=False,
            )
            accounts.append(
                Account(person.username, person.name, person.name_en, ", ".join(person.roles), hospital.code)
            )
            if Role.TECHNICIAN in person.roles:
                technician = _as(made.id, new.person.id, person.roles)
    assert technician is not None, hospital.code
    return technician, accounts


def _as(organization_id: UUID, person_id: UUID, roles: Iterable[Role]) -> Actor:
    return Actor(organization_id=organization_id, person_id=person_id, roles=frozenset(roles))


def _files(hospital: DemoHospital) -> Iterator[tuple[str, DemoFile]]:
    for case in hospital.cases:
        for file in case.files():
            yield case.accession_number, file
    for file in hospital.unmatched:
        yield file.barcode or file.name, file


def _render(renderers: ProcessPoolExecutor, hospital: DemoHospital, scanner: Path) -> list[Future[Path]]:
    folder = scanner / hospital.code
    folder.mkdir()
    return [renderers.submit(render, folder, accession, file) for accession, file in _files(hospital)]


def render(folder: Path, accession: str, file: DemoFile) -> Path:
    """Write one slide file as the scanner would; returns where."""
    path = folder / file.name
    _draw(path, file.rendering, SlideLabel(accession, file.label, file.barcode))
    return path


def _draw(path: Path, what: Rendering, label: SlideLabel) -> None:
    match what:
        case Phantom():
            changes: dict[str, object] = {"architecture": what.architecture, "outline": what.outline}
            if what.positive_percent is not None:
                changes["positive_percent"] = what.positive_percent
            write_slide(
                path,
                what.seed,
                what.width,
                what.height,
                recipe(what.preset, **changes),
                spacing_um=what.spacing_um,
                label=label,
                without_spacing=what.without_spacing,
                icc_profile=scanner_profile(2.2),
            )
        case RealField():
            write_mosaic(path, what.seed, what.width, what.height, label=label)
        case Truncated():
            _draw(path, what.of, label)
            with path.open("r+b") as file:
                file.truncate(int(path.stat().st_size * what.share))


def _take_in(database: Database, blobs: BlobStore, technician: Actor, files: list[Future[Path]]) -> int:
    """Take the files in as they come from the renderers; a file cut off becomes a failed slide, as it should."""
    for file in files:
        path = file.result()
        take_in(database, blobs, technician, path, patience=Patience(quiet_seconds=0.0))
        path.unlink()
    return len(files)
