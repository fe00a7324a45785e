"""Files from outside are decoded in processes with limits; a crash there is a failed slide, never a dead server.

`open_isolated(path)` gives a slide whose decoder is its own process; `DecoderPool` keeps a few for a server and may be
used from many threads. A decoder that dies, hangs or needs too much memory is ended, its request raises `DecoderFailed`
(or `DecoderTimeout`, `DecoderMemory`), and the next request finds a fresh one.
"""

from __future__ import annotations

import copy
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast, get_args

import numpy as np

from coverslip.errors import CoverslipError, InvalidInput, NotFound
from coverslip.settings import Settings, settings
from coverslip.slides import errors, wire
from coverslip.slides.describe import from_json
from coverslip.slides.errors import DecoderBusy, DecoderFailed, DecoderMemory, DecoderTimeout
from coverslip.slides.layers import check_layer
from coverslip.slides.slide import EncodedTile, RgbImage, Slide, SlideProperties
from coverslip.slides.tile_index import MediaType, TileIndex
from coverslip.vocabulary.geometry import Box

KNOWN_ERRORS: dict[str, type[CoverslipError]] = {
    kind.code: kind
    for kind in (*vars(errors).values(), InvalidInput, NotFound)
    if isinstance(kind, type) and issubclass(kind, CoverslipError) and kind is not errors.SlideError
}
PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "HOME")
"""Variables a decoder process sees; no address of a database, no secret."""
START_SECONDS = 60.0
"""Importing the decoders takes about a second, longer on a busy machine; not counted as decoding."""


@dataclass(frozen=True, slots=True)
class DecoderLimits:
    """What one decoder process may use."""

    memory_mb: int
    seconds: float
    """For one request, by the clock; twice that in processor time."""
    processes: int = 1

    @classmethod
    def of(cls, chosen: Settings | None = None) -> DecoderLimits:
        """From the installation's settings."""
        chosen = chosen or settings()
        return cls(chosen.decoder_memory_mb, chosen.decoder_seconds, chosen.decoder_processes)


class Decoder:
    """One decoder process. Used by one thread at a time."""

    def __init__(self, limits: DecoderLimits) -> None:
        self._limits = limits
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  closed by stop()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                self._command(theirs.fileno()),
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                cwd="/",
                env=_environment(),
                start_new_session=True,
            )
        self._connection = ours
        self._started = False
        self.alive = True
        self.last_path: str | None = None

    def request(self, header: wire.Header, file: str) -> tuple[wire.Header, bytearray]:
        """Send a request and wait for its answer. Raises what the decoder raised, or `DecoderFailed`."""
        seconds = self._limits.seconds
        try:
            if not self._started:
                wire.receive(self._connection, START_SECONDS)
                self._started = True
            self._connection.settimeout(seconds)
            wire.send(self._connection, header)
            answer, payload = wire.receive(self._connection, seconds)
        except wire.Closed:
            raise self._death(file) from None
        except TimeoutError:
            self.stop()
            raise DecoderTimeout(file=file, seconds=self._limits.seconds) from None
        except (ValueError, RecursionError) as error:
            self.stop()
            raise DecoderFailed(file=file, problem=f"an answer that makes no sense: {error}") from error
        except BaseException:
            # Interrupted half-way: the answer that is still to come must never be taken for that of another request.
            self.stop()
            raise
        self.last_path = header["path"]
        if "error" in answer:
            raise _rebuilt(answer, file)
        return answer, payload

    def stop(self) -> None:
        """End the process; calling it again does nothing."""
        self.alive = False
        self._connection.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._errors.close()

    def _command(self, descriptor: int) -> list[str]:
        limits = self._limits
        numbers = (str(descriptor), str(limits.memory_mb), str(limits.seconds))
        return [sys.executable, "-P", "-m", "coverslip.slides.sandbox", *numbers]

    def _death(self, file: str) -> DecoderFailed:
        """Why the process is gone: by its exit status and the last line it wrote (its kind only, never its text)."""
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            status = -signal.SIGKILL
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        kind = lines[-1].partition(":")[0].rpartition(".")[2] if lines else ""
        self.stop()
        if kind in ("MemoryError", "_ArrayMemoryError"):
            return DecoderMemory(file=file, megabytes=self._limits.memory_mb)
        if status == -signal.SIGXCPU:
            return DecoderTimeout(file=file, seconds=self._limits.seconds)
        if status < 0:
            return DecoderFailed(file=file, problem=f"signal {signal.Signals(-status).name}")
        return DecoderFailed(file=file, problem=kind if kind.isidentifier() else f"exit status {status}")


