"""From the click on a slide to its first tiles on the screen, in headless Chromium, signed in, on loopback.

The time is measured outside the page: the click by its event's own time, the screen by the frames that the browser
presents (`Page.startScreencast`). Each slide is looked at for the first time ever (no index, no open file, no tile in
the browser), then by a second browser that has nothing either.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from competitors import free_port, running, tool
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from shared_tiles import write_shared
from table import machine, write_section

from coverslip.phantoms.colour import scanner_profile

SIDE = 60_000
LEVELS = (1, 4, 16)
AIM_MS = 300.0
ACCESSION = "B26-00001"
PASSWORD = "eight quiet foxes cross 31 bridges"
COLOURED = 12
"""Difference between the strongest and the weakest channel, in grey levels, that only tissue has on these pages."""
WATCH = """
window.benchClick = 0; window.benchViewer = 0;
addEventListener("click", (e) => { window.benchClick = performance.timeOrigin + e.timeStamp; }, true);
new MutationObserver(() => {
  if (!window.benchViewer && document.querySelector('[data-testid="viewer"]')) window.benchViewer = Date.now();
}).observe(document, { childList: true, subtree: true });
"""


def main() -> int:
    """Measure, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slides", type=int, default=9)
    parser.add_argument("--processes", type=int, default=2, help="server processes")
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="browser to drive")
    parser.add_argument("--show", action="store_true", help="print what each opening asked the server for")
    options = parser.parse_args()
    before = machine()
    with tempfile.TemporaryDirectory(prefix="coverslip-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        address, plain, managed = serve(stack, folder, options.slides, options.processes)
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
            state = sign_in(browser, address)
            openings = {
                f"{kind}, {which}": [opening(browser, state, address, slide, options.show) for slide in slides]
                for kind, slides in (("without a profile", plain), ("with a colour profile", managed))
                for which in ("first look ever", "another browser")
            }
            browser.close()
    text = report(openings, options, before)
    write_section("opening", text)
    print(text)
    return 0


def serve(stack: ExitStack, folder: Path, count: int, processes: int) -> tuple[str, list[str], list[str]]:
    """A server with one case; (address, ids of `count` slides without a profile, of as many with one)."""
    environment = {"COVERSLIP_DATA_DIR": str(folder / "data")}
    port = free_port()
    command = [*tool(), "serve", "--port", str(port), "--processes", str(processes), "--no-worker"]
    stack.enter_context(running(command, port, environment))
    call(environment, "user", "organization", "BENCH", "--name-zh", "测试医院", "--name-en", "Bench")
    made = call(environment, "user", "create", "bench", "--organization", "BENCH", "--name", "Bench",
                "--role", "technician", "--json")  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=address, headers={"Origin": address}, timeout=120) as client:
        signed_in(client, json.loads(made)["password"], first=True)
        register(client, 2 * count)
        for number in range(1, 2 * count + 1):
            path = folder / f"{ACCESSION}-A1-{number}.svs"
            write_shared(path, SIDE, LEVELS, number, profile=scanner_profile() if number > count else b"")
            call(environment, "ingest", str(path), "--organization", "BENCH", "--settle", "0", "--json")
        case = client.get("/api/v1/cases").raise_for_status().json()["items"][0]
        detail = client.get(f"/api/v1/cases/{case['id']}").raise_for_status().json()
    slides = detail["specimens"][0]["blocks"][0]["slides"]
    if {slide["status"] for slide in slides} != {"ready"}:
        raise RuntimeError(f"not all slides came in: {[slide['status'] for slide in slides]}")
    ordered = sorted(slides, key=lambda slide: int(slide["label"]))
    found = [str(slide["id"]) for slide in ordered]
    return f"{address}/cases/{case['id']}", found[:count], found[count:]


def call(environment: dict[str, str], *arguments: str) -> str:
    """`coverslip ...`."""
    command = [*tool(), *arguments]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"coverslip {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def signed_in(client: httpx.Client, password: str, *, first: bool) -> None:
    """Sign in, changing the generated password as the server demands."""
    sign = {"username": "bench", "password": password}
    client.headers["X-CSRF-Token"] = client.post("/api/v1/session", json=sign).raise_for_status().json()["csrf_token"]
    if first:
        change = {"current": password, "new": PASSWORD}
        client.post("/api/v1/session/password", json=change).raise_for_status()
        signed_in(client, PASSWORD, first=False)


