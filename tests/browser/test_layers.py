"""Focal planes and fluorescence channels in a browser: each is asked for, shown, and reached by keys alone."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from coverslip.errors import LOCALES, Locale
from coverslip.phantoms.files import WRITERS
from coverslip.phantoms.files.picture import example
from coverslip.testing.database import PostgresForTests
from tests.browser.hospital import SLOW_MS, Hospital, open_hospital, signed_in
from tests.browser.reader import accessible, look
from tests.browser.words import Words

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

EXAMPLES = ("svs-jpeg-rgb", "ome-tiff-fluorescence", "dicom-focal-planes")
FAINT = 3.0
IN_FOCUS = example()[70:310, 130:370].reshape(-1, 3).mean(axis=0)
"""The middle of the picture, which the stage shows pixel by pixel."""


@pytest.fixture(scope="module")
def hospital(postgres: PostgresForTests, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    writers = {name: WRITERS[name] for name in EXAMPLES}
    with open_hospital(postgres, tmp_path_factory.mktemp("layers"), writers) as made:
        yield made


def opened(browser: Browser, hospital: Hospital, name: str, locale: Locale = "en", width: int = 1440) -> Page:
    context = signed_in(browser, hospital, width)
    context.add_init_script(f"localStorage.setItem('coverslip.language', '{locale}')")
    hospital.speak(locale)
    page = context.new_page()
    page.goto(f"{hospital.server.url}/slides/{hospital.slides[name]}#x=250&y=190&d=1&r=0")
    expect(page.get_by_test_id("scale-bar")).to_be_visible(timeout=SLOW_MS)
    return page


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
