"""The database stopped and started again, killed, and shared: requests fail meanwhile and nothing is lost."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from coverslip.access import audit
from coverslip.jobs.app import defer
from coverslip.jobs.progress import listen
from coverslip.jobs.worker import Worker
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.embedded import EmbeddedPostgres
from coverslip.records.errors import DatabaseNotStarted, DatabaseUnavailable
from coverslip.records.models import Organization, Patient
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.testing.database import make_organization
from coverslip.testing.tasks import IMPORTS


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder of its own: these tests stop the server."""
    folder = Path(tempfile.mkdtemp(prefix="coverslip-fault-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def installation(data_dir: Path) -> Iterator[Database]:
    with Database.open(Settings(data_dir=data_dir)) as database:
        yield database


def _server(database: Database) -> EmbeddedPostgres:
    assert database.embedded is not None
    return database.embedded


def _add_patient(database: Database, organization: Organization, number: str) -> None:
    with database.transaction(Actor.system(organization.id)) as tx:
        tx.add(Patient(patient_number=number, name="赵六"))
        audit.record(tx, "patient.create", object_type="patient", object_id=None)


def _count(database: Database, organization: Organization) -> tuple[int, int]:
    with database.transaction(Actor.system(organization.id)) as tx:
        row = tx.raw_connection().execute("SELECT (SELECT count(*) FROM patients), (SELECT count(*) FROM audit_events)")
        found = row.fetchone()
    assert found is not None
    return found[0], found[1]


def test_requests_fail_while_the_database_is_away_and_work_again_after(installation: Database) -> None:
    organization = make_organization(installation, "QH")
    _add_patient(installation, organization, "1")
    _server(installation).stop()
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable):
            _add_patient(installation, organization, "2")
    assert not installation.is_available()
    _server(installation).ensure_running()
    _add_patient(installation, organization, "3")
    assert _count(installation, organization) == (2, 2)
    with installation.transaction(Actor.system(organization.id)) as tx:
        assert audit.verify(tx) == []


def test_a_transaction_cut_off_in_the_middle_leaves_nothing(installation: Database) -> None:
    organization = make_organization(installation, "QH")
    with (
        pytest.raises(DatabaseUnavailable),
        installation.transaction(Actor.system(organization.id)) as tx,
    ):
        tx.add(Patient(patient_number="1", name="赵六"))
        _server(installation).stop()
        tx.add(Patient(patient_number="2", name="赵六"))
    _server(installation).ensure_running()
    assert _count(installation, organization) == (0, 0)


def test_a_killed_postmaster_recovers_with_everything_committed(installation: Database) -> None:
    organization = make_organization(installation, "QH")
    _add_patient(installation, organization, "1")
    pid_file = _server(installation).data / "postmaster.pid"
    os.kill(int(pid_file.read_text().split("\n")[0]), signal.SIGKILL)
    deadline = time.monotonic() + 10
    while _server(installation).is_running and time.monotonic() < deadline:
        time.sleep(0.05)
    assert pid_file.exists()
    _server(installation).ensure_running()
    _add_patient(installation, organization, "2")
    assert _count(installation, organization) == (2, 2)


def test_a_stale_pid_file_that_names_another_program_is_seen_through(data_dir: Path) -> None:
    Database.open(Settings(data_dir=data_dir)).close()
    pid_file = data_dir / "postgres" / "data" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{pid_file.parent}\n1\n5432\n/tmp\n\n\nready\n")
    with Database.open(Settings(data_dir=data_dir)) as database:
        assert database.is_available()


def _other_process(data_dir: Path, body: str) -> subprocess.Popen[str]:
    script = (
        "import os, sys, time\nfrom pathlib import Path\nfrom coverslip.records.database import Database\n"
        "from coverslip.settings import Settings\n"
        f"database = Database.open(Settings(data_dir=Path({str(data_dir)!r})))\n"
        "print('open', flush=True)\n" + body
    )
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)


