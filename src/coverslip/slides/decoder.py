"""One decoder process: started under limits, asked over a socket, ended when it does not answer.

The process itself is `sandbox`; the pool that keeps several is `isolation.DecoderPool`.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

from coverslip.errors import CoverslipError, InvalidInput, NotFound
from coverslip.settings import Settings, settings
from coverslip.slides import bundle_errors, errors, shared_pixels, wire
from coverslip.slides.bundle import LEADING
from coverslip.slides.colour.profile import ProfileUnusable
from coverslip.slides.errors import DecoderFailed, DecoderMemory, DecoderTimeout, DecoderUnconfined
from coverslip.slides.remote import LONGEST_RANGE, Ranges, is_remote
from coverslip.slides.shared_pixels import SharedPixels

KNOWN_ERRORS: dict[str, type[CoverslipError]] = {
    kind.code: kind
    for kind in (*vars(errors).values(), *vars(bundle_errors).values(), InvalidInput, NotFound, ProfileUnusable)
    if isinstance(kind, type) and issubclass(kind, CoverslipError) and kind is not errors.SlideError
}
PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "HOME")
"""Variables a decoder process sees; no address of a database, no secret."""
START_SECONDS = 60.0
"""Importing the decoders takes about a second, longer on a busy machine; not counted as decoding."""
STORAGE_SECONDS = 120.0
"""What one request may wait for object storage beyond its time for decoding."""


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

    def __init__(self, limits: DecoderLimits, readable: Set[Path]) -> None:
        """`readable`: the folders it may read beside the interpreter's own, resolved."""
        self._limits = limits
        self._readable = readable
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  closed by stop()
        shared = shared_pixels.create()
        ours, theirs = socket.socketpair()
        try:
            self._pixels = SharedPixels(shared, writable=False)
            self._process = subprocess.Popen(
                self._command(theirs.fileno(), shared),
                pass_fds=(theirs.fileno(), shared),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                cwd="/",
                env=_environment(),
                start_new_session=True,
            )
        finally:
            theirs.close()
            os.close(shared)
        self._connection = ours
        self._started = False
        self.alive = True
        self.last_path: str | None = None

    def request(self, header: wire.Header, file: str, ranges: Ranges | None = None) -> tuple[wire.Header, bytearray]:
        """Send a request and wait for its answer; of a slide in object storage, give it `ranges` meanwhile.

        Raises what the decoder raised, `DecoderFailed`, or what kept `ranges` from being read.
        """
        seconds = self._limits.seconds
        try:
            self.begin()
            self._connection.settimeout(seconds)
            wire.send(self._connection, header)
            answer, payload = self._received(header, ranges)
            if "shared" in answer:
                payload = self._pixels.taken(int(answer["shared"]))
        except wire.Closed:
            raise self._death(file) from None
        except TimeoutError:
            self.stop()
            raise DecoderTimeout(file=file, seconds=self._limits.seconds) from None
        except (ValueError, TypeError, RecursionError) as error:
            self.stop()
            raise DecoderFailed(file=file, problem="decoder_nonsense", technical=str(error)) from error
        except BaseException:
            # Interrupted half-way: the answer that is still to come must never be taken for that of another request.
            self.stop()
            raise
        self.last_path = header["path"]
        if "error" in answer:
            raise _rebuilt(answer, file)
        return answer, payload

    def _received(self, header: wire.Header, ranges: Ranges | None) -> tuple[wire.Header, bytearray]:
        """The answer. What the storage takes is not counted as decoding, but is limited as a whole."""
        deadline = time.monotonic() + self._limits.seconds
        latest = deadline + STORAGE_SECONDS
        while True:
            answer, payload = wire.receive(self._connection, max(0.001, min(deadline, latest) - time.monotonic()))
            if "range" not in answer:
                return answer, payload
            path, offset, length = answer["range"]
            if ranges is None or path not in header.get("files", {}) or not 0 < length <= LONGEST_RANGE:
                raise ValueError("a range of what is not the slide's")
            began = time.monotonic()
            data = ranges.read(path, offset, length)
            deadline += time.monotonic() - began
            wire.send(self._connection, {"bytes": len(data)}, data)

    def may_read(self, folders: Set[Path]) -> bool:
        """Whether all of these lie in the folders that it may read."""
        return all(any(folder.is_relative_to(known) for known in self._readable) for folder in folders)

    @property
    def ready(self) -> bool:
        """Whether it waits for requests, as far as is known."""
        return self.alive and self._started

    def stop(self) -> None:
        """End the process; calling it again does nothing."""
        self.alive = False
        self._connection.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._errors.close()
        self._pixels.close()

    def begin(self) -> None:
        """Wait until the process is ready. Raises `DecoderUnconfined`, `wire.Closed`, `TimeoutError`."""
        if self._started:
            return
        answer, _ = wire.receive(self._connection, START_SECONDS)
        if "unconfined" in answer:
            self.stop()
            raise DecoderUnconfined(problem="confinement_refused", technical=str(answer["unconfined"]))
        self._started = True

    def _command(self, descriptor: int, shared: int) -> list[str]:
        limits = self._limits
        numbers = (str(descriptor), str(shared), str(limits.memory_mb), str(limits.seconds))
        confinement = settings().decoder_confinement
        folders = sorted(str(folder) for folder in self._readable)
        return [sys.executable, "-P", "-m", "coverslip.slides.sandbox", *numbers, confinement, *folders]

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
            return DecoderFailed(file=file, problem="decoder_signal", value=signal.Signals(-status).name)
        return DecoderFailed(
            file=file, problem="decoder_status", value=status, technical=kind if kind.isidentifier() else None
        )


def folders_of(path: Path) -> frozenset[Path]:
    """The folders in which the files of a slide lie, links followed: what its decoder has to be able to read."""
    if is_remote(path):
        return frozenset()
    real = path.resolve()
    folders = [real] if real.is_dir() else []
    if path.suffix.lower() in LEADING:
        folders += [folder for folder in (path.parent, path.with_suffix("")) if folder.is_dir()]
    links = {child.resolve().parent for folder in folders for child in folder.iterdir() if child.is_symlink()}
    return frozenset({folder.resolve() for folder in folders} | links) or frozenset({real.parent})


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
        return DecoderFailed(file=file, problem="decoder_error", technical=str(answer["error"]))
    try:
        return kind(**answer["parameters"])
    except (KeyError, TypeError, ValueError) as error:
        return DecoderFailed(file=file, problem="decoder_nonsense", technical=type(error).__name__)
