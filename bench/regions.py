"""Regions of a slide decoded for analysis: 1,024 px patches anywhere on level 0, one thread, against other readers."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from peers.regions import measured
from shared_tiles import write_shared
from table import PEERS_PYTHON, machine, write_section

from coverslip.slides.isolation import DecoderLimits, DecoderPool
from coverslip.slides.memory import keep_freed_memory
from coverslip.slides.registry import open_slide
from coverslip.slides.slide import RgbImage, Slide
from coverslip.vocabulary.geometry import Box

PEERS = Path(__file__).parent / "peers" / "regions.py"
SIDE, PATCH = 40_960, 1024
LIMIT, OPENSLIDE = "libjpeg-turbo", "openslide"
IN_PROCESS, ISOLATED = "**Coverslip**, in the same process", "**Coverslip**, from its sandbox"
NAMES = {
    LIMIT: "libjpeg-turbo directly (the limit)",
    "cucim": "cucim",
    "tifffile": "tifffile + imagecodecs",
    OPENSLIDE: "OpenSlide",
}
LIMIT_AIM, OPENSLIDE_AIM = 0.9, 5.0


def main() -> int:
    """Measure, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers-python", default=PEERS_PYTHON, help="interpreter with cucim, openslide, tifffile")
    options = parser.parse_args()
    before = machine()
    keep_freed_memory()  # as the worker and the decoders do
    results: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="coverslip-bench-") as name:
        slide = Path(name) / "bench.svs"
        write_shared(slide, SIDE, (1, 4, 16), 1)
        for turn in range(options.rounds):
            for reader, title in NAMES.items():
                results.setdefault(title, []).append(peer(reader, slide, options, turn))
            with open_slide(slide) as opened:
                results.setdefault(IN_PROCESS, []).append(own(opened, options.seconds, turn))
            with DecoderPool(DecoderLimits(2048, 30.0, 1), [slide.parent]) as pool:
                results.setdefault(ISOLATED, []).append(own(pool.open(slide), options.seconds, turn))
    text = report(results, options, before)
    write_section("regions", text)
    print(text)
    return 0


def own(slide: Slide, seconds: float, seed: int) -> float:
    """Megapixels a second."""

    def read(x: int, y: int, side: int) -> RgbImage:
        return slide.region(0, Box(x, y, side, side))

    return measured(read, SIDE, PATCH, seconds, seed) * PATCH * PATCH / 1e6


def peer(reader: str, slide: Path, options: argparse.Namespace, seed: int) -> float:
    """Megapixels a second of another reader in one thread."""
    numbers = [str(SIDE), str(PATCH), str(options.seconds), str(seed)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [options.peers_python, str(PEERS), reader, str(slide), *numbers]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise RuntimeError(f"{reader}: {done.stderr}")
    return float(done.stdout.strip().splitlines()[-1]) * PATCH * PATCH / 1e6


def report(results: dict[str, list[float]], options: argparse.Namespace, before: str) -> str:
    """The section of the document."""
    median = {name: statistics.median(rates) for name, rates in results.items()}
    limit, openslide = median[NAMES[LIMIT]], median[NAMES[OPENSLIDE]]
    lines = [
        "## Regions",
        "",
        f"{date.today().isoformat()}; patches of {PATCH} px anywhere on level 0, JPEG tiles of 256 px, one thread; "
        f"median of {options.rounds} turns of {options.seconds:g} s; {before}.",
        "",
        "| reader | megapixels a second | of the limit |",
        "|---|---|---|",
    ]
    for name, rate in sorted(median.items(), key=lambda item: -item[1]):
        lines.append(f"| {name} | {rate:.0f} | {rate / limit:.2f} |")
    lines.append("")
    for name in (IN_PROCESS, ISOLATED):
        share, faster = median[name] / limit, median[name] / openslide
        lines.append(
            f"{name}: aim at least {LIMIT_AIM} of libjpeg-turbo: {share:.2f}, "
            f"{'met' if share >= LIMIT_AIM else 'not met'}; {OPENSLIDE_AIM:.0f} times OpenSlide: {faster:.1f}, "
            f"{'met' if faster >= OPENSLIDE_AIM else 'not met'}."
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
