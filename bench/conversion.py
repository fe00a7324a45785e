"""A slide to DICOM, `coverslip convert` against wsidicomizer, in the same run; both pass JPEG tiles through."""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from table import machine, write_section

from coverslip.phantoms.files.jpeg_tiles import abbreviated
from coverslip.phantoms.files.picture import Rgb, tissue

PEERS = Path(__file__).parents[1] / ".venv-wsidicomizer"
TILE = 256
DIFFERENT = 64
GRAIN = 6.0
"""Noise of the picture, in grey levels: gives tiles of about 17 kB."""
AIM = 5.0
GIGABYTE = 1e9
HEADER = "Aperio Image Library v12.0.0\n"


@dataclass(frozen=True)
class Run:
    """One conversion."""

    seconds: float
    synced: float
    """Until everything is on the disk."""
    processor: float
    """Seconds of processor time, all processes."""


def main() -> int:
    """Measure in turns, write the table, tell whether the aim is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=2.0, help="size of the slide")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to work; default: the system's folder for temporary files")
    parser.add_argument("--peer", type=Path, default=PEERS / "bin" / "wsidicomizer", help="wsidicomizer's command")
    options = parser.parse_args()
    before, version = machine(), peer_version(options.peer)
    with tempfile.TemporaryDirectory(prefix="coverslip-bench-", dir=options.folder) as name:
        folder = Path(name)
        slide = folder / "bench.svs"
        write_slide(slide, options.gigabytes)
        commands = {
            "Coverslip": [sys.executable, "-m", "coverslip", "convert", slide, "--to", "dicom", "--out"],
            "wsidicomizer": [options.peer, "-i", slide, "-o"],
        }
        runs: dict[str, list[Run]] = {tool: [] for tool in commands}
        for number in range(options.rounds + 1):
            for tool, command in commands.items():
                measured = converted([str(part) for part in command], folder / "out")
                if number:  # the first turn warms up and is dropped
                    runs[tool].append(measured)
        copied = copy_seconds(slide, folder / "copy")
        size = slide.stat().st_size
    text = report(runs, size, copied, version, options.rounds, before)
    write_section("conversion", text)
    print(text)
    return 0


def converted(command: list[str], out: Path) -> Run:
    """Convert into a folder that did not exist, and remove it. Raises `RuntimeError` where the tool fails."""
    os.sync()
    used, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run([*command, str(out)], capture_output=True, check=False)
    seconds = time.monotonic() - began
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace")[-2000:])
    os.sync()
    synced, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    shutil.rmtree(out)
    processor = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    return Run(seconds, synced, processor)


def copy_seconds(slide: Path, target: Path) -> float:
    """A plain copy and `sync`: what the disk allows."""
    os.sync()
    began = time.monotonic()
    shutil.copyfile(slide, target)
    os.sync()
    return time.monotonic() - began


def write_slide(path: Path, gigabytes: float) -> None:
    """An SVS as Aperio writes it: tiles without tables, thumbnail, three levels, label, macro."""
    random = np.random.default_rng(5)
    pictures = (tissue(TILE, TILE, number) + random.normal(0, GRAIN, (TILE, TILE, 3)) for number in range(DIFFERENT))
    grained = (np.ascontiguousarray(picture.clip(0, 255).astype(np.uint8)) for picture in pictures)
    tables, tiles = abbreviated(grained, "ycbcr")
    mean = sum(map(len, tiles)) / len(tiles)
    side = max(16, round((gigabytes * GIGABYTE / mean / (1 + 1 / 16 + 1 / 256)) ** 0.5) // 16 * 16)
    facts = (
        f"{side * TILE}x{side * TILE} ({TILE}x{TILE}) JPEG Q=90|AppMag = 40|MPP = 0.25|Date = 03/14/24|Time = 08:30:00"
    )

    def stored() -> Iterator[bytes]:
        number = 0
        while True:
            yield tiles[(number * 7919) % DIFFERENT]
            number += 1

    with tifffile.TiffWriter(path, bigtiff=True) as tiff:
        for number, factor in enumerate((1, 4, 16)):
            across = side // factor
            tiff.write(
                islice(stored(), across * across),
                shape=(across * TILE, across * TILE, 3),
                dtype="uint8",
                tile=(TILE, TILE),
                photometric="ycbcr",
                subsampling=(2, 2),
                compression="jpeg",
                jpegtables=tables,
                description=HEADER + facts,
                metadata=None,
            )
            if number == 0:
                striped(tiff, tissue(768, 768, 9), "768x768 -", compression="jpeg", compressionargs={"level": 90})
        striped(tiff, tissue(400, 400, 3), "label 400x400", subfiletype=1, compression="lzw", predictor=True)
        macro = tissue(1200, 400, 4)
        striped(tiff, macro, "macro 1200x400", subfiletype=9, compression="jpeg", compressionargs={"level": 90})


def striped(tiff: Any, image: Rgb, facts: str, **options: Any) -> None:
    """A small picture in strips."""
    tiff.write(image, photometric="rgb", rowsperstrip=16, description=HEADER + facts, metadata=None, **options)


def peer_version(peer: Path) -> str:
    """Of wsidicomizer in its environment; a clear failure where it is missing."""
    python = peer.parent / "python"
    if not python.exists():
        raise SystemExit(f"{peer} is missing: `make bench` installs it")
    program = "import importlib.metadata as m; print(m.version('wsidicomizer'), m.version('wsidicom'))"
    told = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    return f"wsidicomizer {told[0]} (wsidicom {told[1]})"


def report(runs: dict[str, list[Run]], size: int, copied: float, version: str, rounds: int, before: str) -> str:
    """The section."""
    megabytes = size / 1e6
    rows, rates = [], {}
    for tool, found in runs.items():
        seconds, synced, processor = (
            statistics.median(getattr(run, name) for run in found) for name in ("seconds", "synced", "processor")
        )
        rates[tool] = (megabytes / seconds, megabytes / synced)
        name = "**Coverslip** (brings it to the disk itself)" if tool == "Coverslip" else version
        rows.append(f"| {name} | {megabytes / seconds:,.0f} | {megabytes / synced:,.0f} | {processor:.1f} |")
    to_end = rates["Coverslip"][0] / rates["wsidicomizer"][0]
    to_disk = rates["Coverslip"][1] / rates["wsidicomizer"][1]
    met = "met" if to_disk >= AIM else "not met"
    return f"""## A slide to DICOM

{date.today()}; an SVS of {megabytes:,.0f} MB (256 px JPEG tiles without tables, 3 levels, label, macro), read from
the page cache; the whole command with its start; median of {rounds} turns; {before}

| tool | MB/s until the command ends | MB/s until all is on the disk | processor seconds |
|---|---|---|---|
{chr(10).join(rows)}
| copy and `sync` (what the disk allows) | | {megabytes / copied:,.0f} | |

Aim: at least {AIM:g} times wsidicomizer: {to_disk:.1f} times until all is on the disk, {to_end:.1f} times until the
command ends, {met}. wsidicomizer passes tiles through, too; the disk of this machine allows
{megabytes / copied / rates["wsidicomizer"][1]:.1f} times at most.
"""


if __name__ == "__main__":
    sys.exit(main())
