"""A proxy in front of a real S3 server that counts what is asked and, told to, answers as a broken storage does."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal, Self
from urllib.parse import urlsplit

Fault = Literal["503", "half a body", "silence", "hang up", "wrong bytes", "short answer"]
"""`half a body`: all headers, half of the promised bytes, then the connection ends; `short answer`: half of the bytes,
and headers that promise no more; `silence`: no answer for as long as the client waits."""

HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "content-length", "keep-alive"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came by. `bytes_sent`: of the answer's body."""

    method: str
    path: str
    range: str | None
    status: int
    bytes_sent: int


class FaultyProxy:
    """`with FaultyProxy(server.endpoint) as proxy: proxy.fault = lambda method, path: "503"`."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self.upstream = (str(parts.hostname), int(parts.port or 80))
        self.asked: list[Asked] = []
        self.fault: Callable[[str, str], Fault | None] = lambda method, path: None
        self.over = threading.Event()
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"

    def gets(self) -> list[Asked]:
        """The requests for bytes so far."""
        return [asked for asked in self.asked if asked.method == "GET" and "list-type" not in asked.path]

    def break_down(self, fault: Fault, times: int = 1_000_000, method: str | None = None) -> None:
        """Answer the next `times` requests (of one method) with this fault."""
        left = times
        lock = threading.Lock()

        def decide(asked_method: str, path: str) -> Fault | None:
            nonlocal left
            with lock:
                if left <= 0 or method not in (None, asked_method):
                    return None
                left -= 1
                return fault

        self.fault = decide

    def mend(self) -> None:
        """Answer as the server does."""
        self.fault = lambda method, path: None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    proxy: FaultyProxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        fault = self.proxy.fault(self.command, self.path)
        if fault == "silence":
            self.proxy.over.wait(60)
        if fault in ("silence", "hang up"):
            self._hang_up()
            return
        if fault == "503":
            self._send(503, [("content-type", "application/xml")], b"<Error><Code>SlowDown</Code></Error>")
            return
        upstream = http.client.HTTPConnection(*self.proxy.upstream, timeout=60)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                upstream.putheader(name, value)
            upstream.endheaders(body)
            answer = upstream.getresponse()
            data = answer.read()
        finally:
            upstream.close()
        headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
        length = answer.getheader("content-length")
        if fault == "wrong bytes" and data:
            data = bytes([data[0] ^ 1]) + data[1:]
        if fault == "short answer":
            data, length = data[: len(data) // 2], None
        self._send(answer.status, headers, data, length, half=fault == "half a body")

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _pass_on  # noqa: N815 - the names http.server calls

    def _send(
        self, status: int, headers: list[tuple[str, str]], data: bytes, length: str | None = None, half: bool = False
    ) -> None:
        whole = data
        data = data[: len(data) // 2] if half else data
        self.proxy.asked.append(Asked(self.command, self.path, self.headers.get("range"), status, len(data)))
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        promised = length if self.command == "HEAD" and length is not None else str(len(whole))
        self.send_header("content-length", promised)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
        if half:
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as http.server names it
        """Nothing on standard error."""
