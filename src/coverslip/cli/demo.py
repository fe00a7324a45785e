"""`coverslip demo`: a region of two hospitals with people, cases and slides, to be looked at or walked through."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
import httpx
from rich.console import Console

from coverslip.cli.demo_client import Client
from coverslip.cli.demo_errors import DemoFolderTaken, JourneyFailed, PortTaken, ServerNotUp
from coverslip.cli.demo_journey import walk
from coverslip.cli.demo_seed import Account, Seeded, seed
from coverslip.cli.demo_story import tell_stories
from coverslip.cli.demo_table import cases_table
from coverslip.settings import Settings

ACCOUNTS_FILE = "demo-accounts.json"
SECONDS_TO_START = 60.0


@click.command("demo", short_help="Fill a data folder with the demo region and serve it.")
@click.option("--data-dir", default="demo-data", show_default=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--port", default=8400, show_default=True, type=click.IntRange(1, 65535))
@click.option("--once", is_flag=True, help="Walk one case to its signed report through the HTTP API, print, end.")
@click.option("--reports", type=click.Path(file_okay=False, path_type=Path), help="Folder for the journey's reports.")
def command(data_dir: Path, port: int, once: bool, reports: Path | None) -> None:
    """Show what Coverslip does with made-up people and rendered tissue.

    The first call fills DATA_DIR (about a minute); later calls serve it again. Exit status: 0 done; 1 something went
    wrong, and what.
    """
    console = Console(stderr=True, highlight=False)
    settings = Settings(
        data_dir=data_dir.resolve(), port=port, demo=True, database_url=None, application_database_url=None
    )
    signal.signal(signal.SIGTERM, _leave)
    _require_free_port(settings)
    seeded, fresh = _seeded(settings, console)
    with _server(settings) as (address, server):
        if fresh:
            console.print("Readings and reports of the finished cases …")
            tell_stories(address, seeded, say=lambda line: console.print(f"  {line}"))
            _keep(settings.data_dir / ACCOUNTS_FILE, seeded)
        if once:
            _walk_once(address, seeded, settings, reports or settings.data_dir / "reports", console)
        else:
            _print_accounts(address, seeded)
            server.wait()


def _leave(number: int, frame: FrameType | None) -> None:
    """End as after Ctrl-C, so that the server we started does not stay behind."""
    raise KeyboardInterrupt


def _require_free_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise PortTaken(port=settings.port) from error


def _seeded(settings: Settings, console: Console) -> tuple[Seeded, bool]:
    """The demo region: read back where it stands, else made. Never touches a folder that holds something else."""
    kept = settings.data_dir / ACCOUNTS_FILE
    if kept.is_file():
        document = json.loads(kept.read_text(encoding="utf-8"))
        people = tuple(Account(**account) for account in document["people"])
        return Seeded(people, document["password"], document["journey"]), False
    if settings.data_dir.exists() and any(settings.data_dir.iterdir()):
        raise DemoFolderTaken(file=str(settings.data_dir))
    console.print(f"Filling {settings.data_dir} …")
    return seed(settings, say=lambda line: console.print(f"  {line}")), True


def _keep(path: Path, seeded: Seeded) -> None:
    """Write the accounts down for later calls, readable by their owner only."""
    document = {
        "password": seeded.password,
        "journey": seeded.journey,
        "people": [{name: getattr(p, name) for name in Account.__slots__} for p in seeded.people],
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False, indent=1)


@contextmanager
def _server(settings: Settings) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`coverslip serve` on the demo's folder, stopped in order at the end."""
    address = f"http://{settings.host}:{settings.port}"
    log = settings.data_dir / "server.log"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("COVERSLIP_")},
        "COVERSLIP_DATA_DIR": str(settings.data_dir),
        "COVERSLIP_HOST": settings.host,
        "COVERSLIP_PORT": str(settings.port),
        "COVERSLIP_DEMO": "true",
    }
    with log.open("ab") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "coverslip", "serve"], env=environment, stdout=output, stderr=output
        )
    try:
        _wait_until_ready(address, server, log)
        yield address, server
    except KeyboardInterrupt:
        pass
    finally:
        if server.poll() is None:
            server.send_signal(signal.SIGTERM)
            server.wait()


def _wait_until_ready(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end and server.poll() is None:
        try:
            if httpx.get(f"{address}/api/v1/health/ready", timeout=2.0).is_success:
                return
        except httpx.TransportError:
            pass  # not listening yet
        time.sleep(0.2)
    raise ServerNotUp(address=address, seconds=int(SECONDS_TO_START), file=str(log))


def _walk_once(address: str, seeded: Seeded, settings: Settings, reports: Path, console: Console) -> None:
    reader = seeded.account(seeded.journey["username"])
    console.print(f"Walking {seeded.journey['accession_number']} as {reader.username} …")
    with Client(address, reader.username, seeded.password) as client:
        walked = walk(client, seeded.journey["accession_number"], reports, say=lambda line: console.print(f"  {line}"))
    Console(width=160).print(cases_table(address, seeded, reports))
    for path in walked.report_files:
        _check(settings, "--pdf", str(path))
    _check(settings)
    console.print(f"The report is what was signed; rows, bytes and audit trail agree. Reports: {reports}")


def _case_to_begin_with(address: str, seeded: Seeded, username: str) -> str:
    """The reader's own case with a marker that is still open: the journey's, unless it was walked already."""
    with Client(address, username, seeded.password) as client:
        mine = client.get("/api/v1/cases", assigned="me")["items"]
    still_open = [case["accession_number"] for case in mine if case["status"] != "signed" and case["markers"]]
    chosen = seeded.journey["accession_number"]
    return chosen if chosen in still_open or not still_open else str(still_open[0])


def _check(settings: Settings, *arguments: str) -> None:
    """`coverslip check`, as the hospital's IT would run it."""
    checked = subprocess.run(
        [sys.executable, "-m", "coverslip", "check", *arguments],
        env={**os.environ, "COVERSLIP_DATA_DIR": str(settings.data_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
    if checked.returncode != 0:
        raise JourneyFailed(
            step=f"check {' '.join(arguments)}", problem="journey_step", technical=checked.stdout + checked.stderr
        )


def _print_accounts(address: str, seeded: Seeded) -> None:
    out = Console(highlight=False)
    out.print(f"\n[bold]{address}[/bold]   密码 / password for everyone: [bold]{seeded.password}[/bold]\n")
    for person in seeded.people:
        out.print(f"  {person.username:24} {person.name} {person.name_en}, {person.roles} ({person.organization})")
    username = seeded.journey["username"]
    out.print(f"\nA case to begin with: {_case_to_begin_with(address, seeded, username)}, as {username}.")
    out.print("Ctrl-C ends it; the data stay. Not a medical device. / 按 Ctrl-C 结束，数据保留。非医疗器械。\n")