class DecoderPool:
    """Up to `limits.processes` decoder processes, started when needed. May be used from many threads."""

    def __init__(self, limits: DecoderLimits | None = None) -> None:
        self.limits = limits or DecoderLimits.of()
        self._free: list[Decoder] = []
        self._busy = 0
        self._closed = False
        self._change = threading.Condition()

    def open(self, path: str | os.PathLike[str]) -> IsolatedSlide:
        """A slide decoded by this pool; closing it leaves the pool open. Raises `SlideError`."""
        return IsolatedSlide(self, Path(path))

    def request(self, operation: str, path: Path, **arguments: Any) -> tuple[wire.Header, bytearray]:
        """One request to a free decoder. Raises `DecoderBusy` where none gets free in time."""
        header = {"operation": operation, "path": str(path.absolute()), **arguments}
        with self._decoder(header["path"], path.name) as decoder:
            return decoder.request(header, path.name)

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
        deadline = time.monotonic() + self.limits.seconds
        with self._change:
            while not self._free and self._busy >= self.limits.processes and not self._closed:
                if not self._change.wait(deadline - time.monotonic()):
                    raise DecoderBusy(file=file, seconds=self.limits.seconds)
            if self._closed:
                raise DecoderFailed(file=file, problem="the decoders are shut down")
            self._busy += 1
            if self._free:
                # The one that has this slide open, else the one used last: it is warm.
                best = max(range(len(self._free)), key=lambda n: (self._free[n].last_path == path, n))
                return self._free.pop(best)
        try:
            return Decoder(self.limits)
        except OSError:
            with self._change:
                self._busy -= 1
                self._change.notify()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class IsolatedSlide:
    """A slide whose file only decoder processes open. Safe to share between threads."""

    def __init__(self, pool: DecoderPool, path: Path, *, owns_pool: bool = False) -> None:
        self._pool = pool
        self._path = path
        self._owns_pool = owns_pool
        self._layer: dict[str, int | None] = {}
        answer, _ = pool.request("properties", path)
        with self._sensible():
            self._properties = from_json(answer["properties"])
            reductions = answer["reductions"] or [[] for _ in self._properties.levels]
            self._reductions = [tuple(int(factor) for factor in factors) for factors in reductions]

    @property
    def properties(self) -> SlideProperties:
        """What the file says of itself."""
        return self._properties

    def tile(self, level: int, column: int, row: int) -> EncodedTile:
        """One tile of the slide's own grid. Raises `TileOutside`, `TileUnreadable`, `DecoderFailed`."""
        place = {"level": level, "column": column, "row": row}
        answer, payload = self._pool.request("tile", self._path, **place, **self._layer)
        with self._sensible():
            return EncodedTile(_media_type(answer["media_type"]), bytes(payload))

    def tile_index(self) -> TileIndex:
        """Where the stored tiles lie, so that they can be served without a decoder.

        Whoever asked reads those files itself, outside the sandbox: only the slide's own are taken, and only pictures.
        """
        answer, payload = self._pool.request("index", self._path, **self._layer)
        with self._sensible():
            index = wire.unpack_index(answer, payload)
            own = self._path.absolute()
            for name in index.files:
                # A folder's files lie directly in it; a name that leads out of it is not one of them.
                if Path(name) != own and (Path(name).parent != own or Path(name).name == ".."):
                    raise ValueError("a file that is not the slide's")
            for level in index.levels:
                _media_type("image/jpeg" if level is None else level.media_type)
            return index

    def layer(self, plane: int, channel: int | None) -> IsolatedSlide:
        """One focal plane and channel, as `LayeredSlide.layer`; decoded by the same processes."""
        check_layer(self._properties, plane, channel)
        layer = copy.copy(self)
        layer._owns_pool = False
        layer._layer = {"plane": plane, "channel": channel}
        return layer

    def region(self, level: int, bounds: Box) -> RgbImage:
        """Decoded pixels, as `Slide.region`."""
        return self.reduced_region(level, 1, bounds)

    def reductions(self, level: int) -> tuple[int, ...]:
        """Factors at which decoding is faster."""
        return self._reductions[level] if 0 <= level < len(self._reductions) else ()

    def reduced_region(self, level: int, reduction: int, bounds: Box) -> RgbImage:
        """Decoded pixels at a fraction of a level; `bounds` in pixels of that."""
        box = [bounds.x, bounds.y, bounds.width, bounds.height]
        image = self._image("region", level=level, reduction=reduction, bounds=box)
        if image.shape != (bounds.height, bounds.width, 3):
            raise DecoderFailed(file=self._path.name, problem="an answer of the wrong size")
        return image

    def associated(self, name: str) -> RgbImage:
        """Label, macro or thumbnail as stored. Raises `NotFound`."""
        return self._image("associated", name=name)

    def thumbnail(self, longest_px: int) -> RgbImage:
        """The whole slide, drawn small; exists for every slide."""
        return self._image("thumbnail", longest_px=longest_px)

    def close(self) -> None:
        """Give the decoder back; calling it again does nothing."""
        if self._owns_pool:
            self._pool.close()

    def _image(self, operation: str, **arguments: Any) -> RgbImage:
        answer, payload = self._pool.request(operation, self._path, **arguments, **self._layer)
        with self._sensible():
            return np.frombuffer(payload, dtype=np.uint8).reshape(answer["height"], answer["width"], 3)

    @contextmanager
    def _sensible(self) -> Iterator[None]:
        try:
            yield
        except (KeyError, TypeError, ValueError, InvalidInput) as error:
            raise DecoderFailed(file=self._path.name, problem=f"an answer that makes no sense: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_isolated(path: str | os.PathLike[str], limits: DecoderLimits | None = None) -> IsolatedSlide:
    """Open a slide in a decoder process of its own, ended by `close`. Raises `SlideError`."""
    limits = limits or DecoderLimits.of()
    pool = DecoderPool(DecoderLimits(limits.memory_mb, limits.seconds))
    try:
        return IsolatedSlide(pool, Path(path), owns_pool=True)
    except CoverslipError:
        pool.close()
        raise


def probe(path: str | os.PathLike[str], limits: DecoderLimits | None = None) -> SlideProperties:
    """What a file says of itself, found out in the sandbox. Raises `SlideError`."""
    with open_isolated(path, limits) as slide:
        return slide.properties


def tile_index(path: str | os.PathLike[str], limits: DecoderLimits | None = None) -> TileIndex:
    """Where the stored tiles of a slide lie, found out in the sandbox. Raises `SlideError`."""
    with open_isolated(path, limits) as slide:
        return slide.tile_index()


def _environment() -> dict[str, str]:
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment["COVERSLIP_SLIDE_READERS"] = json.dumps(settings().slide_readers)
    # Threads of numerical libraries reserve address space that counts against the memory limit.
    environment.update({"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"})
    return environment


def _rebuilt(answer: wire.Header, file: str) -> CoverslipError:
    """The decoder's own error; what it says is not trusted to fit."""
    kind = KNOWN_ERRORS.get(str(answer["error"]))
    if kind is None:
        return DecoderFailed(file=file, problem=str(answer["error"]))
    try:
        return kind(**answer["parameters"])
    except (KeyError, TypeError, ValueError) as error:
        return DecoderFailed(file=file, problem=f"an answer that makes no sense: {type(error).__name__}")


def _media_type(given: object) -> MediaType:
    """Raises ValueError for anything but a picture: a browser would run what is sent to it as a page."""
    for known in get_args(MediaType):
        if given == known:
            return cast(MediaType, known)
    raise ValueError("a tile that is no picture")


def _is_slide(slide: IsolatedSlide) -> Slide:
    """Checked by mypy: an isolated slide is a slide."""
    return slide
