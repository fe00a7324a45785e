"""The processes of one installation: web servers on one socket, and a worker beside them.

The parent only watches: a child that dies is started again (at once the first time, then after a growing pause), a
parent that dies, even by `kill -9`, takes its children with it, and a stop is passed on and waited for.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from coverslip.errors import CoverslipError, system_problem
from coverslip.server.errors import AddressTaken

logger = logging.getLogger(__name__)

STOP_SECONDS = 15.0
CHORE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 30.0
HEALTHY_SECONDS = 60.0
LISTEN_BACKLOG = 2048


@dataclass(slots=True)
class Child:
    """One program that is kept running. `descriptors` are passed on to it."""

    name: str
    command: Sequence[str]
    descriptors: tuple[int, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    failures: int = 0


class Supervisor:
    """Keeps children running until told to stop."""

    def __init__(self, children: Sequence[Child], chore: Callable[[], None] = lambda: None) -> None:
        """`chore` is done every few seconds; a `CoverslipError` of it is logged and it is tried again."""
        self.children = list(children)
        self.chore = chore
        self._stopping = False

    def run(self) -> int:
        """Until SIGTERM or SIGINT; returns 0 after an orderly stop."""
        previous = {number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            chore_at = time.monotonic() + CHORE_SECONDS
            while not self._stopping:
                if time.monotonic() >= chore_at:
                    self._do_chore()
                    chore_at = time.monotonic() + CHORE_SECONDS
                for child in self.children:
                    self._look_after(child)
                time.sleep(0.2)
            return 0
        finally:
            self.stop()
            for number, handler in previous.items():
                signal.signal(number, handler)

    def stop(self) -> None:
        """Ask every child to end, wait, and kill those that do not."""
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                logger.warning("process.killed", extra={"pid": process.pid})
                process.kill()
                process.wait()

    def _do_chore(self) -> None:
        try:
            self.chore()
        except CoverslipError:
            logger.exception("process.chore_failed")

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None:
            status = child.process.poll()
            if status is None:
                return
            lived = now - child.started_at
            child.failures = 0 if lived > HEALTHY_SECONDS else child.failures + 1
            pause = min(LONGEST_PAUSE_SECONDS, 2.0 ** (child.failures - 2)) if child.failures > 1 else 0.0
            child.process, child.start_at = None, now + pause
            logger.error("process.died", extra={"child": child.name, "status": status, "again_in_seconds": pause})
        if now >= child.start_at:
            _start(child)


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that the web server processes inherit; raises `AddressTaken`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise AddressTaken(host=host, port=port, problem=system_problem(error)) from error
    bound.listen(LISTEN_BACKLOG)
    bound.set_inheritable(True)
    return bound


def web_child(number: int, bound: socket.socket) -> Child:
    """One web server process on the shared socket."""
    command = (sys.executable, "-m", "coverslip.server.process", str(bound.fileno()))
    # Otherwise each thread keeps freed memory in an arena of its own.
    return Child(f"web-{number}", command, (bound.fileno(),), {"MALLOC_ARENA_MAX": "2"})


def worker_child() -> Child:
    """The worker beside the server."""
    return Child("worker", (sys.executable, "-m", "coverslip.cli.main", "worker"))


def _start(child: Child) -> None:
    child.started_at = time.monotonic()
    child.process = subprocess.Popen(
        (sys.executable, "-m", "coverslip.server.tethered", str(os.getpid()), *child.command),
        pass_fds=child.descriptors,
        env={**os.environ, **child.environment},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    logger.info("process.started", extra={"child": child.name, "pid": child.process.pid})
