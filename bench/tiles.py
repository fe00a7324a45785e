"""Stored tiles a second, signed in and authorized, against nginx, OpenSlide DeepZoom and large_image, in one run."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import httpx
from competitors import Competitor, coverslip, nginx, peer
from load import Load, run_load, walk
from slide import COLUMNS, ROWS, TILE, cut_tiles, make_slide
from table import machine, write_section

from coverslip.slides.isolation import tile_index

CONNECTIONS = (8, 64)
OWN_AIM, DEEPZOOM_AIM = 0.4, 20.0
LIMIT = 0
"""Position of nginx among the competitors."""

Results = dict[tuple[str, int], list[Load]]


def main() -> int:
    """Measure, write the table, and tell whether the aims are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2, help="server processes each")
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers-python", default=sys.executable, help="interpreter with large_image and openslide")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="coverslip-bench-") as name, ExitStack() as stack:
        folder, before = Path(name), machine()
        slide = folder / "bench.svs"
        make_slide(slide)
        mean = cut_tiles(tile_index(slide), folder / "tiles")
        competitors = [stack.enter_context(nginx(folder, folder / "tiles", options.processes))]
        competitors.append(stack.enter_context(coverslip(folder, slide, options.processes)))
        for title, module in (
            ("large_image, its own passthrough, on FastAPI", "large_image_tiles"),
            ("OpenSlide DeepZoom on FastAPI", "openslide_deepzoom"),
        ):
            competitors.append(stack.enter_context(peer(title, module, options.peers_python, slide, options.processes)))
        for competitor in competitors:
            check(competitor)
        results = measure(competitors, folder, options.seconds, options.rounds)
    text = report(competitors, results, mean, options.processes, options.rounds, options.seconds, before)
    write_section("tiles", text)
    print(text)
    return 0


def check(competitor: Competitor) -> None:
    """Every competitor answers with a JPEG before it is measured."""
    cookies = {"Cookie": competitor.cookie} if competitor.cookie else {}
    answer = httpx.get(competitor.address + competitor.template % (3, 5), headers=cookies, timeout=30)
    if answer.status_code != 200 or answer.content[:2] != b"\xff\xd8":
        raise RuntimeError(f"{competitor.name}: {answer.status_code} {answer.text[:200]}")


def measure(competitors: list[Competitor], folder: Path, seconds: int, rounds: int) -> Results:
    """In turns, so that what else the machine does falls on all of them; the first turn warms up and is dropped."""
    results: Results = {}
    for number in range(rounds + 1):
        for connections in CONNECTIONS:
            for competitor in competitors:
                script = walk(competitor.address, competitor.template, COLUMNS, ROWS, competitor.cookie, folder)
                duration = seconds if number else 1
                load = run_load(competitor.address, script, connections, duration, competitor.pids)
                if load.errors:
                    raise RuntimeError(f"{competitor.name}: {load.errors} failed requests")
                if number:
                    results.setdefault((competitor.name, connections), []).append(load)
    return results


def report(
    competitors: list[Competitor], results: Results, mean: float, processes: int, rounds: int, seconds: int, before: str
) -> str:
    """The section of the document."""

    def median(name: str, connections: int, field: str) -> float:
        return float(statistics.median(getattr(load, field) for load in results[name, connections]))

    few, many = CONNECTIONS
    limit = {c: median(competitors[LIMIT].name, c, "tiles_per_second") for c in CONNECTIONS}
    lines = [
        "## Stored tiles, signed in and authorized",
        "",
        f"{date.today().isoformat()}; {TILE} px JPEG, mean {mean / 1000:.1f} kB, {COLUMNS * ROWS:,} tiles; "
        f"{processes} server processes each; `wrk` with one thread on the same machine; median of {rounds} turns of "
        f"{seconds} s; {before}. {_versions()}",
        "",
        f"| server | tiles/s, {few} connections [{many}] | p50 / p99 ms at {few} | CPU us a tile | of nginx [{many}] |",
        "|---|---|---|---|---|",
    ]
    for competitor in competitors:
        rate = {c: median(competitor.name, c, "tiles_per_second") for c in CONNECTIONS}
        lines.append(
            f"| {competitor.name} | {rate[few]:,.0f} [{rate[many]:,.0f}] "
            f"| {median(competitor.name, few, 'p50_ms'):.2f} / {median(competitor.name, few, 'p99_ms'):.1f} "
            f"| {median(competitor.name, few, 'cpu_us'):,.0f} "
            f"| {rate[few] / limit[few]:.2f} [{rate[many] / limit[many]:.2f}] |"
        )
    own, deepzoom = competitors[1].name, competitors[-1].name
    share = {c: median(own, c, "tiles_per_second") / limit[c] for c in CONNECTIONS}
    faster = {c: median(own, c, "tiles_per_second") / median(deepzoom, c, "tiles_per_second") for c in CONNECTIONS}
    lines += [
        "",
        f"Aims: at least {OWN_AIM} of nginx: {share[few]:.2f} [{share[many]:.2f}], "
        f"{'met' if min(share.values()) >= OWN_AIM else 'not met'}; at least {DEEPZOOM_AIM:.0f} times OpenSlide "
        f"DeepZoom: {faster[few]:.0f} [{faster[many]:.0f}], "
        f"{'met' if min(faster.values()) >= DEEPZOOM_AIM else 'not met'}.",
    ]
    return "\n".join(lines)


def _versions() -> str:
    shown = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr
    return shown.strip().replace("nginx version: ", "")


if __name__ == "__main__":
    sys.exit(main())
