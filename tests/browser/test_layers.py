"""Focal planes and fluorescence channels in a browser: each is asked for, shown, and reached by keys alone."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from coverslip.errors import LOCALES, Locale
from coverslip.ingest.intake import take_in
from coverslip.ingest.settle import Patience
from coverslip.phantoms.files import WRITERS
from coverslip.phantoms.files.picture import example
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.testing.database import PostgresForTests, actor_for, make_organization, make_person
from coverslip.testing.server import ServerForTests, serving
from coverslip.vocabulary.roles import Role
from tests.browser.reader import AXE, SCREENSHOTS
from tests.browser.words import Words

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SLOW_MS = 60_000
"""A patience that says nothing about speed: machines that test may be busy."""
EXAMPLES = ("svs-jpeg-rgb", "ome-tiff-fluorescence", "dicom-focal-planes")
FAINT = 3.0
IN_FOCUS = example()[70:310, 130:370].reshape(-1, 3).mean(axis=0)
"""The middle of the picture, which the stage shows pixel by pixel."""


@dataclass(frozen=True)
class Hospital:
    """A server with one slide of each example."""

    server: ServerForTests
    slides: dict[str, str]
    reader: str


@pytest.fixture(scope="module")
def hospital(postgres: PostgresForTests, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    folder = tmp_path_factory.mktemp("layers")
    database, blobs = postgres.create(), BlobStore(folder=folder / "blobs")
    organization = make_organization(database, "QH", "county")
    reader = make_person(database, organization.id, "qh.reader", {Role.PATHOLOGIST, Role.TECHNICIAN})
    actor = actor_for(reader, {Role.PATHOLOGIST, Role.TECHNICIAN})
    slides = {}
    for name in EXAMPLES:
        (folder / name).mkdir()
        path = WRITERS[name](folder / name)
        slides[name] = str(take_in(database, blobs, actor, path, patience=Patience(quiet_seconds=0)).slide_id)
    with serving(database, blobs, Settings(data_dir=folder)) as server:
        yield Hospital(server, slides, reader.username)
    postgres.drop(database)


def opened(browser: Browser, hospital: Hospital, name: str, locale: Locale = "en", width: int = 1440) -> Page:
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.set_default_timeout(SLOW_MS)
    context.add_init_script(f"localStorage.setItem('coverslip.language', '{locale}')")
    session = hospital.server.sign_in(hospital.reader)
    session.patch("/session", json={"locale": locale})
    for cookie in session.cookies.jar:
        context.add_cookies([{"name": cookie.name, "value": cookie.value or "", "url": hospital.server.url}])
    page = context.new_page()
    page.goto(f"{hospital.server.url}/slides/{hospital.slides[name]}#x=250&y=190&d=1&r=0")
    expect(page.get_by_test_id("scale-bar")).to_be_visible(timeout=SLOW_MS)
    return page


def look(page: Page, name: str) -> None:
    """Keep a picture of the page for the documentation, where asked for."""
    if SCREENSHOTS:
        page.wait_for_timeout(1500)
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png")


def accessible(page: Page) -> None:
    """No serious accessibility fault on the page as it stands (axe, WCAG 2 A and AA)."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa']}).then(r => r.violations)")
    assert [fault["id"] for fault in found if fault["impact"] in ("serious", "critical")] == []


def mean_of(page: Page) -> NDArray[np.float64]:
    """Mean red, green, blue of the middle of the stage."""
    pixels = np.asarray(Image.open(io.BytesIO(page.get_by_test_id("slide-canvas").screenshot())).convert("RGB"))
    middle, half = (pixels.shape[0] // 2, pixels.shape[1] // 2), 120
    part = pixels[middle[0] - half : middle[0] + half, middle[1] - half : middle[1] + half]
    mean: NDArray[np.float64] = part.reshape(-1, 3).mean(axis=0)
    return mean


def shows(page: Page, wanted: Callable[[NDArray[np.float64]], bool], what: str) -> NDArray[np.float64]:
    """Waits until the stage shows it; tiles of a layer may have to be decoded first."""
    ends = time.monotonic() + SLOW_MS / 1000
    while not wanted(mean := mean_of(page)):
        assert time.monotonic() < ends, f"{what}: {mean}"
        page.wait_for_timeout(200)
    return mean


def near(wanted: NDArray[np.float64]) -> Callable[[NDArray[np.float64]], bool]:
    return lambda mean: bool(np.abs(mean - wanted).max() < FAINT)


def test_a_slide_with_nothing_to_choose_has_no_such_control(browser: Browser, hospital: Hospital) -> None:
    page = opened(browser, hospital, "svs-jpeg-rgb")
    expect(page.get_by_test_id("layers")).to_have_count(0)
    page.context.close()


@pytest.mark.parametrize("locale", LOCALES)
def test_channels_are_shown_together_and_one_by_one_by_a_key(
    browser: Browser, hospital: Hospital, locale: Locale
) -> None:
    page, words = opened(browser, hospital, "ome-tiff-fluorescence", locale), Words(locale)
    choice = page.get_by_role("combobox", name=words("viewer", "layers.channels"))
    expect(choice).to_have_value(words("viewer", "layers.all_channels"))
    both = shows(page, lambda mean: bool(min(mean[0], mean[2]) > FAINT > mean[1]), "both channels")
    look(page, f"layers-channels-{locale}")
    accessible(page)
    page.keyboard.press("k")
    expect(choice).to_have_value("DAPI · 461 nm")
    shows(page, lambda mean: bool(mean[0] < FAINT < mean[2]), "the blue channel alone")
    page.keyboard.press("k")
    expect(choice).to_have_value("Cy5 · 670 nm")
    shows(page, lambda mean: bool(mean[2] < FAINT < mean[0]), "the red channel alone")
    page.keyboard.press("k")
    expect(choice).to_have_value(words("viewer", "layers.all_channels"))
    shows(page, near(both), "both channels again")
    page.context.close()


@pytest.mark.parametrize("locale", LOCALES)
def test_focus_goes_up_and_down_by_keys_and_ends_at_the_last_plane(
    browser: Browser, hospital: Hospital, locale: Locale
) -> None:
    page, words = opened(browser, hospital, "dicom-focal-planes", locale, width=1024), Words(locale)
    layers = page.get_by_test_id("layers")
    expect(layers).to_contain_text("2/3")
    in_focus = shows(page, near(IN_FOCUS), "the plane in focus")
    page.keyboard.press("PageUp")
    expect(layers).to_contain_text("+2 µm")
    look(page, f"layers-planes-{locale}")
    accessible(page)
    shows(page, near(255 - in_focus), "the plane above, which is the picture inverted")
    expect(page.get_by_role("button", name=words("viewer", "layers.plane_up"), exact=True)).to_be_disabled()
    page.keyboard.press("PageUp")
    expect(layers).to_contain_text("3/3")
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    expect(layers).to_contain_text("−2 µm")
    page.get_by_role("button", name=words("viewer", "layers.plane_up"), exact=True).click()
    expect(layers).to_contain_text("2/3")
    shows(page, near(in_focus), "the plane in focus again")
    page.context.close()
