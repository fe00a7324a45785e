"""The real server for tests: uvicorn on a free port of the loopback, in a thread, with signed-in clients.

    def test_a_technician_sees_the_worklist(client_of):
        assert client_of(Role.TECHNICIAN).get("/cases").status_code == 200

The fixtures stand in `tests/security/conftest.py` and `tests/unit/server/conftest.py`; another folder takes them by
importing `server_fixtures`. A client's addresses are below `/api/v1`; it carries cookie and CSRF token. Outside of it
(`/tiles/...`, pages) use `client.get(server.url + "/tiles/...")`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

from coverslip.records.database import Database
from coverslip.records.models import Person
from coverslip.server.app import create_app
from coverslip.server.process import server_of
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.testing.database import PASSWORD

START_SECONDS = 20.0


class ServerForTests:
    """A running server; `url` is its address without a slash at the end."""

    def __init__(self, url: str, settings: Settings | None = None) -> None:
        self.url = url
        self.settings = settings or Settings()

    def client(self, headers: Mapping[str, str] | None = None) -> httpx.Client:
        """Nobody."""
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=dict(headers or {}), timeout=30)

    def sign_in(self, person: Person | str, password: str = PASSWORD) -> httpx.Client:
        """A client with session cookie and CSRF token of a person, by record or username."""
        client = self.client()
        username = person if isinstance(person, str) else person.username
        answer = client.post("/session", json={"username": username, "password": password})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return client


@contextmanager
def serving(database: Database, blob_store: BlobStore, settings: Settings | None = None) -> Iterator[ServerForTests]:
    """Run the server until the block ends."""
    chosen = (settings or Settings()).model_copy(update={"host": "127.0.0.1", "port": 0})
    server = server_of(create_app(database, blob_store, chosen), chosen)
    thread = threading.Thread(target=server.run, name="server-for-tests")
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        assert thread.is_alive() and time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield ServerForTests(f"http://127.0.0.1:{port}", chosen)
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        assert not thread.is_alive(), "the server did not stop"
