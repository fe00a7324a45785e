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
from slide import COLUMNS, ROWS, TILE, cut_tiles, make_dicom, make_slide
from table import PEERS_PYTHON, machine, write_section

from coverslip.slides.isolation import tile_index

CONNECTIONS = (8, 64)
OWN_AIM, DEEPZOOM_AIM, PASSTHROUGH_AIM = 0.5, 20.0, 5.0
CPU_AIM_US, P99_AIM_MS, DICOM_AIM = 120.0, 10.0, 0.9
LIMIT = 0
"""Position of nginx among the competitors."""

Results = dict[tuple[str, int], list[Load]]


def main() -> int:
    """Measure, write the table, and tell whether the aims are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2, help="server processes each")
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers-python", default=PEERS_PYTHON, help="interpreter with large_image and openslide")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="coverslip-bench-") as made, ExitStack() as stack:
        folder, before = Path(made), machine()
        slide = folder / "bench.svs"
        make_slide(slide)
        mean = cut_tiles(tile_index(slide), folder / "tiles")
        competitors = [stack.enter_context(nginx(folder, folder / "tiles", options.processes))]
        competitors.append(stack.enter_context(coverslip(folder, slide, options.processes)))
        name = f"**Coverslip**, frame of a DICOM instance of {make_dicom(folder / 'dicom') // 1_000_000} MB"
        server = coverslip(folder / "dicom-server", folder / "dicom", options.processes, name)
        competitors.append(stack.enter_context(server))
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
        f"| server | tiles/s, {few} connections [{many}] | p50 / p99 ms at {few} [{many}] | CPU us a tile "
        f"| of nginx [{many}] |",
        "|---|---|---|---|---|",
    ]
    for competitor in competitors:
        rate = {c: median(competitor.name, c, "tiles_per_second") for c in CONNECTIONS}
        p50 = {c: median(competitor.name, c, "p50_ms") for c in CONNECTIONS}
        p99 = {c: median(competitor.name, c, "p99_ms") for c in CONNECTIONS}
        lines.append(
            f"| {competitor.name} | {rate[few]:,.0f} [{rate[many]:,.0f}] "
            f"| {p50[few]:.2f} / {p99[few]:.1f} [{p50[many]:.2f} / {p99[many]:.1f}] "
            f"| {median(competitor.name, few, 'cpu_us'):,.0f} "
            f"| {rate[few] / limit[few]:.2f} [{rate[many] / limit[many]:.2f}] |"
        )
    own, dicom, passthrough, deepzoom = (competitor.name for competitor in competitors[1:])

    def times(one: str, other: str) -> float:
        """The smaller of the ratios at both numbers of connections."""
        return min(median(one, c, "tiles_per_second") / median(other, c, "tiles_per_second") for c in CONNECTIONS)

    nginx_share, frames = times(own, competitors[LIMIT].name), times(dicom, own)
    faster, much_faster = times(own, passthrough), times(own, deepzoom)
    cpu, late = median(own, few, "cpu_us"), median(own, many, "p99_ms")
    aims = [
        (f"at least {OWN_AIM} of nginx", f"{nginx_share:.2f}", nginx_share >= OWN_AIM),
        (f"at most {CPU_AIM_US:.0f} us of processor time", f"{cpu:.0f}", cpu <= CPU_AIM_US),
        (f"at least {PASSTHROUGH_AIM:.0f} times large_image", f"{faster:.0f}", faster >= PASSTHROUGH_AIM),
        (f"at least {DEEPZOOM_AIM:.0f} times OpenSlide DeepZoom", f"{much_faster:.0f}", much_faster >= DEEPZOOM_AIM),
        (f"p99 at {many} connections at most {P99_AIM_MS:.0f} ms", f"{late:.1f}", late <= P99_AIM_MS),
        (f"a DICOM frame at least {DICOM_AIM} of a tile", f"{frames:.2f}", frames >= DICOM_AIM),
    ]
    lines += ["", f"| aim, the worse of {few} and {many} connections | measured | |", "|---|---|---|"]
    lines += [f"| {aim} | {found} | {'met' if met else 'not met'} |" for aim, found, met in aims]
    return "\n".join(lines)


def _versions() -> str:
    shown = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr
    return shown.strip().replace("nginx version: ", "")


if __name__ == "__main__":
    sys.exit(main())
