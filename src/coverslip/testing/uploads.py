"""A sender of slides for tests: a tus client by hand for what a good client never does, and what stands on the server.

The protocol itself is tested with tuspy, a client that others wrote.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from tusclient.client import TusClient

from coverslip.ingest.upload_job import take_in_upload
from coverslip.jobs.task import Work
from coverslip.records.database import Database
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.testing.server import ServerForTests

TUS = {"Tus-Resumable": "1.0.0"}
OFFSET_TYPE = {"Content-Type": "application/offset+octet-stream"}


@dataclass(frozen=True)
class Sender:
    """One signed-in person who sends files. `client` is signed in, its addresses are below `/api/v1`."""

    url: str
    client: httpx.Client

    def tus(self, url: str | None = None) -> Any:
        """tuspy with the person's session; `url` where something stands between it and the server."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())
        headers = {"Cookie": cookie, "X-CSRF-Token": self.client.headers["X-CSRF-Token"]}
        return TusClient(f"{url or self.url}/api/v1/uploads", headers=headers)

    def begin(self, name: str, size: int, headers: Mapping[str, str] | None = None, **metadata: str) -> httpx.Response:
        """Announce a file."""
        given = {"filename": name, **metadata}
        pairs = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in given.items())
        sent = {**TUS, "Upload-Length": str(size), "Upload-Metadata": pairs, **(headers or {})}
        return self.client.post("/uploads", headers=sent)

    def begun(self, name: str, size: int, **metadata: str) -> str:
        """Announce a file that is taken; its address below `/api/v1`."""
        answer = self.begin(name, size, None, **metadata)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"].removeprefix("/api/v1")

    def send(self, address: str, offset: int, content: bytes, **headers: str) -> httpx.Response:
        """Send bytes."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {**TUS, **OFFSET_TYPE, "Upload-Offset": str(offset), **given}
        return self.client.patch(address, headers=sent, content=content)

    def offset(self, address: str) -> int:
        """How far it has come."""
        answer = self.client.head(address, headers=TUS)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["Upload-Offset"])

    def batches(self) -> list[dict[str, Any]]:
        """What the sender is shown."""
        answer = self.client.get("/uploads")
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


def take_in_all(database: Database, blobs: BlobStore, settings: Settings, sender: Sender, organization: UUID) -> None:
    """Do what a worker would with every batch that is whole."""
    work = Work(database, blobs, settings)
    for batch in sender.batches():
        if batch["status"] == "queued":
            take_in_upload.run(work, batch_id=batch["id"], organization_id=str(organization))


def spooled(settings: Settings) -> list[Path]:
    """Every file that lies in the folder of unfinished uploads."""
    return [path for path in settings.spool_dir.rglob("*") if path.is_file()]


def sender(server: ServerForTests, username: str) -> Sender:
    """Sign in."""
    return Sender(server.url, server.sign_in(username))
