"""`coverslip serve` as a hospital runs it: it comes up, survives its parts, loses nothing, stops in order."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from coverslip.records.database import Database
from coverslip.settings import Settings
from coverslip.testing.database import PASSWORD, make_organization, make_person
from coverslip.testing.server import ServerForTests
from coverslip.vocabulary.roles import Role

NAME = "欧阳秀英"
SECONDS = 90.0
CASE = {
    "accession_number": "2026-000001",
    "patient": {"patient_number": "P1", "name": NAME, "sex": "female"},
    "specimens": [{"label": "A", "site_code": "76752008", "procedure": "core_biopsy"}],
}


class Serve:
    """A running `coverslip serve` on its own data folder."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.log = folder / "serve.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "coverslip.cli.main", "serve", "--port", "0", *options],
                stderr=log,
                stdout=log,
                env={**os.environ, "COVERSLIP_DATA_DIR": str(folder / "data")},
            )
        self._seen = len(self.text())
        self.url = self._address()

    def text(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def _address(self) -> str:
        already = self.text().count("Coverslip: http")
        wait(lambda: self.text().count("Coverslip: http") > already or self.process.poll() is not None)
        found = re.findall(r"^Coverslip: (http://\S+)$", self.text(), re.MULTILINE)
        assert found, self.text()
        wait(lambda: self.answers(found[-1]))
        return str(found[-1])

    def answers(self, url: str | None = None) -> bool:
        try:
            return httpx.get(f"{url or self.url}/api/v1/health/ready", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def children(self) -> list[psutil.Process]:
        """The processes the server keeps: web server and worker."""
        return psutil.Process(self.process.pid).children()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SECONDS)


def wait(until: Callable[[], bool], seconds: float = SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's system user may pass through, which pytest's own is not for long."""
    made = Path(tempfile.mkdtemp(prefix="coverslip-serve-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def serve(folder: Path) -> Iterator[Callable[..., Serve]]:
    running: list[Serve] = []

    def start(*options: str) -> Serve:
        made = Serve(folder, *options)
        running.append(made)
        return made

    yield start
    for each in running:
        if each.process.poll() is None:
            each.stop()


def populate(folder: Path) -> None:
    with Database.open(Settings(data_dir=folder / "data")) as database:
        hospital = make_organization(database, "QH")
        make_person(database, hospital.id, "technician", {Role.TECHNICIAN})


def test_it_survives_its_parts_and_loses_nothing(serve: Callable[..., Serve], folder: Path) -> None:
    first = serve()
    assert "Nobody can sign in yet" in first.text()
    assert len(first.children()) == 2
    populate(folder)
    client = ServerForTests(first.url).sign_in("technician")
    assert client.post("/cases", json=CASE).status_code == 201

    for child in first.children():
        child.kill()
    wait(first.answers)
    assert client.get("/cases").json()["total"] == 1
    wait(lambda: len(first.children()) == 2)

    family = [first.process.pid, *(child.pid for child in first.children())]
    first.process.kill()
    first.process.wait(SECONDS)
    wait(lambda: not any(alive(pid) for pid in family))

    second = serve()
    client = ServerForTests(second.url).sign_in("technician")
    assert [case["accession_number"] for case in client.get("/cases").json()["items"]] == ["2026-000001"]
    assert client.post("/cases", json=CASE).status_code == 409
    client.get("/cases", params={"q": NAME})
    client.get(f"/cases/{NAME}")
    client.post("/cases", json={**CASE, "accession_number": NAME * 100})
    client.post("/session", json={"username": NAME, "password": PASSWORD})
    family = [child.pid for child in second.children()]
    assert second.stop() == 0
    assert not any(alive(pid) for pid in family)

    log = second.text()
    assert '"event": "request"' in log
    for planted in (NAME, NAME.encode("unicode_escape").decode(), PASSWORD, "technician"):
        assert planted not in log


def test_a_port_in_use_is_said(serve: Callable[..., Serve], folder: Path) -> None:
    running = serve("--no-worker")
    assert len(running.children()) == 1
    port = running.url.rsplit(":", 1)[1]
    again = subprocess.run(
        [sys.executable, "-m", "coverslip.cli.main", "serve", "--port", port],
        env={**os.environ, "COVERSLIP_DATA_DIR": str(folder / "other")},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert again.returncode == 1
    assert "ADDRESS_TAKEN" in again.stderr
    assert "Traceback" not in again.stderr


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