def register(client: httpx.Client, count: int) -> None:
    """One case with as many expected slides."""
    slides = [{"label": str(number), "stain": "he"} for number in range(1, count + 1)]
    block = {"label": "1", "slides": slides}
    case = {
        "accession_number": ACCESSION,
        "patient": {"patient_number": "P-1", "name": "测试", "sex": "female"},
        "specimens": [{"label": "A", "site_code": "76752008", "procedure": "core_biopsy", "blocks": [block]}],
    }
    client.post("/api/v1/cases", json=case).raise_for_status()


def sign_in(browser: Browser, address: str) -> Any:
    """The browser's cookies after signing in on the page."""
    context = browser.new_context(locale="en")
    page = context.new_page()
    page.goto(address)
    page.locator("input[autocomplete=username]").fill("bench")
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator('a[href^="/slides/"]').first.wait_for()
    state = context.storage_state()
    context.close()
    return state


def opening(browser: Browser, state: Any, address: str, slide: str, show: bool) -> float:
    """Milliseconds from the click to the first frame that shows tissue, in a browser that has nothing yet."""
    context: BrowserContext = browser.new_context(
        storage_state=state, viewport={"width": 1440, "height": 900}, locale="en"
    )
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(address)
    link = page.locator(f'a[href="/slides/{slide}"]').first
    link.wait_for()
    page.wait_for_timeout(1500)
    frames = watch(context, page)
    link.click()
    page.locator('[data-testid="viewer"]').wait_for()
    page.wait_for_timeout(2500)
    clicked, viewer = page.evaluate("[window.benchClick, window.benchViewer]")
    shown = [at for at, picture in frames if at >= viewer and tissue_in(picture)]
    if show:
        told(page, clicked, viewer, shown)
    context.close()
    if not shown:
        raise RuntimeError("no tile came to the screen")
    return float(min(shown) - clicked)


def watch(context: BrowserContext, page: Page) -> list[tuple[float, bytes]]:
    """The frames that the browser presents from now on: (milliseconds, JPEG)."""
    frames: list[tuple[float, bytes]] = []
    session = context.new_cdp_session(page)

    def take(event: dict[str, Any]) -> None:
        frames.append((float(event["metadata"]["timestamp"]) * 1000, base64.b64decode(event["data"])))
        session.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})

    session.on("Page.screencastFrame", take)
    session.send("Page.startScreencast", {"format": "jpeg", "quality": 60, "maxWidth": 480, "maxHeight": 300})
    return frames


def tissue_in(picture: bytes) -> bool:
    """Whether the middle of the screen shows the slide."""
    image = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)
    height, width = image.shape[:2]
    middle = image[height * 2 // 5 : height * 3 // 5, width * 2 // 5 : width * 3 // 5]
    return bool((middle.max(axis=2) - middle.min(axis=2)).mean() > COLOURED)


def told(page: Page, clicked: float, viewer: float, shown: list[float]) -> None:
    """Print what happened when, in milliseconds after the click."""
    entries = page.evaluate(
        "performance.getEntriesByType('resource').map(e => [e.name, performance.timeOrigin + e.startTime,"
        " performance.timeOrigin + e.responseEnd])"
    )
    print(f"viewer {viewer - clicked:.0f}, screen {min(shown, default=0) - clicked:.0f}")
    for name, start, end in entries:
        if end >= clicked:
            print(f"  {start - clicked:7.0f} {end - clicked:7.0f}  {name.split('/', 3)[-1][:90]}")


def report(openings: dict[str, list[float]], options: argparse.Namespace, before: str) -> str:
    """The section of the document."""
    lines = [
        "## Opening a slide",
        "",
        f"{date.today().isoformat()}; {SIDE:,} x {SIDE:,} pixels, levels {LEVELS}; from the click on a case to the "
        f"first frame with tissue, headless Chromium (software drawing, 1440 x 900) and {options.processes} server "
        f"processes on the same machine; {options.slides} slides of each kind; {before}. A slide without a profile is "
        "first drawn by the browser itself; one with a profile waits for the viewer, which turns its colours.",
        "",
        "| | median ms | fastest | slowest |",
        "|---|---|---|---|",
    ]
    for which, times in openings.items():
        lines.append(f"| {which} | {statistics.median(times):.0f} | {min(times):.0f} | {max(times):.0f} |")
    worst = max(statistics.median(times) for times in openings.values())
    lines += ["", f"Aim: at most {AIM_MS:.0f} ms: {worst:.0f}, {'met' if worst <= AIM_MS else 'not met'}."]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
