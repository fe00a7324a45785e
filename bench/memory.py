"""Resident memory of the serving processes after 100,000 tiles of 200 slides, stored and decoded ones mixed."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx
from competitors import free_port, running, tool
from opening import call, signed_in
from shared_tiles import write_shared
from table import machine, write_section

from coverslip.ingest.intake import take_in
from coverslip.ingest.settle import Patience
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.queries.organization import all_organizations
from coverslip.settings import Settings
from coverslip.slides.isolation import DecoderLimits, DecoderPool
from coverslip.storage.blobs import BlobStore
from coverslip.vocabulary.roles import Role

SIDE, SMALL_SIDE = 60_000, 4_096
AIM_MB = 300
EVERY_DECODED = 10
"""Of so many slides one is JPEG 2000, whose tiles are decoded and kept."""
WALK = """
local slides = {%s}
local sides = {%s}
math.randomseed(%d)
wrk.headers["Cookie"] = "coverslip_session=%s"
request = function()
  local n = math.random(#slides)
  local path = "/tiles/" .. slides[n] .. "/0/" .. math.random(0, sides[n] - 1) .. "/" .. math.random(0, sides[n] - 1)
  return wrk.format("GET", path)
end
done = function(summary, latency, requests)
  io.write(string.format("RESULT %%d %%d\\n", summary.requests, summary.errors.status + summary.errors.connect
    + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one process, in MB."""

    resident: float
    own: float
    """Without what it shares with others: libraries and files."""


def main() -> int:
    """Measure, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slides", type=int, default=200)
    parser.add_argument("--tiles", type=int, default=100_000)
    parser.add_argument("--processes", type=int, default=2, help="server processes")
    options = parser.parse_args()
    before = machine()
    with tempfile.TemporaryDirectory(prefix="coverslip-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        environment = {"COVERSLIP_DATA_DIR": str(folder / "data")}
        port = free_port()
        command = [*tool(), "serve", "--port", str(port), "--processes", str(options.processes), "--no-worker"]
        server = stack.enter_context(running(command, port, environment))
        call(environment, "user", "organization", "BENCH", "--name-zh", "测试医院", "--name-en", "Bench")
        made = call(environment, "user", "create", "bench", "--organization", "BENCH", "--name", "Bench",
                    "--role", "technician", "--json")  # fmt: skip
        slides = take_all(folder, options.slides)
        address = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=address, headers={"Origin": address}, timeout=120) as client:
            signed_in(client, json.loads(made)["password"], first=True)
            cookie = str(client.cookies["coverslip_session"])
        start = memory(server)
        asked = load(address, slides, cookie, options.tiles, folder)
        after = memory(server)
    text = report(start, after, asked, options, before)
    write_section("memory", text)
    print(text)
    return 0


def take_all(folder: Path, count: int) -> dict[str, int]:
    """Slides taken into the server's data folder: id -> columns of level 0."""
    settings = Settings(data_dir=folder / "data")
    taken: dict[str, int] = {}
    with Database.open(settings) as database, DecoderPool(DecoderLimits.of(settings), [folder]) as decoders:
        with database.transaction(Actor.nobody()) as tx:
            organization = all_organizations(tx)[0]
        actor = Actor(organization.id, roles=frozenset({Role.TECHNICIAN}))
        blobs = BlobStore.open(settings)
        for number in range(count):
            decoded = number % EVERY_DECODED == 0
            side = SMALL_SIDE if decoded else SIDE
            path = folder / "slide.svs"
            write_shared(path, side, (1, 4, 16), number, jpeg2000=decoded)
            slide = take_in(database, blobs, actor, path, patience=Patience(quiet_seconds=0.0), decoders=decoders)
            taken[str(slide.slide_id)] = -(-side // 256)
    return taken


def load(address: str, slides: dict[str, int], cookie: str, tiles: int, folder: Path) -> int:
    """Ask for at least so many tiles at random; returns how many. Raises RuntimeError for a failed one."""
    asked = turn = 0
    while asked < tiles:
        turn += 1
        script = folder / "walk.lua"
        names = ", ".join(f'"{slide}"' for slide in slides)
        script.write_text(WALK % (names, ", ".join(map(str, slides.values())), turn, cookie))
        command = ["wrk", "-t1", "-c16", "-d10s", "--timeout", "30s", "-s", str(script), address]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found = re.search(r"RESULT (\d+) (\d+)", output)
        assert found is not None, output
        if int(found[2]):
            raise RuntimeError(f"{found[2]} failed requests\n{output}")
        asked += int(found[1])
    return asked


def memory(supervisor: int) -> list[Memory]:
    """Of each serving process, the largest first; decoders are processes of their own, with limits."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and b"coverslip.server.process" in _read(process / "cmdline"):
            status = _read(process / "status").decode()
            if _parent(status) == supervisor:
                found.append(Memory(_megabytes(status, "VmRSS"), _megabytes(status, "RssAnon")))
    return sorted(found, key=lambda memory: -memory.resident)


def _parent(status: str) -> int:
    found = re.search(r"^PPid:\s+(\d+)", status, re.MULTILINE)
    return int(found[1]) if found else -1


def _megabytes(status: str, name: str) -> float:
    found = re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) / 1000 if found else 0.0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def report(start: list[Memory], after: list[Memory], asked: int, options: argparse.Namespace, before: str) -> str:
    """The section of the document."""
    worst = after[0].resident
    return "\n".join(
        [
            "## Memory of a serving process",
            "",
            f"{date.today().isoformat()}; {asked:,} tiles at random of {options.slides} slides, nine of ten "
            f"{SIDE:,} x {SIDE:,} pixels with stored tiles, one of ten JPEG 2000 and decoded; {len(after)} processes; "
            f"{before}.",
            "",
            "| | resident MB | of these its own |",
            "|---|---|---|",
            f"| before the first tile | {start[0].resident:.0f} | {start[0].own:.0f} |",
            f"| after the last, the larger process | {worst:.0f} | {after[0].own:.0f} |",
            "",
            f"Aim: at most {AIM_MB} MB: {worst:.0f}, {'met' if worst <= AIM_MB else 'not met'}.",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
