"""A server with example slides and one reader, without the demo around them; and the reader's browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext

from coverslip.errors import Locale
from coverslip.ingest.intake import take_in
from coverslip.ingest.settle import Patience
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.testing.database import PostgresForTests, actor_for, make_organization, make_person
from coverslip.testing.server import ServerForTests, serving
from coverslip.vocabulary.roles import Role

SLOW_MS = 60_000
"""A patience that says nothing about speed: machines that test may be busy."""
ROLES = {Role.PATHOLOGIST, Role.TECHNICIAN}


@dataclass(frozen=True)
class Hospital:
    """`slides`: name -> id."""

    server: ServerForTests
    slides: dict[str, str]
    reader: str

    def speak(self, locale: Locale) -> None:
        """The reader's pages are in this language from now on."""
        self.server.sign_in(self.reader).patch("/session", json={"locale": locale})


@contextmanager
def open_hospital(
    postgres: PostgresForTests, folder: Path, writers: Mapping[str, Callable[[Path], Path]]
) -> Iterator[Hospital]:
    """Each writer gets a folder of its own and returns the slide that is taken in under its name."""
    database, blobs = postgres.create(), BlobStore(folder=folder / "blobs")
    organization = make_organization(database, "QH", "county")
    reader = make_person(database, organization.id, "qh.reader", ROLES)
    actor = actor_for(reader, ROLES)
    slides = {}
    for name, write in writers.items():
        (folder / name).mkdir()
        taken = take_in(database, blobs, actor, write(folder / name), patience=Patience(quiet_seconds=0))
        slides[name] = str(taken.slide_id)
    with serving(database, blobs, Settings(data_dir=folder)) as server:
        yield Hospital(server, slides, reader.username)
    postgres.drop(database)


def signed_in(browser: Browser, hospital: Hospital, width: int = 1440) -> BrowserContext:
    """A window of the reader's."""
    made = browser.new_context(viewport={"width": width, "height": 900})
    made.set_default_timeout(SLOW_MS)
    for cookie in hospital.server.sign_in(hospital.reader).cookies.jar:
        made.add_cookies([{"name": cookie.name, "value": cookie.value or "", "url": hospital.server.url}])
    return made
