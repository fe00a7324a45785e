"""The live stream of the own organization."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from coverslip.access.permission import Permission
from coverslip.server.call import Call, Caller
from coverslip.server.guard import GuardedRoute
from coverslip.server.live import server_sent
from coverslip.server.schemas.live import LiveCase, LiveReading, LiveSlide, LiveUpload

router = APIRouter(prefix="/live", tags=["live"], route_class=GuardedRoute)


class EventStream(StreamingResponse):
    """Server-sent events."""

    media_type = "text/event-stream"


@router.get(
    "",
    response_class=EventStream,
    responses={
        200: {"model": LiveReading | LiveSlide | LiveCase | LiveUpload, "description": "One event each, and ping"}
    },
)
async def follow(call: Caller) -> EventStream:
    """Events `reading`, `slide`, `case`, `upload` of the own organization, and `ping`; one stream a page."""
    await run_in_threadpool(_audit, call)
    actor = call.actor
    assert actor.organization_id is not None and actor.session_id is not None
    hub = call.services.live
    events = server_sent(
        hub,
        await hub.open(actor.organization_id, actor.session_id),
        lambda: run_in_threadpool(call.holds),
        shows_cases=Permission.CASE_READ in call.person.permissions,
    )
    return EventStream(events, headers={"X-Accel-Buffering": "no"})


def _audit(call: Call) -> None:
    with call.transaction() as tx:
        call.record_look(tx, "session", call.actor.session_id)
