"""A technician sends slides by the browser: one finds its case by its barcode, one is matched by hand by its label."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from coverslip.cli.worker import TASKS
from coverslip.errors import Locale
from coverslip.jobs.worker import Worker
from coverslip.phantoms.label import SlideLabel
from coverslip.phantoms.slide import write_slide
from coverslip.records.database import Database
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.testing.database import PASSWORD, PostgresForTests, actor_for, make_organization, make_person
from coverslip.testing.laboratory import ACCESSION, open_laboratory
from coverslip.testing.server import ServerForTests, serving
from coverslip.vocabulary.roles import Role
from tests.browser.reader import Reader
from tests.browser.words import Words

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SLOW_MS = 60_000


@pytest.fixture
def laboratory(postgres: PostgresForTests, tmp_path: Path) -> Iterator[ServerForTests]:
    """A hospital whose case waits for its slides, a server and a worker beside it."""
    database = postgres.create()
    settings = Settings(data_dir=tmp_path / "data")
    blobs = BlobStore(folder=settings.blob_dir)
    hospital = make_organization(database, "QH", "county")
    technician = make_person(database, hospital.id, "technician", {Role.TECHNICIAN})
    open_laboratory(database, blobs, actor_for(technician, {Role.TECHNICIAN}))
    with working(database, blobs, settings), serving(database, blobs, settings) as server:
        yield server
    postgres.drop(database)


class working:  # noqa: N801 - reads like the function it is used as
    """A worker in a thread until the block ends."""

    def __init__(self, database: Database, blobs: BlobStore, settings: Settings) -> None:
        self._worker = Worker(database, blobs, settings, TASKS)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._worker.run()))

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._worker.stop()
        self._thread.join(60)
        assert not self._thread.is_alive(), "the worker did not stop"


@pytest.fixture(scope="module")
def slides(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One with its barcode; one whose label bears a number that was mistyped, and no barcode."""
    folder = tmp_path_factory.mktemp("slides")
    with_barcode, without = folder / "scan_1.svs", folder / "scan_2.svs"
    write_slide(with_barcode, 3, 1024, 1024, label=SlideLabel(ACCESSION, ("A1-2", "Ki-67"), "S25-00123-A1-2"))
    write_slide(without, 4, 1024, 1024, label=SlideLabel(ACCESSION, ("A1-1", "HE")))
    return with_barcode, without


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_one_slide_finds_its_case_and_one_is_matched_by_hand(
    laboratory: ServerForTests, browser: Browser, slides: tuple[Path, Path], locale: Locale
) -> None:
    words = Words(locale)
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale=locale)
    page = context.new_page()
    page.set_default_timeout(SLOW_MS)
    expect.set_options(timeout=SLOW_MS)
    technician = Reader(page, words, laboratory.url)
    technician.sign_in("technician", PASSWORD)

    send(page, words, slides)
    matched = page.get_by_test_id("batch").filter(has_text="scan_1.svs").get_by_test_id("upload-result")
    waiting = page.get_by_test_id("batch").filter(has_text="scan_2.svs").get_by_test_id("upload-result")
    expect(matched).to_have_attribute("data-outcome", "matched")
    expect(matched.get_by_role("link")).to_have_text(
        words("screen", "upload.matched_to", accession=ACCESSION, label="2")
    )
    expect(waiting).to_have_attribute("data-outcome", "unmatched")
    expect(waiting).to_contain_text(words("ingest", "ingest.flag.NOT_NAMED"))
    technician.look("upload")
    technician.accessible()

    waiting.get_by_role("link", name=words("screen", "upload.to_queue.waiting")).click()
    match_by_keyboard(page, words)
    technician.look("queue")
    technician.accessible()
    page.keyboard.press("Enter")
    expect(page.get_by_text(words("screen", "reconcile.done", accession=ACCESSION))).to_be_visible()
    expect(page.get_by_text(words("screen", "reconcile.empty"), exact=True)).to_be_visible()

    page.get_by_role("link", name=words("screen", "menu.upload"), exact=True).click()
    expect(waiting).to_have_attribute("data-outcome", "matched")
    waiting.get_by_role("link").click()
    expect(page.get_by_label(words("screen", "banner.label"))).to_contain_text(ACCESSION)
    expect(page.get_by_test_id("slide").and_(page.locator("[data-status=ready]"))).to_have_count(2)
    assert technician.faults == []
    context.close()


def lose_bytes(route: Route) -> None:
    """The network is gone whenever bytes are sent."""
    if route.request.method == "PATCH":
        route.abort()
    else:
        route.continue_()


def send(page: Page, words: Words, slides: tuple[Path, ...]) -> None:
    """Choose files in the browser's own dialog."""
    page.get_by_role("link", name=words("screen", "menu.upload"), exact=True).click()
    expect(page.get_by_test_id("drop-zone")).to_be_visible()
    with page.expect_file_chooser() as asked:
        page.get_by_role("button", name=words("screen", "upload.choose_files"), exact=True).click()
    asked.value.set_files([str(path) for path in slides])


def match_by_keyboard(page: Page, words: Words) -> None:
    """Turn the label and back, search the case (nothing but the picture names it), choose the place."""
    picture = page.get_by_test_id("queue-picture")
    expect(picture).to_be_visible()
    page.keyboard.press("r")
    expect(picture).to_have_attribute("data-turns", "1")
    page.keyboard.press("Shift+R")
    expect(picture).to_have_attribute("data-turns", "0")
    page.keyboard.press("/")
    page.keyboard.type("S25-00123")
    expect(page.get_by_role("option").filter(has_text=ACCESSION)).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    banner = page.get_by_test_id("patient-banner")
    expect(banner).to_contain_text("王芳")
    expect(banner).to_contain_text("P-1")
    expect(page.get_by_role("button", name=words("screen", "reconcile.submit"))).to_be_disabled()
    page.keyboard.press("n")
    expect(page.get_by_role("button", name=words("screen", "reconcile.submit"))).to_be_enabled()


def test_an_upload_goes_on_after_the_page_was_loaded_again(
    laboratory: ServerForTests, browser: Browser, slides: tuple[Path, Path]
) -> None:
    """The connection is lost in the middle; loaded anew, the page is given the same file and sends only the rest."""
    words = Words("en")
    context = browser.new_context(viewport={"width": 1024, "height": 768}, locale="en")
    page = context.new_page()
    page.set_default_timeout(SLOW_MS)
    expect.set_options(timeout=SLOW_MS)
    technician = Reader(page, words, laboratory.url)
    technician.sign_in("technician", PASSWORD)
    page.route("**/api/v1/uploads/*", lose_bytes)
    send(page, words, slides[:1])
    transfer = page.get_by_test_id("transfer").first
    expect(transfer).to_have_attribute("data-state", "retrying")
    page.once("dialog", lambda dialog: dialog.accept())  # something is being sent: leave all the same?
    page.reload()
    interrupted = page.get_by_test_id("batch").filter(has_text="scan_1.svs").first
    expect(interrupted).to_have_attribute("data-status", "receiving")
    page.unroute("**/api/v1/uploads/*")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(f"{request.method} {request.url.rpartition('/')[2]}"))
    with page.expect_file_chooser() as asked:
        page.get_by_role("button", name=words("screen", "upload.choose_files"), exact=True).click()
    asked.value.set_files(str(slides[0]))
    result = page.get_by_test_id("batch").filter(has_text="scan_1.svs").get_by_test_id("upload-result")
    expect(result).to_have_attribute("data-outcome", "matched")
    assert not [request for request in requests if request.startswith("POST uploads")], "begun anew"
    context.close()
