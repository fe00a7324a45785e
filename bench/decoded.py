"""Tiles that cannot pass through: decoded, drawn at the size asked for and encoded, against cucim and others.

All do the same work in the same number of processes, without HTTP; Coverslip's decoders run in the sandbox and send
the JPEG to the process that asked, as in the server. Places are looked at as in a viewer, 6 x 4
tiles each; no tile is asked for twice, and every reader may keep 64 MB of what it decoded.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from peers.decoders import walk
from shared_tiles import write_shared
from table import PEERS_PYTHON, machine, write_section

from coverslip.slides.isolation import DecoderLimits, DecoderPool
from coverslip.vocabulary.geometry import Box

PEERS = Path(__file__).parent / "peers" / "decoders.py"
OWN = "**Coverslip**, in its sandbox"
NAMES = {"cucim": "cucim", "large_image": "large_image", "openslide": "OpenSlide DeepZoom"}
AIM = 1.2
SIDE = 40_960


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of tile: `size` px covering `size * every` px of level 0."""

    title: str
    every: int
    size: int
    tile: int
    jpeg2000: bool = False


WORKS = (
    Work("a level that is not stored (1, 4: asked at 2)", 2, 256, 256),
    Work("a grid of 240 px asked for as 256 px", 1, 256, 240),
    Work("JPEG 2000 of 256 px", 1, 256, 256, jpeg2000=True),
)


def main() -> int:
    """Measure, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers-python", default=PEERS_PYTHON, help="interpreter with cucim, large_image, openslide")
    options = parser.parse_args()
    before = machine()
    results: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="coverslip-bench-") as name:
        for work in WORKS:
            slide = Path(name) / f"{work.tile}-{work.jpeg2000}.svs"
            write_shared(slide, SIDE, (1, 4, 16), 1, tile=work.tile, jpeg2000=work.jpeg2000)
            for turn in range(options.rounds):
                for reader in (OWN, *NAMES):
                    rate = (
                        own(slide, work, options, turn) if reader == OWN else peer(reader, slide, work, options, turn)
                    )
                    results.setdefault((work.title, reader), []).append(rate)
    text = report(results, options, before)
    write_section("decoded", text)
    print(text)
    return 0


def own(slide: Path, work: Work, options: argparse.Namespace, seed: int) -> float:
    """Tiles a second of a pool of decoders, each kept busy by a thread."""
    with DecoderPool(DecoderLimits(2048, 30.0, options.processes), [slide.parent]) as pool:
        pool.warm()
        opened = pool.open(slide)
        step = work.size * work.every

        def draw(number: int) -> int:
            places = walk(random.Random(seed * 100 + number), SIDE // step)
            opened.drawn(Box(0, 0, step, step), (work.size, work.size))
            end, done = time.monotonic() + options.seconds, 0
            while time.monotonic() < end:
                column, row = next(places)
                opened.drawn(Box(column * step, row * step, step, step), (work.size, work.size))
                done += 1
            return done

        with ThreadPoolExecutor(options.processes) as threads:
            return float(sum(threads.map(draw, range(options.processes)))) / float(options.seconds)


def peer(reader: str, slide: Path, work: Work, options: argparse.Namespace, seed: int) -> float:
    """Tiles a second of that many processes of another reader; NaN where it cannot read the slide."""
    numbers = [str(slide), str(work.every), str(work.size), str(options.seconds)]
    running = [
        subprocess.Popen(
            [options.peers_python, str(PEERS), reader, *numbers, str(seed * 100 + number)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(options.processes)
    ]
    done = [process.communicate() for process in running]
    if any(process.returncode for process in running):
        print(reader, work.title, done[0][1].strip().splitlines()[-1:], file=sys.stderr)
        return float("nan")
    return sum(float(output.strip().splitlines()[-1]) for output, _ in done) / float(options.seconds)


def report(results: dict[tuple[str, str], list[float]], options: argparse.Namespace, before: str) -> str:
    """The section of the document."""
    lines = [
        "## Decoded tiles",
        "",
        f"{date.today().isoformat()}; tiles a second, decoded and encoded as JPEG of quality 90 4:4:4 by all; "
        f"{options.processes} processes each, no HTTP; random places of 6 x 4 tiles; median of {options.rounds} turns "
        f"of {options.seconds:g} s; {before}.",
        "",
        "| | " + " | ".join([OWN, *NAMES.values()]) + " | of cucim |",
        "|---|" + "---|" * (len(NAMES) + 2),
    ]
    worst = float("inf")
    for work in WORKS:
        rates = {reader: statistics.median(results[work.title, reader]) for reader in (OWN, *NAMES)}
        share = rates[OWN] / rates["cucim"]
        worst = min(worst, share) if share == share else worst
        shown = " | ".join("cannot read it" if rate != rate else f"{rate:,.0f}" for rate in rates.values())
        lines.append(f"| {work.title} | {shown} | {f'{share:.2f}' if share == share else '-'} |")
    met = "met" if worst >= AIM else "not met"
    lines += [
        "",
        f"Aim: at least {AIM} times cucim: {worst:.2f}, {met}. JPEG 2000 is decoded by OpenJPEG in all of them, which "
        "takes nine tenths of the time; what is left is the way into the sandbox and back, which only Coverslip goes.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
