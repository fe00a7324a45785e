"""What the conformance tests share: conversions made once, and other people's programs."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

START_SECONDS = 60.0


def installed(program: str) -> str:
    """The program's path; a clear failure where `tests/install_system_packages.sh` has not run."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/bin")
    assert found is not None, f"{program} is missing: run tests/install_system_packages.sh"
    return found


@pytest.fixture(scope="session")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """An empty Orthanc on the loopback address."""
    folder = tmp_path_factory.mktemp("orthanc")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "Name": "test",
        "HttpPort": port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomServerEnabled": False,
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "index"),
        "Plugins": [],
        "HttpThreadsCount": 2,
    }
    file = folder / "orthanc.json"
    file.write_text(json.dumps(settings))
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([installed("Orthanc"), str(file)], cwd=folder, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
            _await_answer(client, server, folder / "log")
            yield client
    finally:
        server.terminate()
        server.wait(30)


def _await_answer(client: httpx.Client, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text(errors="replace")
        try:
            client.get("/system").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("Orthanc does not answer")
