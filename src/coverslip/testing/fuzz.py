"""Thousands of damaged slide files through the sandbox: `make fuzz`, `python -m coverslip.testing.fuzz --count 20000`.

For every damaged file: opened, its index read, tiles of every level asked of the tile path and compared with what the
decoder shows of them, a region, label and thumbnail decoded. What may come of it is a slide that keeps its word or an
error of the catalogue. What may not: an exception of another kind, a tile that shows something else than the decoder,
a descriptor or process left behind, memory of this process (it stands for the server), words that name a folder, or an
intact slide that looks different afterwards.
"""

from __future__ import annotations

import random
import re
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import click
import psutil

from coverslip.errors import LOCALES, CoverslipError
from coverslip.slides.isolation import DecoderLimits, DecoderPool, IsolatedSlide
from coverslip.testing.mutation import mutate_file
from coverslip.testing.served_tiles import answers, problem_of, sampled
from coverslip.vocabulary.geometry import Box

Write = Callable[[Path], Path]
LIMITS = DecoderLimits(memory_mb=1024, seconds=10.0, processes=2)
REGION_PX = 300
INTACT_EVERY = 50
"""Damaged files between two looks at the intact one in the same decoder."""
FRESH_EVERY = 199
"""Damaged files between two that are compared with what a fresh decoder shows."""
MOST_GROWTH = 256 * 1024**2
"""Bytes of memory that this process may take beyond what it had when all intact slides had been looked at."""
PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
ABSOLUTE_PATH = ("/tmp", "/home", "/dev/shm")  # noqa: S108  words searched for in messages


@dataclass
class Outcome:
    """What became of a run."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    """For each kind of file how often it opened (`opened`) or was refused, by the error's code."""
    failures: list[str] = field(default_factory=list)
    """What must not happen, each with what makes the file again: `KIND SEED: what`."""

    def add(self, kind: str, code: str) -> None:
        """Count one file."""
        self.counts.setdefault(kind, Counter())[code] += 1

    @property
    def files(self) -> int:
        """How many files were tried."""
        return sum(sum(counter.values()) for counter in self.counts.values())


def fuzz(writers: Mapping[str, Write], seeds: range, folder: Path, limits: DecoderLimits = LIMITS) -> Outcome:
    """One damaged file for each seed, the kinds by turns, in a few decoders as a server has them. Deterministic."""
    outcome = Outcome()
    kinds = sorted(writers)
    originals = {kind: _written(writers[kind], folder / "intact" / kind) for kind in kinds}
    with DecoderPool(limits, [folder]) as pool, ThreadPoolExecutor(limits.processes) as hands:
        truths = {kind: _shown(pool, path) for kind, path in originals.items()}
        before, memory = _belongings(pool), _peak_memory()

        def one(seed: int) -> None:
            kind = kinds[seed % len(kinds)]
            with tempfile.TemporaryDirectory(dir=folder, prefix=f"{kind}-{seed}-") as place:
                path = _damaged(originals[kind], Path(place), seed)
                _try(pool, path, kind, seed, outcome)
            if seed // len(kinds) % INTACT_EVERY == 0 and _shown(pool, originals[kind]) != truths[kind]:
                outcome.failures.append(f"{kind} {seed}: afterwards the intact slide looks different")

        list(hands.map(one, seeds))
        after = _belongings(pool)
        for name, count in after.items():
            if count > before[name]:
                outcome.failures.append(f"all 0: {name} left behind: {count - before[name]}")
    grown = _peak_memory() - memory
    if grown > MOST_GROWTH:
        outcome.failures.append(f"all 0: this process took {grown // 1024**2} MiB more")
    return outcome


def _try(pool: DecoderPool, path: Path, kind: str, seed: int, outcome: Outcome) -> None:
    try:
        with pool.open(path) as slide:
            problem = _look(slide, random.Random(seed))  # noqa: S311  chosen, not secret
        if seed % FRESH_EVERY == 0 and _shown(pool, path) != _shown_alone(path):
            problem = "a decoder that has seen other slides shows it otherwise than a fresh one"
        outcome.add(kind, "opened")
        if problem is not None:
            outcome.failures.append(f"{kind} {seed}: {problem}")
    except CoverslipError as error:
        problem = str(error.parameters.get("problem")) if error.code == "DECODER_FAILED" else ""
        outcome.add(kind, f"{error.code} {problem}".strip())
        if problem and problem != "decoder_signal":
            outcome.failures.append(f"{kind} {seed}: an exception that no reader names: {error}")
        outcome.failures += [f"{kind} {seed}: {problem}" for problem in _unfit_words(error)]
    except Exception as error:  # noqa: BLE001 - this is what the run looks for
        outcome.add(kind, "CRASH")
        outcome.failures.append(f"{kind} {seed}: {type(error).__name__}: {error}"[:300])


