"""Slides taken in, against the floor: copying the same bytes once, with SHA-256 and fsync, in the same run."""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import simplejpeg
import tifffile
from table import machine, write_section

from coverslip.conversion.convert import convert
from coverslip.ingest.intake import take_in
from coverslip.ingest.settle import Patience
from coverslip.phantoms.files.picture import tissue
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.slides.isolation import DecoderPool
from coverslip.storage.blobs import BlobStore
from coverslip.testing.database import PostgresForTests, make_organization

AIM = 0.5
TILE = 256
LEVELS = (1, 4, 16)
DIFFERENT = 96
MARK = b"round 00000000"
"""Changed before each round, so that it is another slide of the same size."""
CHUNK = 4 * 1024 * 1024


@dataclass(frozen=True)
class Result:
    """Of one kind of slide; seconds of each round."""

    title: str
    size_bytes: int
    files: int
    floor: list[float]
    ingest: list[float]
    copying: list[float]

    def row(self) -> str:
        """A line of the table."""
        floor, ingest, copying = (statistics.median(values) for values in (self.floor, self.ingest, self.copying))
        ratio = statistics.median(one / other for one, other in zip(self.floor, self.ingest, strict=True))
        megabytes = self.size_bytes / 1e6
        return (
            f"| {self.title}, {megabytes:,.0f} MB in {self.files} file{'s' if self.files > 1 else ''} "
            f"| {megabytes / floor:,.0f} | {megabytes / ingest:,.0f} | **{ratio:.2f}** "
            f"| {copying:.2f} | {ingest - copying:.2f} |"
        )


def main() -> int:
    """Measure, write the table, and tell whether the aim is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1500, help="of the slide, about")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where to write; default: the system's folder of temporary files")
    options = parser.parse_args()
    before = machine()
    with tempfile.TemporaryDirectory(prefix="coverslip-bench-", dir=options.folder) as name:
        folder = Path(name)
        slide = folder / "source" / "bench.svs"
        slide.parent.mkdir()
        make_slide(slide, options.megabytes)
        convert(slide, "dicom", folder / "source" / "dicom")
        results = measure(folder, slide, folder / "source" / "dicom", options.rounds)
    text = report(results, options.rounds, before)
    write_section("ingest", text)
    print(text)
    return 0


def make_slide(path: Path, megabytes: int) -> None:
    """An SVS of three levels, JPEG tiles of about 18 kB."""
    random = np.random.default_rng(5)
    tiles = []
    for number in range(DIFFERENT):
        picture = tissue(TILE, TILE, number) + random.normal(0, 12.0, (TILE, TILE, 3))
        pixels = np.ascontiguousarray(picture.clip(0, 255).astype(np.uint8))
        tiles.append(simplejpeg.encode_jpeg(pixels, quality=84, colorspace="RGB", colorsubsampling="420"))
    mean = sum(map(len, tiles)) / DIFFERENT
    side = int((megabytes * 1e6 / mean / sum(1 / factor**2 for factor in LEVELS)) ** 0.5) // 16 * 16

    def stored(count: int) -> Iterator[bytes]:
        for number in range(count):
            yield tiles[(number * 7919) % DIFFERENT]

    described = f"Aperio Image Library v12.0.0\n{MARK.decode()}|AppMag = 40|MPP = 0.25"
    with tifffile.TiffWriter(path, bigtiff=True) as tiff:
        for factor in LEVELS:
            columns = side // factor
            tiff.write(
                stored(columns * columns),
                shape=(columns * TILE, columns * TILE, 3),
                dtype="uint8",
                tile=(TILE, TILE),
                photometric="ycbcr",
                subsampling=(2, 2),
                compression="jpeg",
                description=described,
                metadata=None,
            )


def measure(folder: Path, svs: Path, dicom: Path, rounds: int) -> list[Result]:
    """Each round another slide, floor and intake by turns and each first in every other round; the first round warms
    up and is not counted."""
    postgres = PostgresForTests()
    postgres.start()
    try:
        database = postgres.create()
        actor = Actor.system(make_organization(database, "QH").id)
        blobs = BlobStore(folder=folder / "blobs")
        results = []
        with DecoderPool(None, blobs.folders) as decoders:
            for title, source in (("SVS", svs), ("DICOM folder", dicom)):
                files = sorted(source.iterdir()) if source.is_dir() else [source]
                size = sum(file.stat().st_size for file in files)
                result = Result(title, size, len(files), [], [], [])
                for number in range(rounds + 1):
                    for file in files:
                        mark(file, number)
                    first = copied(files, folder / "floor") if number % 2 else None
                    seconds, copying = taken(database, blobs, actor, source, decoders)
                    floor = first if first is not None else copied(files, folder / "floor")
                    if number:
                        result.floor.append(floor)
                        result.ingest.append(seconds)
                        result.copying.append(copying)
                results.append(result)
        postgres.drop(database)
        return results
    finally:
        postgres.stop()


def taken(
    database: Database, blobs: BlobStore, actor: Actor, source: Path, decoders: DecoderPool
) -> tuple[float, float]:
    """Seconds until a slide is in, and until its bytes were copied."""
    copying: list[float] = []
    os.sync()
    began = time.perf_counter()

    def note(_: int) -> None:
        copying.append(time.perf_counter() - began)

    now = Patience(quiet_seconds=0.0)
    done = take_in(database, blobs, actor, source, patience=now, decoders=decoders, progress=note)
    seconds = time.perf_counter() - began
    if done.outcome != "unmatched":
        raise SystemExit(f"{source}: {done.outcome} {done.code}")
    shutil.rmtree(blobs.folders[0] / str(actor.organization_id))
    return seconds, copying[-1]


def mark(file: Path, number: int) -> None:
    """Make it another slide: a word in the description of an SVS, in the preamble of a DICOM file (PS3.10, 7.1)."""
    word = f"round {number:08d}".encode()
    with file.open("r+b") as opened:
        if file.suffix == ".svs":
            opened.seek(-min(file.stat().st_size, 8 * CHUNK), os.SEEK_END)
            tail = opened.read()
            at = file.stat().st_size - len(tail) + tail.rindex(b"round ")
            opened.seek(at)
        opened.write(word)
        opened.flush()
        os.fsync(opened.fileno())


def copied(files: list[Path], target: Path) -> float:
    """Seconds for copying with a checksum until the copies are on the disk: the floor."""
    target.mkdir()
    os.sync()
    began = time.perf_counter()
    for file in files:
        digest = hashlib.sha256()
        with file.open("rb") as reading, (target / file.name).open("xb") as writing:
            while chunk := reading.read(CHUNK):
                digest.update(chunk)
                writing.write(chunk)
            writing.flush()
            os.fsync(writing.fileno())
    seconds = time.perf_counter() - began
    shutil.rmtree(target)
    return seconds


def report(results: list[Result], rounds: int, before: str) -> str:
    """The section of the document."""
    rows = "\n".join(result.row() for result in results)
    return f"""## Slides taken in

{date.today().isoformat()}, {before}. `python bench/ingest.py`. {rounds} rounds, floor and intake by turns, each
first in every other one and after `sync`, the source in the page cache for both; medians. Aim: at least {AIM} of
the floor.

| slide | floor: copy + SHA-256 + fsync, MB/s | taken in, MB/s | of the floor | s copying | s for everything else |
|---|---|---|---|---|---|
{rows}

Everything else is: flushing to the disk, opening in the sandbox, label, macro and thumbnail, first look at the quality,
barcode, finding the case, rows and audit event.
"""


if __name__ == "__main__":
    raise SystemExit(main())
