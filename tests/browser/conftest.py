"""A filled demo region behind a real server, and a headless browser in front of it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SECONDS_TO_FILL = 600
GPU_IN_SOFTWARE = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
QUIET = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@dataclass(frozen=True)
class Demo:
    """The demo's address, its one password, and its data folder."""

    address: str
    password: str
    folder: Path

    def check(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`coverslip check` on the demo's data."""
        return subprocess.run(
            [sys.executable, "-m", "coverslip", "check", *arguments],
            env={**os.environ, "COVERSLIP_DATA_DIR": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`coverslip demo` on a fresh folder, as `make demo` runs it."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder.parent / "demo.log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", "coverslip", "demo", "--data-dir", str(folder), "--port", str(port)],
            stdout=output,
            stderr=output,
        )
    accounts = folder / "demo-accounts.json"
    end = time.monotonic() + SECONDS_TO_FILL
    while not accounts.is_file():
        if running.poll() is not None or time.monotonic() > end:
            running.kill()
            pytest.fail(f"the demo did not start:\n{log.read_text()}")
        time.sleep(0.5)
    document: dict[str, Any] = json.loads(accounts.read_text(encoding="utf-8"))
    yield Demo(f"http://127.0.0.1:{port}", document["password"], folder)
    running.terminate()
    running.wait(timeout=60)


# Of the module, not of the session: Playwright keeps an event loop running, in which no later test could run its own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless, WebGL in software."""
    assert CHROMIUM is not None, "chromium is not installed: apt-get install chromium"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *GPU_IN_SOFTWARE, *QUIET])
        yield running
        running.close()
