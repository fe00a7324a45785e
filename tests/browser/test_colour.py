"""What a browser sends to the screen is what LittleCMS computes: screenshots of the colour target, in CIEDE2000."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms
from playwright.sync_api import Browser, BrowserContext, Page, expect

from coverslip.errors import LOCALES, Locale
from coverslip.phantoms.colour import COLUMNS, PATCH_PX, PATCHES, scanner_profile, table_profile
from coverslip.phantoms.files.colour_target import write_colour_target
from coverslip.slides.colour.difference import ciede2000, lab_of
from coverslip.slides.colour.managed import colour_of_profile
from coverslip.slides.colour.table import ColourSpace
from coverslip.slides.colour.transform import display_profile
from coverslip.testing.database import PostgresForTests
from tests.browser.conftest import CHROMIUM, GPU_IN_SOFTWARE, QUIET
from tests.browser.hospital import SLOW_MS, Hospital, open_hospital, signed_in
from tests.browser.reader import accessible, look
from tests.browser.words import Words

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

LIMIT = 2.0
DOWNSAMPLE = 1.5
"""Slide pixels per CSS pixel: the whole target fits beside every panel."""
STORED = np.array([colour for _, colour in PATCHES], dtype=np.uint8)
PROFILES = {"matrix": scanner_profile(), "table": table_profile(), "none": b"", "broken": scanner_profile()[:-40]}
Colours = NDArray[np.uint8]
DRAWN_BY = """() => {
  const canvas = document.querySelector('[data-testid=slide-canvas] canvas');
  return canvas.getContext('webgl2') === null ? '2d' : 'webgl2';
}"""
SOFTWARE_COUNTS = """
const getContext = HTMLCanvasElement.prototype.getContext;
const getParameter = WebGL2RenderingContext.prototype.getParameter;
HTMLCanvasElement.prototype.getContext = function (kind, options) {
  return getContext.call(this, kind, { ...options, failIfMajorPerformanceCaveat: false });
};
WebGL2RenderingContext.prototype.getParameter = function (name) {
  return name === 0x9246 || name === this.RENDERER ? "a graphics card" : getParameter.call(this, name);
};
"""
"""Makes the imitated graphics card of a test machine count as one; without it tiles go through the worker."""


@pytest.fixture(scope="module")
def hospital(postgres: PostgresForTests, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    writers = {
        kind: lambda folder, profile=profile: write_colour_target(folder / "target.svs", profile)
        for kind, profile in PROFILES.items()
    }
    with open_hospital(postgres, tmp_path_factory.mktemp("colour"), writers) as made:
        yield made


@pytest.fixture
def context(browser: Browser, hospital: Hospital) -> Iterator[BrowserContext]:
    made = signed_in(browser, hospital)
    made.add_init_script(SOFTWARE_COUNTS)
    yield made
    made.close()


def by_littlecms(profile: bytes, screen: bytes | None = None) -> Colours:
    """The patches in sRGB, or in another profile's space, by a binding of LittleCMS that Coverslip does not use."""
    shown = ImageCms.profileToProfile(
        Image.fromarray(STORED[None]),
        io.BytesIO(profile),
        ImageCms.createProfile("sRGB") if screen is None else io.BytesIO(screen),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    assert shown is not None
    return np.asarray(shown, dtype=np.uint8).reshape(-1, 3)


def differences(seen: Colours, wanted: Colours) -> NDArray[np.float64]:
    return ciede2000(lab_of(seen, ColourSpace.SRGB), lab_of(wanted, ColourSpace.SRGB))


def open_target(context: BrowserContext, hospital: Hospital, kind: str, rotation: int = 0) -> Page:
    page = context.new_page()
    at = f"#x={COLUMNS * PATCH_PX // 2}&y={len(PATCHES) // COLUMNS * PATCH_PX // 2}&d={DOWNSAMPLE}&r={rotation}"
    page.goto(f"{hospital.server.url}/slides/{hospital.slides[kind]}{at}")
    expect(page.get_by_test_id("scale-bar")).to_be_visible(timeout=SLOW_MS)
    return page


def on_screen(page: Page, rotation: int = 0) -> Colours:
    """The middle of each patch in a screenshot, once the picture has come to rest."""
    stage = page.get_by_test_id("slide-canvas")
    before = b""
    while (picture := stage.screenshot()) != before:
        before = picture
        page.wait_for_timeout(400)
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))
    height, width = pixels.shape[:2]
    seen = []
    for number in range(len(PATCHES)):
        x = (number % COLUMNS + 0.5 - COLUMNS / 2) * PATCH_PX / DOWNSAMPLE
        y = (number // COLUMNS + 0.5 - len(PATCHES) / COLUMNS / 2) * PATCH_PX / DOWNSAMPLE
        turned = {0: (x, y), 90: (-y, x)}[rotation]
        column, row = round(width / 2 + turned[0]), round(height / 2 + turned[1])
        part = pixels[row - 3 : row + 4, column - 3 : column + 4].reshape(-1, 3)
        seen.append(np.median(part, axis=0))
    return np.array(seen).astype(np.uint8)


def speak(context: BrowserContext, hospital: Hospital, locale: Locale) -> None:
    """The reader's own language from now on."""
    hospital.speak(locale)
    context.add_init_script(f"localStorage.setItem('coverslip.language', '{locale}')")


def state(page: Page, wanted: str) -> None:
    expect(page.get_by_test_id("colour-badge")).to_have_attribute("data-state", wanted, timeout=SLOW_MS)


@pytest.mark.parametrize("kind", ["matrix", "table"])
def test_the_screen_shows_what_littlecms_computes_and_switched_off_what_is_stored(
    context: BrowserContext, hospital: Hospital, kind: str
) -> None:
    wanted = by_littlecms(PROFILES[kind])
    page = open_target(context, hospital, kind)
    state(page, "applied")
    assert page.evaluate(DRAWN_BY) == "webgl2"
    found = differences(on_screen(page), wanted)
    assert found.max() <= LIMIT, found
    assert found.mean() <= LIMIT / 2

    page.keyboard.press("i")
    state(page, "off")
    off = on_screen(page)
    assert differences(off, STORED).max() <= LIMIT
    assert differences(off, wanted).max() > 2 * LIMIT, "the test could not tell whether the profile is applied"

    page.keyboard.press("i")
    state(page, "applied")
    assert differences(on_screen(page), wanted).max() <= LIMIT


def test_a_turned_slide_has_the_same_colours(context: BrowserContext, hospital: Hospital) -> None:
    page = open_target(context, hospital, "matrix", 90)
    state(page, "applied")
    assert differences(on_screen(page, 90), by_littlecms(PROFILES["matrix"])).max() <= LIMIT


@pytest.mark.parametrize(("kind", "said"), [("none", "none"), ("broken", "unusable")])
def test_a_slide_without_a_profile_to_use_is_shown_as_stored_and_says_so(
    context: BrowserContext, hospital: Hospital, kind: str, said: str
) -> None:
    speak(context, hospital, "zh-CN")
    page = open_target(context, hospital, kind)
    state(page, said)
    assert differences(on_screen(page), STORED).max() <= LIMIT
    if said == "unusable":
        page.get_by_test_id("colour-badge").click()
        reason = colour_of_profile(PROFILES[kind], ColourSpace.SRGB).error().message("zh-CN")
        expect(page.get_by_text(reason)).to_be_visible(timeout=SLOW_MS)


def test_the_thumbnail_is_converted_on_the_server(context: BrowserContext, hospital: Hospital) -> None:
    for kind in ("matrix", "table", "none"):
        address = f"{hospital.server.url}/api/v1/slides/{hospital.slides[kind]}/associated/thumbnail"
        picture = np.asarray(Image.open(io.BytesIO(context.request.get(address).body())))
        step = picture.shape[1] // COLUMNS
        seen = picture[step // 2 :: step, step // 2 :: step].reshape(-1, 3)
        wanted = STORED if kind == "none" else by_littlecms(PROFILES[kind])
        assert differences(seen, wanted).max() <= LIMIT, kind


def test_without_a_graphics_card_tiles_are_converted_as_they_arrive(browser: Browser, hospital: Hospital) -> None:
    context = signed_in(browser, hospital)
    page = open_target(context, hospital, "table")
    state(page, "applied")
    assert page.evaluate(DRAWN_BY) == "2d"
    assert differences(on_screen(page), by_littlecms(PROFILES["table"])).max() <= LIMIT
    page.keyboard.press("i")
    state(page, "off")
    assert differences(on_screen(page), STORED).max() <= LIMIT
    with page.expect_response("**/api/v1/colour/checks") as answer:
        page.goto(f"{hospital.server.url}/colour")
    assert answer.value.json()["passed"]
    context.close()


def test_a_lost_graphics_context_comes_back_in_the_same_colours(context: BrowserContext, hospital: Hospital) -> None:
    page = open_target(context, hospital, "matrix")
    state(page, "applied")
    on_screen(page)
    page.evaluate("""async () => {
      const gl = document.querySelector('[data-testid=slide-canvas] canvas').getContext('webgl2');
      const lose = gl.getExtension('WEBGL_lose_context');
      lose.loseContext();
      await new Promise((done) => setTimeout(done, 200));
      lose.restoreContext();
      await new Promise((done) => setTimeout(done, 200));
    }""")
    assert differences(on_screen(page), by_littlecms(PROFILES["matrix"])).max() <= LIMIT


@pytest.mark.parametrize("locale", LOCALES)
def test_the_colour_check_measures_what_the_screen_is_sent_and_records_it(
    context: BrowserContext, hospital: Hospital, locale: Locale
) -> None:
    words = Words(locale)
    speak(context, hospital, locale)
    for query in ("", f"?slide={hospital.slides['table']}"):
        page = context.new_page()
        with page.expect_response("**/api/v1/colour/checks") as answer:
            page.goto(f"{hospital.server.url}/colour{query}")
        expect(page.get_by_text(words("viewer", "colour_check.passed"), exact=True)).to_be_visible(timeout=SLOW_MS)
        expect(page.get_by_test_id("colour-patch")).to_have_count(len(PATCHES))
        check = answer.value.json()
        wanted = by_littlecms(PROFILES["table" if query else "matrix"])
        assert differences(np.array([patch["measured"] for patch in check["patches"]]), wanted).max() <= LIMIT
        assert 0 < check["mean"] < check["largest"] <= LIMIT
    look(page, f"colour-check-{locale}")
    accessible(page)
    page.get_by_role("button", name=words("viewer", "colour_check.patches.eosin"), exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("L*")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("dialog")).to_contain_text(words("viewer", "colour_check.patches.eosin_pale"))


@pytest.mark.parametrize("locale", LOCALES)
def test_the_badge_tells_the_profile_and_takes_adjustments_that_are_always_seen(
    context: BrowserContext, hospital: Hospital, locale: Locale
) -> None:
    words = Words(locale)
    speak(context, hospital, locale)
    page = open_target(context, hospital, "matrix")
    state(page, "applied")
    badge = page.get_by_test_id("colour-badge")
    expect(badge).to_have_text(words("viewer", "colour.applied", space="sRGB"))
    before = on_screen(page)
    badge.click()
    expect(page.get_by_text("Coverslip phantom scanner")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_css("opacity", "1", timeout=SLOW_MS)
    accessible(page)
    look(page, f"viewer-colour-{locale}")
    page.get_by_role("slider", name=words("viewer", "colour.contrast")).press("End")
    expect(page.get_by_test_id("colour-adjusted")).to_have_text(words("viewer", "colour.adjusted"))
    page.keyboard.press("Escape")
    assert differences(on_screen(page), before).max() > LIMIT
    badge.click()
    page.get_by_role("button", name=words("viewer", "colour.reset"), exact=True).click()
    expect(page.get_by_test_id("colour-adjusted")).to_have_count(0)
    page.keyboard.press("Escape")
    assert differences(on_screen(page), before).max() == 0


def test_a_check_by_a_profile_that_cannot_be_used_says_so(context: BrowserContext, hospital: Hospital) -> None:
    speak(context, hospital, "zh-CN")
    page = context.new_page()
    page.goto(f"{hospital.server.url}/colour?slide={hospital.slides['broken']}")
    reason = colour_of_profile(PROFILES["broken"], ColourSpace.SRGB).error().message("zh-CN")
    expect(page.get_by_text(reason)).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_test_id("colour-result")).to_have_count(0)


def test_a_wide_screen_gets_display_p3(browser: Browser, hospital: Hospital) -> None:
    arguments = ["--no-sandbox", *GPU_IN_SOFTWARE, *QUIET, "--force-color-profile=display-p3-d65"]
    wide = browser.browser_type.launch(executable_path=CHROMIUM, args=arguments)
    context = signed_in(wide, hospital)
    context.add_init_script(SOFTWARE_COUNTS)
    page = context.new_page()
    with page.expect_response("**/api/v1/colour/checks") as answer:
        page.goto(f"{hospital.server.url}/colour")
    check = answer.value.json()
    assert check["space"] == "display-p3"
    wanted = by_littlecms(PROFILES["matrix"], display_profile(ColourSpace.DISPLAY_P3))
    seen = np.array([patch["measured"] for patch in check["patches"]])
    p3 = ColourSpace.DISPLAY_P3
    assert ciede2000(lab_of(seen, p3), lab_of(wanted, p3)).max() <= LIMIT
    slide = open_target(context, hospital, "matrix")
    state(slide, "applied")
    expect(slide.get_by_test_id("colour-badge")).to_have_attribute("data-space", "display-p3")
    wide.close()
