"""Administrator and head of department keep the hospital's slides: checks, damage, rules, holds and a removal."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from coverslip.cli.worker import TASKS
from coverslip.custody import replica
from coverslip.errors import LOCALES, Locale
from coverslip.jobs.task import Work
from coverslip.jobs.worker import Worker
from coverslip.phantoms.files import WRITERS
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Case, Slide
from coverslip.records.queries import slide as slides
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.storage.local_place import LocalPlace
from coverslip.testing.database import PostgresForTests, actor_for, make_organization, make_person
from coverslip.testing.reading_example import stored_slide
from coverslip.testing.server import ServerForTests, serving
from coverslip.vocabulary.roles import Role
from tests.browser.words import Words

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SLOW_MS = 60_000
PEOPLE = {"qh.admin": Role.ADMINISTRATOR, "qh.head": Role.HEAD, "qh.technician": Role.TECHNICIAN}
NAMES = re.compile(r"(?i:qh\.\w+)|COVERSLIP_\w+|Coverslip|SHA-256|[0-9a-f]{8,}|\b[KMGT]?i?B\b|English")
"""What is the same in every language: settings, digests, units, labels of slides."""


@dataclass
class Store:
    """A hospital whose one slide is 16 years old, its bytes in a hot folder, a second copy not yet made."""

    server: ServerForTests
    database: Database
    blobs: BlobStore
    organization_id: UUID
    slide_id: UUID
    accession_number: str
    digest: str

    def work(self) -> None:
        """As a worker: everything that is queued, in a thread, for playwright has an event loop in this one."""
        worker = Worker(self.database, self.blobs, Settings(), TASKS)
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: asyncio.run(worker.run(until_idle=True))).result()

    def harm(self) -> None:
        """Flip a bit on the disk."""
        assert isinstance(self.blobs.hot, LocalPlace)
        path = self.blobs.hot.path(self.organization_id, self.digest)
        data = bytearray(path.read_bytes())
        data[1000] ^= 1
        path.chmod(0o640)
        path.write_bytes(bytes(data))


@pytest.fixture
def store(postgres: PostgresForTests, tmp_path: Path) -> Iterator[Store]:
    database = postgres.create()
    blobs = BlobStore(
        folder=tmp_path / "hot", cold=LocalPlace(tmp_path / "cold"), replica=LocalPlace(tmp_path / "replica")
    )
    hospital = make_organization(database, "QH", "county")
    people = {name: make_person(database, hospital.id, name, {role}) for name, role in PEOPLE.items()}
    technician = actor_for(people["qh.technician"], {Role.TECHNICIAN})
    made = stored_slide(database, blobs, technician, WRITERS["svs-jpeg-rgb"](tmp_path))
    with database.transaction(Actor.system(hospital.id)) as tx:
        row = slides.slide(tx, made.id)
        assert row is not None
        digest = row.files[0].digest
        case = tx.session.get_one(Case, made.case_id)
        case.status, case.signed_at = "signed", datetime.now(UTC) - timedelta(days=16 * 365.25)
        number = case.accession_number
    with serving(database, blobs, Settings(data_dir=tmp_path / "data")) as server:
        yield Store(server, database, blobs, hospital.id, made.id, number, digest)
    postgres.drop(database)


def opened(browser: Browser, store: Store, username: str, locale: Locale) -> Page:
    """The storage page in a window of this person's."""
    client = store.server.sign_in(username)
    client.patch("/session", json={"locale": locale})
    window = browser.new_context(viewport={"width": 1440, "height": 900})
    window.set_default_timeout(SLOW_MS)
    for cookie in client.cookies.jar:
        window.add_cookies([{"name": cookie.name, "value": cookie.value or "", "url": store.server.url}])
    expect.set_options(timeout=SLOW_MS)
    page = window.new_page()
    page.goto(f"{store.server.url}/storage")
    expect(page.get_by_role("heading", name=Words(locale)("screen", "storage.title"), level=1)).to_be_visible()
    return page


