"""A TCP proxy that cuts connections after so many bytes, as a bad network does."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

CHUNK = 16 * 1024


class CuttingProxy:
    """Passes everything on; each connection in turn passes on so many bytes of requests as `cuts` says, then is reset.

    Connections beyond the list are not cut. `cut`: how many were.
    """

    def __init__(self, target: str, cuts: list[int]) -> None:
        address = urlsplit(target)
        assert address.hostname is not None and address.port is not None
        self._target = (address.hostname, address.port)
        self._cuts = list(cuts)
        self._lock = threading.Lock()
        self.cut = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def close(self) -> None:
        """Take no more connections."""
        self._listening.close()

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            with self._lock:
                allowed = self._cuts.pop(0) if self._cuts else None
            server = socket.create_connection(self._target)
            self._start(self._answers, server, client)
            self._start(self._requests, client, server, allowed)

    def _requests(self, client: socket.socket, server: socket.socket, allowed: int | None) -> None:
        passed = 0
        with suppress(OSError):
            while chunk := client.recv(CHUNK):
                rest = chunk if allowed is None else chunk[: max(0, allowed - passed)]
                server.sendall(rest)
                passed += len(rest)
                if allowed is not None and passed >= allowed:
                    self.cut += 1
                    _reset(client)
                    _reset(server)
                    return
            server.shutdown(socket.SHUT_WR)

    @staticmethod
    def _answers(server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while chunk := server.recv(CHUNK):
                client.sendall(chunk)
            client.shutdown(socket.SHUT_WR)


def _reset(connection: socket.socket) -> None:
    """Close without a farewell: the other side sees a reset."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


@contextmanager
def cutting(target: str, *cuts: int) -> Iterator[CuttingProxy]:
    """A proxy in front of a server until the block ends."""
    proxy = CuttingProxy(target, list(cuts))
    try:
        yield proxy
    finally:
        proxy.close()
