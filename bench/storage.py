"""Tiles and files of object storage on the loopback against a local folder, in one run: python bench/storage.py."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from uuid import uuid4

import httpx
from competitors import Competitor, coverslip
from load import Load, run_load, walk
from slide import COLUMNS, ROWS, make_slide
from table import machine, write_section

from coverslip.storage.blobs import BlobStore
from coverslip.testing.object_storage import ACCESS_KEY, SECRET_KEY, ObjectStorage

CONNECTIONS = (8, 64)
CACHED_AIM = 0.5
FIRST_LOOKS = 200
"""Tiles asked for one after another, each in a block that is not in the cache yet."""

Results = dict[tuple[str, int], list[Load]]


def main() -> int:
    """Measure, write the table, and tell whether the aim is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2, help="server processes each")
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=512, help="size of the file that is stored")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="coverslip-bench-") as name, ExitStack() as stack:
        folder, before = Path(name), machine()
        storage = stack.enter_context(ObjectStorage())
        make_slide(folder / "bench.svs")
        servers = [
            stack.enter_context(
                coverslip(made(folder, where), folder / "bench.svs", options.processes, where, settings)
            )
            for where, settings in (("a local folder", {}), ("object storage, cached", environment(storage)))
        ]
        looks = [first_looks(server) for server in servers]
        results = measure(servers, folder, options.seconds, options.rounds)
        stored = puts(storage, folder, options.megabytes, options.rounds)
    text = report(servers, results, looks, stored, options, before)
    write_section("storage", text)
    print(text)
    return 0


def made(folder: Path, name: str) -> Path:
    """A folder of a server's own."""
    path = folder / name.replace(" ", "-").replace(",", "")
    path.mkdir()
    return path


def environment(storage: ObjectStorage) -> dict[str, str]:
    """Settings of an installation whose slides lie in a new place of the S3 server."""
    return {
        "COVERSLIP_STORAGE_URL": storage.url(),
        "COVERSLIP_S3_ENDPOINT": storage.endpoint,
        "COVERSLIP_S3_ACCESS_KEY_ID": ACCESS_KEY,
        "COVERSLIP_S3_SECRET_ACCESS_KEY": SECRET_KEY,
    }


def first_looks(server: Competitor) -> list[float]:
    """Milliseconds of tiles that nobody has looked at, one after another; the slide itself is open already."""
    found = []
    with httpx.Client(base_url=server.address, headers={"Cookie": server.cookie}, timeout=60) as client:
        client.get(server.template % (0, 0)).raise_for_status()
        step = COLUMNS * ROWS // FIRST_LOOKS
        for number in range(1, FIRST_LOOKS):
            row, column = divmod(number * step, COLUMNS)
            began = time.perf_counter()
            client.get(server.template % (column, row)).raise_for_status()
            found.append((time.perf_counter() - began) * 1000)
    return found


def measure(servers: list[Competitor], folder: Path, seconds: int, rounds: int) -> Results:
    """In turns; the first turn fills the cache and is dropped."""
    results: Results = {}
    for number in range(rounds + 1):
        for connections in CONNECTIONS:
            for server in servers:
                script = walk(server.address, server.template, COLUMNS, ROWS, server.cookie, folder)
                load = run_load(server.address, script, connections, seconds, server.pids)
                if load.errors:
                    raise RuntimeError(f"{server.name}: {load.errors} failed requests")
                if number:
                    results.setdefault((server.name, connections), []).append(load)
    return results


def puts(storage: ObjectStorage, folder: Path, megabytes: int, rounds: int) -> dict[str, float]:
    """Megabytes a second of storing a file whose digest is not known, hashed in the same pass; median."""
    source = folder / "file"
    source.write_bytes(os.urandom(1_000_000) * megabytes)
    stores = {
        "a local folder": BlobStore(folder=folder / "stored"),
        "object storage, cached": BlobStore.open(storage.settings(folder / "s3", s3_timeout_seconds=60.0)),
    }
    speeds: dict[str, list[float]] = {name: [] for name in stores}
    for _ in range(rounds):
        for name, store in stores.items():
            organization = uuid4()
            began = time.perf_counter()
            checksum = store.put_file(organization, source)
            speeds[name].append(megabytes / (time.perf_counter() - began))
            store.delete(organization, checksum.digest)
    return {name: statistics.median(found) for name, found in speeds.items()}


def report(
    servers: list[Competitor],
    results: Results,
    looks: list[list[float]],
    stored: dict[str, float],
    options: argparse.Namespace,
    before: str,
) -> str:
    """The section of the document."""

    def median(name: str, connections: int, field: str) -> float:
        return float(statistics.median(getattr(load, field) for load in results[name, connections]))

    few, many = CONNECTIONS
    lines = [
        "## Tiles and files of object storage",
        "",
        f"{date.today().isoformat()}; SeaweedFS on the loopback of the same machine; {COLUMNS * ROWS:,} stored tiles, "
        f"signed in and authorized; {options.processes} server processes each; median of {options.rounds} turns of "
        f"{options.seconds} s; a file of {options.megabytes} MB stored and hashed in one pass; {before}.",
        "",
        f"| slides in | tiles/s, {few} connections [{many}] | p50 / p99 ms at {few} | CPU us a tile "
        "| first look at a tile, p50 / p95 ms | stored, MB/s |",
        "|---|---|---|---|---|---|",
    ]
    for server, first in zip(servers, looks, strict=True):
        ordered = sorted(first)
        lines.append(
            f"| {server.name} | {median(server.name, few, 'tiles_per_second'):,.0f} "
            f"[{median(server.name, many, 'tiles_per_second'):,.0f}] "
            f"| {median(server.name, few, 'p50_ms'):.2f} / {median(server.name, few, 'p99_ms'):.1f} "
            f"| {median(server.name, few, 'cpu_us'):,.0f} "
            f"| {statistics.median(ordered):.1f} / {ordered[int(len(ordered) * 0.95)]:.1f} "
            f"| {stored[server.name]:,.0f} |"
        )
    local, remote = (server.name for server in servers)
    share = {c: median(remote, c, "tiles_per_second") / median(local, c, "tiles_per_second") for c in CONNECTIONS}
    met = "met" if min(share.values()) >= CACHED_AIM else "not met"
    lines += [
        "",
        f"Aim: cached tiles at least {CACHED_AIM} of local ones: {share[few]:.2f} [{share[many]:.2f}], {met}.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
