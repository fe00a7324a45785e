"""What a slide opens with lies where the viewer draws it a moment later: nothing jumps."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from coverslip.phantoms.files import WRITERS
from coverslip.phantoms.files.colour_target import write_colour_target
from coverslip.phantoms.files.picture import example
from coverslip.testing.database import PostgresForTests
from tests.browser.hospital import SLOW_MS, Hospital, open_hospital, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

STAGE = 0x3C
"""Its grey, which no slide shows in all three colours."""
NEAR_PX = 3
"""The page above the slide may still grow by a pixel or two while it opens."""
WATCH = """
window.firstLook = null;
new MutationObserver(() => {
  const picture = document.querySelector('[data-testid="first-look"] > svg');
  if (window.firstLook || !picture) return;
  const { a, e, f } = picture.getScreenCTM();
  window.firstLook = { scale: a, left: e, top: f, tiles: picture.querySelectorAll('image').length };
}).observe(document, { childList: true, subtree: true });
"""


@pytest.fixture(scope="module")
def hospital(postgres: PostgresForTests, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    writers = {
        "plain": WRITERS["svs-jpeg-rgb"],
        "managed": lambda folder: write_colour_target(folder / "target.svs"),
    }
    with open_hospital(postgres, tmp_path_factory.mktemp("opening"), writers) as made:
        yield made


def opened(browser: Browser, hospital: Hospital, name: str, position: str = "") -> Page:
    context = signed_in(browser, hospital)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(f"{hospital.server.url}/slides/{hospital.slides[name]}{position}")
    expect(page.get_by_test_id("scale-bar")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_test_id("first-look")).to_have_count(0, timeout=SLOW_MS)
    return page


def first_look(page: Page) -> Any:
    return page.evaluate("window.firstLook")


def borders(page: Page) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of the slide on the page, by the middle row and column of the stage."""
    stage = page.get_by_test_id("slide-canvas")
    box = stage.bounding_box()
    assert box is not None
    pixels = np.asarray(Image.open(io.BytesIO(stage.screenshot())).convert("RGB")).astype(int)
    slide = np.abs(pixels - STAGE).max(axis=2) > 8
    left, right = around_middle(slide[slide.shape[0] // 2])
    top, bottom = around_middle(slide[:, slide.shape[1] // 2])
    return box["x"] + left, box["y"] + top, box["x"] + right, box["y"] + bottom


def around_middle(shown: NDArray[np.bool_]) -> tuple[int, int]:
    """First and one after the last of the places that are shown without a gap to the middle."""
    hidden = np.flatnonzero(~shown)
    middle = len(shown) // 2
    before, after = hidden[hidden < middle], hidden[hidden > middle]
    return int(before[-1]) + 1, int(after[0])


def test_the_first_look_lies_where_the_viewer_draws_the_slide(browser: Browser, hospital: Hospital) -> None:
    page = opened(browser, hospital, "plain")
    look = first_look(page)
    assert look["tiles"] > 0
    page.wait_for_timeout(500)
    left, top, right, bottom = borders(page)
    height, width = example().shape[:2]
    found = (look["left"], look["top"], look["left"] + width * look["scale"], look["top"] + height * look["scale"])
    assert np.abs(np.subtract(found, (left, top, right, bottom))).max() < NEAR_PX


def test_a_slide_whose_colours_are_converted_waits_for_the_viewer(browser: Browser, hospital: Hospital) -> None:
    assert first_look(opened(browser, hospital, "managed")) is None


def test_a_link_to_a_place_does_not_show_the_whole_slide_first(browser: Browser, hospital: Hospital) -> None:
    assert first_look(opened(browser, hospital, "plain", "#x=250&y=190&d=1")) is None
