"""The live stream of the own organization."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from coverslip.server.schemas.live import LiveCase, LiveReading, LiveSlide

router = APIRouter(prefix="/live", tags=["live"])


class EventStream(StreamingResponse):
    """Server-sent events."""

    media_type = "text/event-stream"


@router.get(
    "",
    response_class=EventStream,
    responses={200: {"model": LiveReading | LiveSlide | LiveCase, "description": "Events reading, slide, case, ping"}},
)
async def follow() -> EventStream:
    """Events `reading`, `slide`, `case` of the own organization, and `ping`; one stream a page."""
    raise NotImplementedError
