"""Panning a slide with its colour profile and without, by graphics card and by worker, in headless Chromium.

A key moves the view for some seconds at screen scale; the page counts the frames it presents. Without a graphics card
headless Chromium imitates one by the processor; the viewer then takes the plain canvas by itself.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from table import machine, write_section

from coverslip.ingest.intake import take_in
from coverslip.ingest.settle import Patience
from coverslip.phantoms.colour import table_profile
from coverslip.phantoms.recipe import recipe
from coverslip.phantoms.slide import write_slide
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.testing.database import PostgresForTests, actor_for, make_organization, make_person
from coverslip.testing.server import ServerForTests, serving
from coverslip.vocabulary.roles import Role

WIDTH, HEIGHT = 12_000, 9_000
SCREEN = {"width": 1440, "height": 900}
GRAPHICS = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
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
"""Makes a graphics card that the processor imitates count as one, as on a workstation that has one."""
FRAMES = """(seconds) => new Promise((done) => {
  const times = [];
  const key = (name) => window.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
  const from = performance.now();
  let last = from, way = "ArrowRight", turned = from, pressed = 0;
  const frame = (now) => {
    times.push(now - last); last = now;
    if (now - turned > 1500) { way = way === "ArrowRight" ? "ArrowLeft" : "ArrowRight"; turned = now; }
    if (now - pressed > 250) { key(way); pressed = now; }
    if (now - from < 1000 * seconds) requestAnimationFrame(frame); else done(times.slice(2));
  };
  requestAnimationFrame(frame);
})"""


@dataclass(frozen=True)
class Way:
    """One way to draw, by its name in the table."""

    name: str
    profile: bool
    webgl: bool


WAYS = (
    Way("WebGL 2, profile applied", True, True),
    Way("WebGL 2, no profile", False, True),
    Way("worker and plain canvas, profile applied", True, False),
    Way("plain canvas, no profile", False, False),
)


def main() -> int:
    """Measure, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=6, help="of panning in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="browser to drive")
    options = parser.parse_args()
    before = machine()
    found: dict[str, list[float]] = {way.name: [] for way in WAYS}
    with served() as (server, slides), sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=options.chromium, args=["--no-sandbox", *GRAPHICS])
        for _ in range(options.rounds):
            for way in WAYS:
                found[way.name] += frames(browser, server, slides[way.profile], way, options.seconds)
        browser.close()
    text = report(found, before, options.seconds, options.rounds)
    write_section("colour", text)
    print(text)
    return 0


@contextmanager
def served() -> Iterator[tuple[ServerForTests, dict[bool, str]]]:
    """A server with the same picture twice: with a profile (True) and without."""
    postgres = PostgresForTests()
    postgres.start()
    try:
        with tempfile.TemporaryDirectory(prefix="coverslip-bench-") as name:
            folder = Path(name)
            database, blobs = postgres.create(), BlobStore(folder=folder / "blobs")
            organization = make_organization(database, "BENCH", "county")
            roles = {Role.PATHOLOGIST, Role.TECHNICIAN}
            actor = actor_for(make_person(database, organization.id, "bench", roles), roles)
            slides = {}
            for has in (True, False):
                path = folder / f"{has}.svs"
                write_slide(path, 7, WIDTH, HEIGHT, recipe("he"), icc_profile=table_profile() if has else None)
                taken = take_in(database, blobs, actor, path, patience=Patience(quiet_seconds=0))
                slides[has] = str(taken.slide_id)
            with serving(database, blobs, Settings(data_dir=folder)) as server:
                yield server, slides
    finally:
        postgres.stop()


def frames(browser: Browser, server: ServerForTests, slide: str, way: Way, seconds: int) -> list[float]:
    """Milliseconds between presented frames while the view moves; all tiles have come before."""
    context = browser.new_context(viewport=SCREEN)  # type: ignore[arg-type]  # two whole numbers
    if way.webgl:
        context.add_init_script(SOFTWARE_COUNTS)
    for cookie in server.sign_in("bench").cookies.jar:
        context.add_cookies([{"name": cookie.name, "value": cookie.value or "", "url": server.url}])
    page = context.new_page()
    page.goto(f"{server.url}/slides/{slide}#x={WIDTH // 2}&y={HEIGHT // 2}&d=1")
    page.get_by_test_id("scale-bar").wait_for()
    wanted = "applied" if way.profile else "none"
    page.locator(f'[data-testid=colour-badge][data-state="{wanted}"]').wait_for()
    page.evaluate(FRAMES, 4)  # the tiles of the way come into the browser
    times: list[float] = page.evaluate(FRAMES, seconds)
    context.close()
    return times


def report(found: dict[str, list[float]], before: str, seconds: int, rounds: int) -> str:
    """The table."""
    lines = [
        "## Panning with a colour profile",
        "",
        f"{SCREEN['width']} x {SCREEN['height']} pixels at full resolution, {rounds} x {seconds} s each, in turns. "
        f"Headless Chromium, drawn by the processor. {before}. {date.today().isoformat()}.",
        "",
        "| way | frames a second (median) | frame time p95, ms |",
        "|---|---|---|",
    ]
    for name, times in found.items():
        p95 = statistics.quantiles(times, n=20)[-1]
        lines.append(f"| {name} | {1000 / statistics.median(times):.0f} | {p95:.0f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
