"""The live stream: what happens at one's own hospital, as long as the session lasts."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from queue import Empty, Queue
from uuid import UUID, uuid4

import httpx
import pytest

from coverslip.jobs.progress import LiveEvent, publish
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization, Person
from coverslip.records.queries.audit import AuditFilter, list_events
from coverslip.server import live
from coverslip.storage.blobs import BlobStore
from coverslip.testing.server import ServerForTests, serving
from coverslip.vocabulary.roles import Role

SECONDS = 10.0


class Listener:
    """A page that is open: its events as (name, data), `None` when the stream has ended."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._events: Queue[tuple[str, dict[str, object]] | None] = Queue()
        self.open = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        try:
            with self._client.stream("GET", "/live", timeout=60) as answer:
                assert answer.headers["content-type"].startswith("text/event-stream")
                self.open.set()
                name = ""
                for line in answer.iter_lines():
                    if line.startswith("event: "):
                        name = line.removeprefix("event: ")
                    elif line.startswith("data: "):
                        self._events.put((name, json.loads(line.removeprefix("data: "))))
        finally:
            self._events.put(None)

    def next(self, seconds: float = SECONDS) -> tuple[str, dict[str, object]] | None:
        return self._events.get(timeout=seconds)

    def silent(self, seconds: float) -> bool:
        try:
            return self._events.get(timeout=seconds) is None
        except Empty:
            return True

    def wait_for_the_end(self) -> None:
        deadline = time.monotonic() + SECONDS
        while self.next(max(0.1, deadline - time.monotonic())) is not None:
            pass
        self._thread.join(SECONDS)


@contextmanager
def listening(server: ServerForTests, username: str) -> Iterator[tuple[Listener, httpx.Client]]:
    client = server.sign_in(username)
    listener = Listener(client)
    assert listener.open.wait(SECONDS)
    try:
        yield listener, client
    finally:
        other = server.client({"Cookie": f"coverslip_session={client.cookies['coverslip_session']}"})
        token = other.get("/session").json().get("csrf_token", "")
        other.delete("/session", headers={"X-CSRF-Token": token})
        listener.wait_for_the_end()


def reading(organization_id: UUID, tiles_done: int) -> LiveEvent:
    return LiveEvent(
        organization_id=organization_id,
        type="reading",
        id=uuid4(),
        slide_id=uuid4(),
        case_id=uuid4(),
        status="running",
        tiles_done=tiles_done,
        tiles_total=10,
        seconds_left=2.5,
    )


def test_progress_reaches_the_page(
    served: ServerForTests, database: Database, people: Mapping[Role, Person], organization: Organization
) -> None:
    with listening(served, "pathologist") as (page, _):
        for done in (3, 7):
            event = reading(organization.id, done)
            publish(database, event)
            told = page.next()
            assert told == (
                "reading",
                {
                    "id": str(event.id),
                    "slide_id": str(event.slide_id),
                    "case_id": str(event.case_id),
                    "status": "running",
                    "tiles_done": done,
                    "tiles_total": 10,
                    "seconds_left": 2.5,
                },
            )


def test_another_hospitals_events_are_not_told(
    served: ServerForTests,
    database: Database,
    people: Mapping[Role, Person],
    two_organizations: tuple[Organization, Organization],
) -> None:
    county, provincial = two_organizations
    with listening(served, "pathologist") as (page, _):
        publish(database, reading(provincial.id, 1))
        publish(database, reading(county.id, 2))
        told = page.next()
        assert told is not None and told[1]["tiles_done"] == 2


def test_people_without_clinical_data_get_no_events(
    served: ServerForTests, database: Database, people: Mapping[Role, Person], organization: Organization
) -> None:
    with listening(served, "administrator") as (page, _):
        publish(database, reading(organization.id, 1))
        assert page.silent(1.0)


def test_signing_out_ends_the_stream(served: ServerForTests, people: Mapping[Role, Person]) -> None:
    client = served.sign_in("pathologist")
    listener = Listener(client)
    assert listener.open.wait(SECONDS)
    other = served.client(
        {
            "Cookie": f"coverslip_session={client.cookies['coverslip_session']}",
            "X-CSRF-Token": client.headers["X-CSRF-Token"],
        }
    )
    began = time.monotonic()
    assert other.delete("/session").status_code == 204
    listener.wait_for_the_end()
    assert time.monotonic() - began < 2.0


def test_a_pause_is_filled_with_pings_and_a_session_ended_elsewhere_is_noticed(
    served: ServerForTests, database: Database, people: Mapping[Role, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.3)
    client = served.sign_in("resident")
    listener = Listener(client)
    assert listener.next() == ("ping", {})
    administrator = served.sign_in("administrator")
    closed = administrator.patch(f"/people/{people[Role.RESIDENT].id}", json={"active": False})
    assert closed.status_code == 200
    listener.wait_for_the_end()


def test_following_is_audited(
    served: ServerForTests, database: Database, people: Mapping[Role, Person], organization: Organization
) -> None:
    with (
        listening(served, "pathologist"),
        database.transaction(Actor.system(organization.id)) as tx,
    ):
        rows = list_events(tx, AuditFilter(action="live.follow"))
    assert [row.event.person_id for row in rows] == [people[Role.PATHOLOGIST].id]


def test_a_server_that_stops_does_not_wait_for_its_streams(
    database: Database, blob_store: BlobStore, people: Mapping[Role, Person]
) -> None:

    with serving(database, blob_store) as server:
        listener = Listener(server.sign_in("pathologist"))
        assert listener.open.wait(SECONDS)
        began = time.monotonic()
    assert time.monotonic() - began < 3.0
    listener.wait_for_the_end()


def test_a_reader_that_falls_behind_is_let_go() -> None:
    stream = live.Stream(uuid4(), uuid4())
    for number in range(live.LONGEST_QUEUE + 1):
        stream.offer(reading(stream.organization_id, number))
    assert stream.ended


def test_a_stream_that_nobody_ever_read_is_forgotten() -> None:
    async def events(listening: Callable[[], None]) -> AsyncIterator[LiveEvent]:
        listening()
        for number in range(live.LONGEST_QUEUE + 1):
            yield reading(organization_id, number)
        await asyncio.Event().wait()

    async def follow() -> tuple[live.Stream, set[live.Stream]]:
        hub = live.LiveHub(events)
        abandoned = live.Stream(organization_id, uuid4())
        hub._streams.add(abandoned)
        running = asyncio.create_task(hub.run())
        while not abandoned.ended:
            await asyncio.sleep(0.01)
        running.cancel()
        return abandoned, hub._streams

    organization_id = uuid4()
    abandoned, left = asyncio.run(follow())
    assert abandoned not in left