def _look(slide: IsolatedSlide, chance: random.Random) -> str | None:
    """What a server does with an open slide; what cannot be read is refused tile by tile. Returns what is wrong."""
    properties = slide.properties
    if not properties.levels or min(properties.width, properties.height) < 1:
        return "a slide without pixels"
    for level in properties.levels:
        if min(level.width, level.height, level.tile_width, level.tile_height) < 1:
            return "a level without pixels"
    problem = _served(slide, chance)
    if problem is not None:
        return problem
    last = properties.levels[-1]
    bounds = Box(0, 0, min(REGION_PX, last.width), min(REGION_PX, last.height))
    _each(lambda: slide.region(len(properties.levels) - 1, bounds))
    for name in properties.associated:
        _each(lambda name=name: slide.associated(name))  # type: ignore[misc]
    _each(lambda: slide.thumbnail(256))
    return None


def _each(look: Callable[[], object]) -> None:
    """One look; a refusal in the catalogue's words is an answer."""
    try:
        look()
    except CoverslipError as error:
        problems = _unfit_words(error)
        if problems:
            raise ValueError("; ".join(problems)) from error


def _served(slide: IsolatedSlide, chance: random.Random) -> str | None:
    """Tiles by the tile path: stored ones are read by their place, outside the sandbox, the others by a decoder."""
    try:
        index = slide.tile_index()
    except CoverslipError as error:
        return "; ".join(_unfit_words(error)) or None
    places = sampled(slide, chance)
    for place, answer in zip(places, answers(slide, index, places), strict=True):
        problem = problem_of(slide, index, place, answer)
        if problem is not None:
            return problem
    return None


def _unfit_words(error: CoverslipError) -> list[str]:
    problems = []
    for locale in LOCALES:
        words = f"{error.message(locale)} {error.mend(locale)}"
        if any(path in words for path in ABSOLUTE_PATH):
            problems.append(f"{error.code} names a folder: {words}"[:300])
        if PLACEHOLDER.search(words):
            problems.append(f"{error.code} lacks a word: {words}"[:300])
    return problems


def _shown(pool: DecoderPool, path: Path) -> str:
    """The slide's portrait, or the error's code."""
    try:
        return _portrait(pool, path)
    except CoverslipError as error:
        return error.code


def _shown_alone(path: Path) -> str:
    with DecoderPool(LIMITS) as fresh:
        return _shown(fresh, path)


def _portrait(pool: DecoderPool, path: Path) -> str:
    """What an intact slide shows, in one number."""
    with pool.open(path) as slide:
        digest = sha256(repr((slide.properties.width, slide.properties.height, slide.properties.spacing)).encode())
        for number in range(len(slide.properties.levels)):
            level = slide.properties.levels[number]
            for column, row in ((0, 0), (level.columns // 2, level.rows // 2), (level.columns - 1, level.rows - 1)):
                digest.update(slide.tile(number, column, row).data)
        digest.update(slide.thumbnail(128).tobytes())
    return digest.hexdigest()


def _written(write: Write, folder: Path) -> Path:
    folder.mkdir(parents=True)
    return write(folder)


def _damaged(original: Path, folder: Path, seed: int) -> Path:
    """A copy beside which nothing else lies, one of its files damaged."""
    copied = folder / "slide"
    shutil.copytree(original.parent, copied)
    path = copied / original.name
    files = sorted(file for file in copied.rglob("*") if file.is_file()) if _is_bundle(original) else [path]
    mutate_file(random.Random(seed).choice(files), seed)  # noqa: S311  chosen, not secret
    return path


def _is_bundle(original: Path) -> bool:
    return original.is_dir() or sum(1 for _ in original.parent.iterdir()) > 1


def _belongings(pool: DecoderPool) -> dict[str, int]:
    """What this process has open while all decoders of the pool are there."""
    pool.warm()
    me = psutil.Process()
    return {"open files": me.num_fds(), "processes": len(me.children(recursive=True))}


def _peak_memory() -> int:
    """The most memory this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@click.command()
@click.option("--count", default=20_000, show_default=True, help="How many damaged files.")
@click.option("--first", default=0, show_default=True, help="The first seed.")
@click.option("--kind", "kinds", multiple=True, help="Only these kinds of file.")
@click.option("--more", type=click.Path(path_type=Path, exists=True), help="A folder of slides to damage as well.")
def main(count: int, first: int, kinds: tuple[str, ...], more: Path | None) -> None:
    """Damage slide files and see what the sandbox makes of them; 1 where something happened that must not."""
    from coverslip.phantoms.files import WRITERS

    writers: dict[str, Write] = dict(WRITERS)
    for path in sorted(more.iterdir()) if more is not None else ():
        writers[path.name] = lambda folder, path=path: Path(shutil.copy(path, folder))  # type: ignore[misc]
    if kinds:
        writers = {kind: writers[kind] for kind in kinds}
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="coverslip-fuzz-") as folder:
        outcome = fuzz(writers, range(first, first + count), Path(folder))
    click.echo(f"{outcome.files} damaged files of {len(writers)} kinds in {time.monotonic() - began:.0f} s")
    for kind, counter in sorted(outcome.counts.items()):
        click.echo(f"{kind:24} " + ", ".join(f"{code} {number}" for code, number in counter.most_common()))
    for failure in outcome.failures:
        click.echo(failure, err=True)
    sys.exit(1 if outcome.failures else 0)


if __name__ == "__main__":
    main()
