"""Files from outside are decoded in processes with limits; a crash there is a failed slide, never a dead server.

`open_isolated(path)` gives a slide whose decoder is its own process; `DecoderPool` keeps a few for a server and may be
used from many threads. A decoder that dies, hangs or needs too much memory is ended, its request raises `DecoderFailed`
(or `DecoderTimeout`, `DecoderMemory`), and the next request finds a fresh one.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from coverslip.errors import CoverslipError, Problem, system_problem
from coverslip.slides import wire
from coverslip.slides.decoder import Decoder, DecoderLimits, folders_of
from coverslip.slides.errors import DecoderBusy, DecoderFailed, SlideMissing, SlideUnreachable
from coverslip.slides.isolated_slide import IsolatedSlide
from coverslip.slides.remote import Ranges, is_remote
from coverslip.slides.slide import SlideProperties
from coverslip.slides.tile_index import TileIndex

__all__ = ["DecoderLimits", "DecoderPool", "IsolatedSlide", "open_isolated", "probe", "tile_index"]


class DecoderPool:
    """Up to `limits.processes` decoder processes, started when needed. May be used from many threads.

    `readable`: folders in which the slides lie. A slide elsewhere is read as well, by a decoder started for its folder.
    `ranges`: gives the bytes of slides in object storage.
    """

    def __init__(
        self, limits: DecoderLimits | None = None, readable: Iterable[Path] = (), ranges: Ranges | None = None
    ) -> None:
        self.limits = limits or DecoderLimits.of()
        self._ranges = ranges
        self._readable = frozenset(folder.resolve() for folder in readable)
        self._free: list[Decoder] = []
        self._busy = 0
        self._closed = False
        self._change = threading.Condition()

    def may_read(self, folder: Path) -> None:
        """Slides will lie in this folder too; decoders that may not read it are replaced when they are asked to."""
        with self._change:
            self._readable |= {folder.resolve()}

    def open(self, path: str | os.PathLike[str]) -> IsolatedSlide:
        """A slide decoded by this pool; closing it leaves the pool open. Raises `SlideError`."""
        slide = self.at(path)
        slide.describe()
        return slide

    def at(self, path: str | os.PathLike[str]) -> IsolatedSlide:
        """As `open`, but no decoder looks at the file before something is asked that only it can say."""
        return IsolatedSlide(self, Path(path))

    def warm(self) -> None:
        """Start the decoders that are not there yet, so that the first slide does not wait a second for one.

        One that cannot be started is left to the first request, which says why.
        """
        while True:
            with self._change:
                if self._closed or len(self._free) + self._busy >= self.limits.processes:
                    return
                self._busy += 1
                readable = self._readable
            decoder = None
            with suppress(CoverslipError, OSError, wire.Closed):
                decoder = Decoder(self.limits, readable)
                decoder.begin()
                decoder.request({"operation": "warm", "path": ""}, "")
            ready = decoder is not None and decoder.ready
            with self._change:
                self._busy -= 1
                kept = ready and not self._closed
                if kept and decoder is not None:
                    self._free.append(decoder)
                self._change.notify()
            if decoder is not None and not kept:
                decoder.stop()
            if not ready:
                return

    def request(self, operation: str, path: Path, **arguments: Any) -> tuple[wire.Header, bytearray]:
        """One request to a free decoder. Raises `DecoderBusy` where none gets free in time."""
        header = {"operation": operation, "path": str(path.absolute()), **arguments}
        ranges = self._ranges if is_remote(path) else None
        if ranges is not None:
            header["files"] = dict(self.sizes(path))
        with self._decoder(header["path"], path.name) as decoder:
            return decoder.request(header, path.name, ranges)

    def sizes(self, path: Path) -> Mapping[str, int]:
        """Bytes of each file of a slide in object storage; empty for one on a disk."""
        return self._ranges.sizes(str(path)) if self._ranges is not None and is_remote(path) else {}

    def close(self) -> None:
        """End all decoder processes; those at work end when they are done."""
        with self._change:
            self._closed = True
            decoders, self._free = self._free, []
        for decoder in decoders:
            decoder.stop()

    @contextmanager
    def _decoder(self, path: str, file: str) -> Iterator[Decoder]:
        decoder = self._taken(path, file)
        try:
            yield decoder
        finally:
            with self._change:
                self._busy -= 1
                keep = decoder.alive and not self._closed
                if keep:
                    self._free.append(decoder)
                self._change.notify()
            if not keep:
                decoder.stop()

    def _taken(self, path: str, file: str) -> Decoder:
        """A decoder that may read the slide; whoever takes it gives it back by `_decoder`.

        Its folders are looked at only where no free decoder has it open, and while nothing is held: a share that
        hangs or is gone costs this request and no other.
        """
        deadline = time.monotonic() + self.limits.seconds
        needed: frozenset[Path] | None = None
        while True:
            with self._change:
                self._wait_for_room(file, deadline)
                best = self._suitable(path, needed)
                if best is not None:
                    self._busy += 1
                    self._free.remove(best)
                    return best
                if needed is not None:
                    self._busy += 1
                    surplus = self._free.pop(0) if len(self._free) + self._busy > self.limits.processes else None
                    readable = self._readable | needed
                    break
            needed = _folders(path, file)
        try:
            if surplus is not None:
                surplus.stop()
            return Decoder(self.limits, readable)
        except BaseException:
            with self._change:
                self._busy -= 1
                self._change.notify()
            raise

    def _wait_for_room(self, file: str, deadline: float) -> None:
        """Until a decoder is free or may be started. Raises `DecoderBusy`, `DecoderFailed`."""
        while not self._free and self._busy >= self.limits.processes and not self._closed:
            if not self._change.wait(deadline - time.monotonic()):
                raise DecoderBusy(file=file, seconds=self.limits.seconds)
        if self._closed:
            raise DecoderFailed(file=file, problem="decoder_closed")

    def _suitable(self, path: str, needed: frozenset[Path] | None) -> Decoder | None:
        """The one that has this slide open, else, where its folders are known, the one used last: it is warm."""
        for decoder in reversed(self._free):
            if decoder.last_path == path:
                return decoder
        if needed is None:
            return None
        return next((decoder for decoder in reversed(self._free) if decoder.may_read(needed)), None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_isolated(
    path: str | os.PathLike[str], limits: DecoderLimits | None = None, ranges: Ranges | None = None
) -> IsolatedSlide:
    """Open a slide in a decoder process of its own, ended by `close`. Raises `SlideError`."""
    limits = limits or DecoderLimits.of()
    pool = DecoderPool(DecoderLimits(limits.memory_mb, limits.seconds), ranges=ranges)
    try:
        slide = IsolatedSlide(pool, Path(path), owns_pool=True)
        slide.describe()
    except CoverslipError:
        pool.close()
        raise
    return slide


def probe(path: str | os.PathLike[str], limits: DecoderLimits | None = None) -> SlideProperties:
    """What a file says of itself, found out in the sandbox. Raises `SlideError`."""
    with open_isolated(path, limits) as slide:
        return slide.properties


def tile_index(path: str | os.PathLike[str], limits: DecoderLimits | None = None) -> TileIndex:
    """Where the stored tiles of a slide lie, found out in the sandbox. Raises `SlideError`."""
    with open_isolated(path, limits) as slide:
        return slide.tile_index()


def _folders(path: str, file: str) -> frozenset[Path]:
    """The folders a slide's decoder must be able to read. Raises `SlideMissing`, `SlideUnreachable`."""
    try:
        return folders_of(Path(path))
    except FileNotFoundError as error:
        raise SlideMissing(file=file) from error
    except OSError as error:
        raise SlideUnreachable(file=file, problem=system_problem(error)) from error
    except (RuntimeError, ValueError) as error:  # links that lead in a circle, a name that no system takes
        raise SlideUnreachable(file=file, problem=Problem("system_other", technical=str(error))) from error
