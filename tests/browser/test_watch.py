"""A scanner's folder on its page: what came in, what nobody can look into, what waits in the queue and why."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, expect

from coverslip.errors import Locale
from coverslip.ingest.watch import FolderWatch
from coverslip.ingest.watched_folders import add_folder
from coverslip.phantoms.slide import write_slide
from coverslip.records.actor import Actor
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.testing.database import PASSWORD, PostgresForTests, actor_for, make_organization, make_person
from coverslip.testing.laboratory import ACCESSION, open_laboratory
from coverslip.testing.server import ServerForTests, serving
from coverslip.vocabulary.roles import Role
from tests.browser.reader import Reader
from tests.browser.words import Words

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

GLUED = f"{ACCESSION}-A12.svs"


@pytest.fixture
def scanner(postgres: PostgresForTests, tmp_path: Path) -> Iterator[ServerForTests]:
    """A watched folder with a slide of its case, one whose name may be read in two ways, and a link that leads out."""
    database = postgres.create()
    root = tmp_path / "scanner"
    root.mkdir()
    write_slide(root / f"{ACCESSION}-A1-3.svs", 3, 800, 600)
    write_slide(root / "other.svs", 4, 800, 600)
    shutil.move(root / "other.svs", root / GLUED)
    (root / "elsewhere").symlink_to(tmp_path)
    settings = Settings(data_dir=tmp_path / "data")
    blobs = BlobStore(folder=settings.blob_dir)
    hospital = make_organization(database, "QH", "county")
    technician = make_person(database, hospital.id, "technician", {Role.TECHNICIAN})
    open_laboratory(database, blobs, actor_for(technician, {Role.TECHNICIAN}))
    with database.transaction(Actor.system(hospital.id)) as tx:
        folder_id: UUID = add_folder(tx, settings, str(root), quiet_seconds=1, by_operator=True).id
    clock = iter((0.0, 0.0, *[60.0 + second for second in range(10_000)]))
    watch = FolderWatch(database, blobs, settings, hospital.id, folder_id, holder="test", clock=lambda: next(clock))
    while (looked := watch.look()) is not None and not looked.taken:
        pass
    with serving(database, blobs, settings) as server:
        yield server
    postgres.drop(database)


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_what_of_a_folder_needs_somebody_is_said_in_the_readers_language(
    scanner: ServerForTests, browser: Browser, locale: Locale
) -> None:
    words = Words(locale)
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale=locale)
    page = context.new_page()
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    technician = Reader(page, words, scanner.url)
    technician.sign_in("technician", PASSWORD)

    page.get_by_role("link", name=words("screen", "menu.watch"), exact=True).click()
    row = page.get_by_test_id("watched-folder")
    for outcome in ("matched", "unmatched", "waiting"):
        expect(row).to_contain_text(words("screen", f"watch.outcome.{outcome}"))
    row.get_by_role("button", name=words("screen", "watch.problems")).click()
    problems = page.get_by_role("region", name=words("screen", "watch.problems"))
    problem = words("ingest", "problems.watch_link")
    expect(problems).to_contain_text(
        words("ingest", "errors.INGEST_FOLDER_LEFT_OUT.message", file="elsewhere", problem=problem)
    )
    technician.accessible()

    page.get_by_role("link", name=words("screen", "menu.reconcile"), exact=True).click()
    expect(page.get_by_text(GLUED).first).to_be_visible()
    expect(page.get_by_test_id("reason").first).to_have_text(words("ingest", "ingest.flag.SLIDE_UNKNOWN"))
    technician.accessible()
    assert technician.faults == []
    context.close()