def _wait_open(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"


def test_the_server_lives_while_another_process_uses_it_and_stops_with_the_last(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir / "postgres")
    other = _other_process(data_dir, "sys.stdin.read()\ndatabase.close()")
    _wait_open(other)
    with Database.open(Settings(data_dir=data_dir)):
        assert server.is_running
    assert server.is_running
    other.communicate("", timeout=30)
    assert not server.is_running


def test_a_process_that_was_killed_does_not_keep_the_server_for_ever(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir / "postgres")
    other = _other_process(data_dir, "time.sleep(600)")
    _wait_open(other)
    other.kill()
    other.wait()
    assert server.is_running
    with Database.open(Settings(data_dir=data_dir)) as database:
        assert database.is_available()
    assert not server.is_running


def test_processes_that_start_at_once_share_one_server(data_dir: Path) -> None:
    others = [_other_process(data_dir, "sys.stdin.read()\ndatabase.close()") for _ in range(3)]
    for other in others:
        _wait_open(other)
    postmasters = [
        process
        for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] == "postgres" and str(data_dir / "postgres" / "data") in (process.info["cmdline"] or [])
    ]
    for other in others:
        other.communicate("", timeout=60)
    assert len(postmasters) == 1


def test_the_passwords_are_readable_by_the_owner_of_the_folder_alone(installation: Database, data_dir: Path) -> None:
    secrets = data_dir / "postgres" / "secrets.json"
    assert secrets.stat().st_mode & 0o077 == 0
    assert set(json.loads(secrets.read_text())) == {"postgres", "coverslip_owner", "coverslip_app"}
    wrong = installation.url.replace(json.loads(secrets.read_text())["coverslip_app"], "guess")
    with pytest.raises(DatabaseUnavailable):
        Database.open(Settings(application_database_url=wrong))


def test_a_folder_that_cannot_be_used_is_said(data_dir: Path) -> None:
    (data_dir / "postgres").write_text("a file is in the way")
    with pytest.raises(DatabaseNotStarted) as refused:
        Database.open(Settings(data_dir=data_dir))
    assert str(data_dir) in refused.value.message("en")


_AS_ORDINARY_USER = """
import os, sys
from pathlib import Path
from coverslip.records.database import Database
from coverslip.settings import Settings
folder = Path(sys.argv[1])
if os.geteuid() == 0:
    # Everything is imported as root first: the interpreter may lie where nobody else can read.
    Database.open(Settings(data_dir=folder / "root")).close()
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
with Database.open(Settings(data_dir=folder / "own")) as database:
    assert database.is_available()
    print(os.geteuid(), (folder / "own" / "postgres" / "data").stat().st_uid)
"""


def test_an_ordinary_user_runs_it_as_themselves(data_dir: Path) -> None:
    data_dir.chmod(0o777)
    done = subprocess.run(
        [sys.executable, "-c", _AS_ORDINARY_USER, str(data_dir)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    me, owner = done.stdout.split()
    assert me == owner
    assert me != "0"


def test_a_very_long_path_is_no_hindrance(data_dir: Path) -> None:
    deep = data_dir / ("a-rather-long-name-" * 4) / ("and-another-one-" * 4)
    with Database.open(Settings(data_dir=deep)) as database:
        assert database.is_available()


def test_a_worker_waits_an_outage_out(installation: Database, tmp_path: Path) -> None:
    organization = make_organization(installation, "QH")
    worker = Worker(installation, BlobStore(folder=tmp_path / "blobs"), Settings(), IMPORTS)
    running = threading.Thread(target=lambda: asyncio.run(worker.run()))
    running.start()
    time.sleep(1)
    _server(installation).stop()
    time.sleep(1)
    _server(installation).ensure_running()
    trace = tmp_path / "trace"
    with installation.transaction(Actor.system(organization.id)) as tx:
        defer(tx, "test.note", "test", {"trace": str(trace)})
    deadline = time.monotonic() + 60
    while not trace.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    worker.stop()
    running.join(60)
    assert not running.is_alive()
    assert trace.read_text() == "ran 1\n"


def test_whoever_listens_is_told_that_the_database_went_away(installation: Database) -> None:
    async def go() -> None:
        waiting = asyncio.ensure_future(anext(listen(installation)))
        await asyncio.sleep(0.3)
        await asyncio.to_thread(_server(installation).stop)
        await asyncio.wait_for(waiting, 20)

    with pytest.raises(DatabaseUnavailable):
        asyncio.run(go())
    _server(installation).ensure_running()
