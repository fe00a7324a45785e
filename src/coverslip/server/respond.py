"""Sends an error where there is no framework: from the outer application, the pages and the tiles."""

from __future__ import annotations

from starlette.types import Send

from coverslip.errors import CoverslipError
from coverslip.server.errors import body_of, headers_of, status_of


async def send_error(
    send: Send, error: CoverslipError, incident: str | None = None, *, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    """Answer with the error's status and body; `headers` where nobody else adds the security headers."""
    body = body_of(error, incident)
    sent = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"content-length", str(len(body)).encode()),
        *((name.encode(), value.encode()) for name, value in headers_of(error).items()),
    ]
    await send({"type": "http.response.start", "status": status_of(error), "headers": [*sent, *headers]})
    await send({"type": "http.response.body", "body": body})
