"""Uploads by tuspy, a tus client that others wrote, over connections that are cut and servers that are killed."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pytest

from coverslip.ingest.upload_job import take_in_upload
from coverslip.ingest.upload_spool import Spool
from coverslip.jobs.task import Work
from coverslip.phantoms.label import SlideLabel
from coverslip.phantoms.slide import write_slide
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization, Person
from coverslip.records.queries import slide as slides
from coverslip.records.queries import upload as uploads
from coverslip.server.processes import listening_socket
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.testing.cutting_proxy import cutting
from coverslip.testing.database import actor_for
from coverslip.testing.laboratory import open_laboratory
from coverslip.testing.server import ServerForTests, serving
from coverslip.testing.uploads import TUS, Sender, sender, spooled, take_in_all
from coverslip.vocabulary.roles import Role

MEGABYTE = 1_000_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def server(
    database: Database, blob_store: BlobStore, settings: Settings, people: Mapping[Role, Person]
) -> Iterator[ServerForTests]:
    with serving(database, blob_store, settings) as running:
        yield running


@pytest.fixture
def technician(server: ServerForTests) -> Sender:
    return sender(server, Role.TECHNICIAN.value)


@pytest.fixture(scope="module")
def noise() -> bytes:
    """Eight megabytes in which every part differs from every other."""
    return np.random.default_rng(1).bytes(8 * MEGABYTE)


def begin(sender: Sender, content: bytes, name: str = "a.svs", **options: Any) -> Any:
    client = sender.tus(options.pop("url", None))
    return client.uploader(file_stream=io.BytesIO(content), metadata={"filename": name}, **options)


def received(settings: Settings) -> str:
    (path,) = [path for path in spooled(settings) if path.suffix == ".part"]
    return hashlib.sha256(path.read_bytes()).hexdigest()


def address_of(uploader: Any) -> str:
    return str(uploader.url).partition("/api/v1")[2]


@pytest.mark.parametrize("checksum", [False, True], ids=["plain", "with checksums"])
def test_a_file_sent_in_parts_arrives_as_it_was(
    technician: Sender, settings: Settings, noise: bytes, checksum: bool
) -> None:
    uploader = begin(technician, noise, chunk_size=3 * MEGABYTE, upload_checksum=checksum)
    uploader.upload()
    assert received(settings) == hashlib.sha256(noise).hexdigest()
    assert technician.batches()[0]["status"] == "queued"


def test_a_connection_that_is_cut_again_and_again_loses_nothing(
    technician: Sender, settings: Settings, noise: bytes
) -> None:
    """Every second connection asks how far it has come; those that send are cut."""
    whole = 10**9
    with cutting(technician.url, whole, 2 * MEGABYTE, whole, 50_000, whole, 3 * MEGABYTE, whole, 700_000) as proxy:
        begin(technician, noise, url=proxy.url, retries=20, retry_delay=0.2).upload()
        assert proxy.cut == 4
    assert received(settings) == hashlib.sha256(noise).hexdigest()


def test_what_came_before_a_cut_is_not_sent_again(technician: Sender, noise: bytes) -> None:
    """What the server has read is kept. What still lies in the kernel's buffers is lost with a reset, so the line is
    cut here only once most has been read."""
    address = technician.begun("a.svs", len(noise))

    def line_that_breaks() -> Iterator[bytes]:
        yield noise[: 5 * MEGABYTE]
        deadline = time.monotonic() + 60
        while technician.offset(address) < 4 * MEGABYTE and time.monotonic() < deadline:
            time.sleep(0.05)
        raise ConnectionResetError

    headers = {**TUS, **technician.client.headers, "Content-Type": "application/offset+octet-stream"}
    headers |= {"Upload-Offset": "0", "Content-Length": str(len(noise))}
    with httpx.Client(cookies=technician.client.cookies) as client, pytest.raises(ConnectionResetError):
        client.patch(f"{technician.url}/api/v1{address}", headers=headers, content=line_that_breaks())
    assert 4 * MEGABYTE <= technician.offset(address) <= 5 * MEGABYTE


def test_two_files_at_once_do_not_mix(technician: Sender, settings: Settings, noise: bytes) -> None:
    contents = {"a.svs": noise[: 4 * MEGABYTE], "b.svs": noise[4 * MEGABYTE :]}
    uploaders = [begin(technician, content, name, chunk_size=300_000) for name, content in contents.items()]
    threads = [threading.Thread(target=uploader.upload) for uploader in uploaders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = {hashlib.sha256(path.read_bytes()).digest() for path in spooled(settings)}
    assert found == {hashlib.sha256(content).digest() for content in contents.values()}


def test_bytes_changed_on_their_way_are_not_kept(technician: Sender, noise: bytes) -> None:
    uploader = begin(technician, noise[:MEGABYTE], chunk_size=MEGABYTE)
    uploader.set_url(uploader.create_url())
    address = address_of(uploader)
    changed = bytes([noise[0] ^ 1]) + noise[1:MEGABYTE]
    digest = f"sha256 {base64.b64encode(hashlib.sha256(noise[:MEGABYTE]).digest()).decode()}"
    assert technician.send(address, 0, changed, Upload_Checksum=digest).status_code == 460
    assert technician.offset(address) == 0
    assert technician.send(address, 0, noise[:MEGABYTE], Upload_Checksum=digest).status_code == 204


class Process:
    """The web server as a process of its own, to be killed; the socket stays with the test, as with `serve`."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.socket: socket.socket = listening_socket("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        assert database.owner_url is not None
        self._environment = {
            **os.environ,
            "COVERSLIP_DATA_DIR": str(settings.data_dir),
            "COVERSLIP_DATABASE_URL": database.owner_url,
            "COVERSLIP_APPLICATION_DATABASE_URL": database.url,
        }
        self.start()

    def start(self) -> None:
        command = (sys.executable, "-m", "coverslip.server.process", str(self.socket.fileno()))
        self.process = subprocess.Popen(command, pass_fds=(self.socket.fileno(),), env=self._environment)
        deadline = time.monotonic() + 60
        while True:
            try:
                if httpx.get(f"{self.url}/api/v1/health/ready", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                assert self.process.poll() is None and time.monotonic() < deadline, "the server did not start"
            time.sleep(0.1)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self.socket.close()


@pytest.fixture
def process(database: Database, settings: Settings, people: Mapping[Role, Person]) -> Iterator[Process]:
    running = Process(database, settings)
    yield running
    running.stop()


def test_a_server_that_is_killed_in_the_middle_goes_on_where_it_stood(
    process: Process, settings: Settings, noise: bytes
) -> None:
    technician = sender(ServerForTests(process.url), Role.TECHNICIAN.value)
    address = technician.begun("a.svs", len(noise))
    halfway = threading.Event()

    def slowly() -> Iterator[bytes]:
        for start in range(0, len(noise), 500_000):
            yield noise[start : start + 500_000]
            if start > 4 * MEGABYTE:
                halfway.set()
            time.sleep(0.02)

    def send() -> None:
        sent = {**TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
        with pytest.raises(httpx.TransportError):
            technician.client.patch(address, headers=sent, content=slowly())

    thread = threading.Thread(target=send)
    thread.start()
    assert halfway.wait(30)
    process.kill()
    thread.join()
    process.start()
    again = sender(ServerForTests(process.url), Role.TECHNICIAN.value)
    offset = again.offset(address)
    assert 3 * MEGABYTE < offset < len(noise)
    uploader = again.tus().uploader(file_stream=io.BytesIO(noise), url=f"{process.url}/api/v1{address}")
    uploader.upload()
    assert received(settings) == hashlib.sha256(noise).hexdigest()


def test_a_server_killed_after_the_last_byte_completes_the_upload_when_asked(
    process: Process, settings: Settings, noise: bytes
) -> None:
    technician = sender(ServerForTests(process.url), Role.TECHNICIAN.value)
    address = technician.begun("a.svs", MEGABYTE)
    (part,) = spooled(settings)
    process.kill()
    part.write_bytes(noise[:MEGABYTE])  # as it lies there when the answer was never written down
    process.start()
    again = sender(ServerForTests(process.url), Role.TECHNICIAN.value)
    assert again.offset(address) == MEGABYTE
    assert again.batches()[0]["status"] == "queued"


def test_a_worker_killed_while_taking_in_finishes_the_next_time(
    technician: Sender,
    database: Database,
    blob_store: BlobStore,
    settings: Settings,
    organization: Organization,
    tmp_path: Path,
) -> None:
    """The parts have their names already, and the slide is in; only the word about it is missing."""
    slide = tmp_path / "phantom.svs"
    write_slide(slide, seed=3, width=512, height=512)
    begin(technician, slide.read_bytes(), "phantom.svs").upload()
    batch = technician.batches()[0]["id"]
    work, arguments = Work(database, blob_store, settings), {"batch_id": batch, "organization_id": str(organization.id)}
    with database.transaction(Actor.system(organization.id)) as tx:
        row = uploads.batch(tx, UUID(batch))
        assert row is not None
        row.status = "taking_in"
    with database.transaction(Actor.system(organization.id)) as tx:
        names = [(part.id, part.name) for part in uploads.parts(tx, UUID(batch))]
    Spool(settings.spool_dir).lay_out(organization.id, UUID(batch), names)
    take_in_upload.run(work, **arguments)
    take_in_upload.run(work, **arguments)
    (shown,) = technician.batches()
    assert (shown["status"], len(shown["results"])) == ("finished", 1)


def test_a_slide_with_its_barcode_finds_its_case_through_a_bad_network(
    technician: Sender,
    database: Database,
    blob_store: BlobStore,
    settings: Settings,
    organization: Organization,
    people: Mapping[Role, Person],
    tmp_path: Path,
) -> None:
    actor = actor_for(people[Role.TECHNICIAN], {Role.TECHNICIAN})
    laboratory = open_laboratory(database, blob_store, actor)
    slide = tmp_path / "scan.svs"
    write_slide(slide, seed=3, width=1024, height=1024, label=SlideLabel("S25-00123", ("A1-2",), "S25-00123-A1-2"))
    with cutting(technician.url, 10**9, 40_000, 90_000) as proxy:
        uploader = begin(technician, slide.read_bytes(), "scan.svs", url=proxy.url, retries=9, retry_delay=0.05)
        uploader.upload()
    take_in_all(database, blob_store, settings, technician, organization.id)
    ((result,),) = [batch["results"] for batch in technician.batches()]
    assert (result["outcome"], result["case_id"], result["accession_number"]) == (
        "matched",
        str(laboratory.case_id),
        "S25-00123",
    )
    with database.transaction(actor) as tx:
        stored = slides.slide(tx, UUID(result["slide_id"]))
        assert stored is not None
        assert stored.content_digest == hashlib.sha256(slide.read_bytes()).hexdigest()
        assert stored.received_by == people[Role.TECHNICIAN].id
