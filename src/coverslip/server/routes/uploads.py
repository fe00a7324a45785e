"""Resumable uploads by the tus protocol, and what became of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from coverslip.ingest import upload
from coverslip.ingest.upload import NewUpload, Receiving, UploadLimits
from coverslip.ingest.upload_spool import CHECKSUMS, Expected, PartWriter, Spool
from coverslip.server import tus
from coverslip.server.call import Call, Caller
from coverslip.server.guard import GuardedRoute
from coverslip.server.schemas.upload import UploadBatch, UploadList
from coverslip.server.views import upload as views

router = APIRouter(prefix="/uploads", route_class=tus.TusRoute, tags=["uploads"])
shown = APIRouter(prefix="/uploads", route_class=GuardedRoute, tags=["uploads"])

Version = Annotated[str | None, Header(alias="Tus-Resumable")]
Length = Annotated[int | None, Header(alias="Upload-Length", ge=0)]
Metadata = Annotated[str | None, Header(alias="Upload-Metadata")]
Offset = Annotated[int, Header(alias="Upload-Offset", ge=0)]
Checksum = Annotated[str | None, Header(alias="Upload-Checksum")]
BYTES: dict[str, Any] = {
    "requestBody": {"content": {tus.CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}


@shown.get("")
def list_uploads(call: Caller) -> UploadList:
    """The caller's own uploads, newest first: how far they have come and what became of them."""
    with call.transaction() as tx:
        items = views.batches(tx, _spool(call), upload.own_uploads(tx))
        call.record_look(tx, "upload", None)
        return UploadList(items=items)


@shown.post("/batches/{batch_id}/retry")
def retry_upload(batch_id: UUID, call: Caller) -> UploadBatch:
    """Take a batch in once more that failed for a fault of the installation; its files are still here."""
    with call.transaction() as tx:
        return views.batches(tx, _spool(call), [upload.try_again(tx, batch_id)])[0]


@router.options("", status_code=204, response_class=Response)
def describe_uploads(call: Caller) -> Response:
    """What this server knows of tus."""
    headers = {
        "Tus-Version": tus.VERSION,
        "Tus-Extension": ",".join(tus.EXTENSIONS),
        "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
        "Tus-Max-Size": str(_limits(call).largest_bytes),
    }
    return Response(status_code=204, headers=headers)


@router.post("", status_code=201, response_class=Response, openapi_extra=BYTES)
async def begin_upload(
    request: Request,
    call: Caller,
    version: Version = None,
    length: Length = None,
    metadata: Metadata = None,
    checksum: Checksum = None,
) -> Response:
    """Begin an upload; its address is in `Location`. The first bytes may come along."""
    tus.require_version(version)
    new = tus.new_upload(length, metadata)
    expected = tus.checksum_of(checksum)
    made = await run_in_threadpool(_begin, call, new)
    headers = {"Location": f"/api/v1/uploads/{made.part.upload_id}", "Upload-Expires": tus.expires(made.expires_at)}
    if tus.carries_bytes(request):
        tus.require_fitting(request, made.size_bytes, made.size_bytes)
        offset, expires_at = await _receive(request, call, made, 0, expected)
        headers |= {"Upload-Offset": str(offset), "Upload-Expires": tus.expires(expires_at)}
    return Response(status_code=201, headers=headers)


@router.head("/{upload_id}", response_class=Response)
def look_up_upload(upload_id: UUID, call: Caller, version: Version = None) -> Response:
    """How many bytes have arrived."""
    tus.require_version(version)
    with call.transaction() as tx:
        found = upload.look_up(tx, _spool(call), _limits(call), upload_id)
        call.record_look(tx, "upload", upload_id)
    headers = {
        "Upload-Offset": str(found.offset),
        "Upload-Length": str(found.size_bytes),
        "Upload-Expires": tus.expires(found.expires_at),
        "Cache-Control": "no-store",
    }
    return Response(status_code=200, headers=headers)


@router.patch("/{upload_id}", status_code=204, response_class=Response, openapi_extra=BYTES)
async def send_upload(
    upload_id: UUID,
    request: Request,
    call: Caller,
    offset: Offset,
    version: Version = None,
    checksum: Checksum = None,
) -> Response:
    """Send bytes from an offset on; however the connection ends, what has come is kept."""
    tus.require_version(version)
    tus.require_type(request)
    expected = tus.checksum_of(checksum)
    found = await run_in_threadpool(_look_up, call, upload_id)
    tus.require_fitting(request, max(0, found.size_bytes - offset), found.size_bytes)
    reached, expires_at = await _receive(request, call, found, offset, expected)
    headers = {"Upload-Offset": str(reached), "Upload-Expires": tus.expires(expires_at)}
    return Response(status_code=204, headers=headers)


@router.delete("/{upload_id}", status_code=204, response_class=Response)
def end_upload(upload_id: UUID, call: Caller, version: Version = None) -> Response:
    """Give an upload up; its bytes are deleted."""
    tus.require_version(version)
    with call.transaction() as tx:
        upload.end_upload(tx, _spool(call), upload_id)
    return Response(status_code=204)


async def _receive(
    request: Request, call: Call, found: Receiving, offset: int, expected: Expected | None
) -> tuple[int, datetime]:
    writer = await run_in_threadpool(_writer, call, found, offset, expected)
    reached = await tus.receive(request, call, writer)
    return reached, await run_in_threadpool(_arrived, call, found, reached)


def _begin(call: Call, new: NewUpload) -> Receiving:
    with call.transaction() as tx:
        return upload.begin_upload(tx, _spool(call), _limits(call), new)


def _look_up(call: Call, upload_id: UUID) -> Receiving:
    with call.transaction() as tx:
        return upload.look_up(tx, _spool(call), _limits(call), upload_id)


def _writer(call: Call, found: Receiving, offset: int, expected: Expected | None) -> PartWriter:
    return _spool(call).write(found.part, offset, found.size_bytes, expected)


def _arrived(call: Call, found: Receiving, offset: int) -> datetime:
    with call.transaction() as tx:
        now = Receiving(found.part, found.size_bytes, offset, found.expires_at)
        return upload.bytes_arrived(tx, now, _limits(call))


def _spool(call: Call) -> Spool:
    configured = call.services.settings
    return Spool(configured.spool_dir, configured.reserve_bytes)


def _limits(call: Call) -> UploadLimits:
    settings = call.services.settings
    return UploadLimits(int(settings.upload_largest_gb * 1e9), timedelta(hours=settings.upload_hours))