def speaks(page: Page, locale: Locale) -> None:
    """Nothing of the other language is on the page."""
    text = NAMES.sub("", page.locator("main").inner_text())
    foreign = re.findall(r"[A-Za-z]{2,}", text) if locale == "zh-CN" else re.findall(r"[\u4e00-\u9fff]+", text)
    assert foreign == []


@pytest.mark.parametrize("locale", LOCALES)
def test_the_page_of_storage_from_a_check_to_a_removal(store: Store, browser: Browser, locale: Locale) -> None:
    words = Words(locale)

    def says(path: str, **values: object) -> str:
        return words("screen", f"storage.{path}", **values)

    page = opened(browser, store, "qh.admin", locale)
    expect(page.get_by_text(says("no_findings"))).to_be_visible()
    speaks(page, locale)

    _make_a_second_copy(store)
    store.harm()
    page.get_by_role("button", name=says("check_now")).click()
    expect(page.get_by_text(says("check_asked"))).to_be_visible()
    store.work()
    page.reload()
    expect(page.get_by_text(says("repaired_from", place=says("place.replica")))).to_be_visible()
    store.blobs.verify(store.organization_id, store.digest)
    speaks(page, locale)
    page.get_by_role("button", name=says("release_of", digest=store.digest[:8])).click()
    expect(page.get_by_text(says("no_findings"))).to_be_visible()

    page.get_by_role("button", name=says("add_rule")).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(says("action.retain")).check()
    dialog.get_by_label(says("years")).fill("15")
    speaks_in_dialog = dialog.inner_text()
    assert (re.search(r"[A-Za-z]{2,}", NAMES.sub("", speaks_in_dialog)) is None) == (locale == "zh-CN")
    dialog.get_by_role("button", name=says("add_rule")).click()
    rule = says("rule_retain", cases=words("vocabulary", "case_status.signed"), years=15)
    expect(page.get_by_text(rule)).to_be_visible()
    expect(page.get_by_role("button", name=says("place_hold"))).to_have_count(0)
    speaks(page, locale)
    page.context.close()
    _hold_and_remove(store, browser, locale)


def _make_a_second_copy(store: Store) -> None:
    assert store.blobs.replica is not None

    replica.copy_to_replica.run(Work(store.database, store.blobs, Settings()))


def _hold_and_remove(store: Store, browser: Browser, locale: Locale) -> None:
    words = Words(locale)

    def says(path: str, **values: object) -> str:
        return words("screen", f"storage.{path}", **values)

    page = opened(browser, store, "qh.head", locale)
    table = page.get_by_role("table", name=says("expired"))
    expect(table.get_by_role("row")).to_have_count(2)
    page.get_by_role("button", name=says("place_hold")).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(says("accession_number")).fill(store.accession_number)
    dialog.get_by_label(says("reason")).fill("（2026）17")
    dialog.get_by_role("button", name=says("place_hold")).click()
    expect(page.get_by_role("table", name=says("holds"))).to_contain_text(store.accession_number)
    expect(page.get_by_text(says("no_expired"))).to_be_visible()
    page.get_by_role("button", name=says("release_hold_of", number=store.accession_number)).click()
    dialog.get_by_label(says("reason")).fill("17")
    dialog.get_by_role("button", name=says("release_hold")).click()
    expect(page.get_by_text(says("no_holds"))).to_be_visible()

    table.get_by_role("checkbox").first.check()
    page.get_by_role("button", name=says("remove", n=1)).click()
    dialog.get_by_label(says("reason")).fill("15")
    dialog.get_by_role("button", name=says("remove", n=1)).click()
    expect(page.get_by_text(says("no_expired"))).to_be_visible()
    speaks(page, locale)
    store.work()
    assert not store.blobs.exists(store.organization_id, store.digest)
    with store.database.transaction(Actor.system(store.organization_id)) as tx:
        assert tx.session.get_one(Slide, store.slide_id).failure_code == "SLIDE_REMOVED"
    page.context.close()
