"""The tus 1.0.0 protocol as HTTP sees it: versions, headers, metadata, and bytes on their way to the disk.

Source: https://tus.io/protocols/resumable-upload (core, creation, creation-with-upload, checksum, expiration,
termination).
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Coroutine
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from coverslip.errors import InvalidInput
from coverslip.ingest.upload import NewUpload
from coverslip.ingest.upload_errors import (
    UploadChecksumUnknown,
    UploadInterrupted,
    UploadTooMuch,
    UploadTypeWrong,
    UploadVersionWrong,
)
from coverslip.ingest.upload_spool import CHECKSUMS, Expected, PartWriter, parse_checksum
from coverslip.server.call import Call
from coverslip.server.errors import NotSignedIn
from coverslip.server.guard import GuardedRoute

VERSION = "1.0.0"
EXTENSIONS = ("creation", "creation-with-upload", "checksum", "expiration", "termination")
CONTENT_TYPE = "application/offset+octet-stream"
STALL_SECONDS = 20.0
"""A sender silent for so long is let go, so that the same file can be taken up by its next connection."""
SESSION_SECONDS = 10.0
"""How often a long request asks whether its session still holds."""


class TusRoute(GuardedRoute):
    """A guarded route whose every answer, refusals included, says which version of tus it speaks."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The guarded handler with the protocol's headers."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            response = await inner(request)
            response.headers["Tus-Resumable"] = VERSION
            if response.status_code == 412:
                response.headers["Tus-Version"] = VERSION
            return response

        return handle


def require_version(given: str | None) -> None:
    """Raise `UploadVersionWrong` unless the client speaks this version."""
    if given != VERSION:
        raise UploadVersionWrong(version=given or "–")


def require_type(request: Request) -> None:
    """Raise `UploadTypeWrong` for another content type than the protocol's."""
    if not carries_bytes(request):
        raise UploadTypeWrong()


def carries_bytes(request: Request) -> bool:
    """Whether the body is the upload's bytes."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == CONTENT_TYPE


def checksum_of(header: str | None) -> Expected | None:
    """What the request's bytes must add up to; None where the client does not say. Raises `UploadChecksumUnknown`."""
    if header is None:
        return None
    expected = parse_checksum(header)
    if expected is None:
        raise UploadChecksumUnknown(allowed=", ".join(CHECKSUMS))
    return expected


def new_upload(length: int | None, metadata: str | None) -> NewUpload:
    """The file that a client announces.

    Metadata: `filename` or `relativePath` (with the folders of a slide of several files), `batch` and `files` (what
    belongs together and how many they are), `caseId`. Raises `InvalidInput`.
    """
    if length is None:
        raise InvalidInput(field="upload_length", problem="upload_length")
    given = parse_metadata(metadata or "")
    return NewUpload(
        name=given.get("relativePath") or given.get("filename") or "",
        size_bytes=length,
        batch=given.get("batch") or None,
        files=_whole(given.get("files") or "1", "files"),
        case_id=_identifier(given.get("caseId")),
    )


def parse_metadata(header: str) -> dict[str, str]:
    """The pairs of the header `Upload-Metadata`, decoded. Raises `InvalidInput`."""
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        name, _, text = pair.partition(" ")
        try:
            value = base64.b64decode(text, validate=True).decode()
        except ValueError as error:
            raise InvalidInput(field="upload_metadata", problem="upload_metadata") from error
        if name in found:
            raise InvalidInput(field="upload_metadata", problem="upload_metadata")
        found[name] = value
    return found


def expires(at: datetime) -> str:
    """A time as HTTP writes it."""
    return format_datetime(at, usegmt=True)


def require_fitting(request: Request, room: int, size_bytes: int) -> None:
    """Raise `UploadTooMuch` where the announced body is longer than what is still to come."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > room:
        raise UploadTooMuch(size_bytes=size_bytes)


async def receive(request: Request, call: Call, writer: PartWriter) -> int:
    """Write the body to the part as it comes, about 1 MiB in memory; the offset reached, on the disk.

    Whatever ends it early, what had come is kept. Raises `UploadInterrupted` (cut or silent), `NotSignedIn` (the
    session ended meanwhile), `UploadTooMuch`, `UploadChecksumWrong`, `UploadDiskFull`, `StorageUnavailable`.
    """
    try:
        await _pump(request, call, writer)
    except (ClientDisconnect, TimeoutError) as error:
        await run_in_threadpool(writer.abandon)
        raise UploadInterrupted(seconds=STALL_SECONDS) from error
    except BaseException:
        writer.abandon()  # also when the server stops: nothing can be awaited any more
        raise
    return await run_in_threadpool(writer.finish)


async def _pump(request: Request, call: Call, writer: PartWriter) -> None:
    loop = asyncio.get_running_loop()
    asked_at = loop.time()
    async with asyncio.timeout(STALL_SECONDS) as limit:
        async for chunk in request.stream():
            if chunk and writer.append(chunk):
                limit.reschedule(None)  # a slow disk is not a silent sender
                await run_in_threadpool(writer.flush)
                if loop.time() - asked_at > SESSION_SECONDS:
                    if not await run_in_threadpool(call.holds):
                        raise NotSignedIn()
                    asked_at = loop.time()
            limit.reschedule(loop.time() + STALL_SECONDS)


def _whole(text: str, field: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidInput(field=field, problem="upload_metadata")
    return int(text)


def _identifier(text: str | None) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidInput(field="case_id", problem="upload_metadata") from error
