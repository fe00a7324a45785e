"""What the live stream tells a page; each is one server-sent event of the name in its docstring."""

from __future__ import annotations

from uuid import UUID

from coverslip.server.schemas.common import Shown
from coverslip.server.schemas.reading import ReadingStatus
from coverslip.server.schemas.slide import SlideStatus
from coverslip.server.schemas.upload import BatchStatus


class LiveReading(Shown):
    """Event `reading`: how far a reading has come; `seconds_left` is null until it can be told."""

    id: UUID
    slide_id: UUID
    case_id: UUID | None
    status: ReadingStatus
    tiles_done: int
    tiles_total: int
    seconds_left: float | None


class LiveSlide(Shown):
    """Event `slide`: a slide's status; while its missing levels are being made, how far that has come, else null."""

    id: UUID
    case_id: UUID | None
    status: SlideStatus
    tiles_done: int | None
    tiles_total: int | None


class LiveCase(Shown):
    """Event `case`: a case's status; its page is stale where `revision` is higher than the one shown."""

    id: UUID
    status: str
    revision: int


class LiveUpload(Shown):
    """Event `upload`: a batch's status; while it is taken in, how many bytes of it have been, else null."""

    id: UUID
    status: BatchStatus
    bytes_done: int | None
    bytes_total: int | None
