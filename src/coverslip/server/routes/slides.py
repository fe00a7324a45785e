"""Slides: those without a place, one slide, its label, macro and thumbnail."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Header, Query, Response

from coverslip.errors import CoverslipError, NotFound
from coverslip.ingest import place, queue
from coverslip.records.models import Slide
from coverslip.records.queries import slide as slides
from coverslip.records.transaction import Transaction
from coverslip.server.call import Caller
from coverslip.server.guard import GuardedRoute
from coverslip.server.schemas.queue import MatchSuggestions
from coverslip.server.schemas.slide import (
    AssociatedName,
    QueueState,
    SlideChange,
    SlideMatch,
    SlideQueue,
    SlideSetAside,
    SlideSummary,
)
from coverslip.server.schemas.slide_detail import SlideDetail
from coverslip.server.slide_sources import SHOWN_STATUSES, SlideSources
from coverslip.server.views import queue as queue_views
from coverslip.server.views import slide as views

router = APIRouter(prefix="/slides", route_class=GuardedRoute, tags=["slides"])


class Jpeg(Response):
    """A picture."""

    media_type = "image/jpeg"


@router.get("/unmatched")
def list_unmatched_slides(
    call: Caller,
    state: QueueState = "waiting",
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=queue.LARGEST_PAGE)] = 50,
    slide: UUID | None = None,
) -> SlideQueue:
    """Slides that came in without a place they belong to, newest first: waiting, set aside, or failed.

    With `slide` that one alone, in whatever state it is; nothing where it is not in the queue.
    """
    with call.transaction() as tx:
        page = queue.queue_page(tx, state, after, limit) if slide is None else queue.queued_slide(tx, slide)
        items = [queue_views.queued(row) for row in page.slides]
        return SlideQueue(items=items, next_after=page.next_after, total=page.total)


@router.get("/{slide_id}")
def read_slide(slide_id: UUID, call: Caller, afterwards: BackgroundTasks) -> SlideDetail:
    """One slide with its case and its tile grid."""
    with call.transaction() as tx:
        placed = place.open_slide_record(tx, slide_id)
        detail = views.detail(tx, placed)
    if placed.slide.status in SHOWN_STATUSES:
        afterwards.add_task(_make_ready, call.services.sources, placed.slide)
    return detail


@router.patch("/{slide_id}")
def change_slide(slide_id: UUID, given: SlideChange, call: Caller) -> SlideSummary:
    """Correct stain, marker, clone or control status; an absent field stays as it is, `null` clears it."""
    changes = {name: getattr(given, name) for name in given.model_fields_set}
    with call.transaction() as tx:
        place.change_slide(tx, slide_id, changes)
        return _summary(tx, slide_id)


@router.post("/{slide_id}/match")
def match_slide(slide_id: UUID, given: SlideMatch, call: Caller) -> SlideSummary:
    """Place an unmatched slide under a block."""
    with call.transaction() as tx:
        place.match_slide(tx, slide_id, given.block_id, given.label, given.despite)
        return _summary(tx, slide_id)


@router.get("/{slide_id}/candidates")
def suggest_cases(slide_id: UUID, call: Caller, case_id: UUID | None = None) -> MatchSuggestions:
    """Cases that an unmatched slide may belong to; with `case_id` that one alone."""
    with call.transaction() as tx:
        return MatchSuggestions(items=queue_views.suggested(tx, queue.suggestions(tx, slide_id, case_id)))


@router.post("/{slide_id}/set-aside")
def set_slide_aside(slide_id: UUID, given: SlideSetAside, call: Caller) -> SlideSummary:
    """Take a slide that nobody can place out of the queue, with the reason."""
    with call.transaction() as tx:
        queue.set_aside(tx, slide_id, given.reason)
        return _summary(tx, slide_id)


@router.post("/{slide_id}/bring-back")
def bring_slide_back(slide_id: UUID, call: Caller) -> SlideSummary:
    """Put a slide that was set aside into the queue again."""
    with call.transaction() as tx:
        queue.bring_back(tx, slide_id)
        return _summary(tx, slide_id)


@router.get("/{slide_id}/associated/{name}", response_class=Jpeg)
def read_associated_image(
    slide_id: UUID,
    name: AssociatedName,
    call: Caller,
    if_none_match: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """Label, macro or thumbnail as made when the slide came in; a thumbnail always exists once it is ready."""
    with call.transaction() as tx:
        data = place.associated_image(tx, call.services.blobs, slide_id, name)
        found = slides.slide(tx, slide_id)
        assert found is not None
        call.record_look(tx, "slide", slide_id, case_id=found.case_id, part=name)
    headers = {"ETag": f'"{found.content_digest}-{name}"', "Cache-Control": "private, no-cache", "Vary": "Cookie"}
    if if_none_match is not None and headers["ETag"] in if_none_match:
        return Response(status_code=304, headers=headers)
    return Jpeg(data, headers=headers)


def _make_ready(sources: SlideSources, row: Slide) -> None:
    """Open the slide while the browser prepares to ask for its tiles, which then need not wait; they say what fails."""
    with suppress(CoverslipError):
        sources.source(row)


def _summary(tx: Transaction, slide_id: UUID) -> SlideSummary:
    placed = slides.placed_slide(tx, slide_id)
    if placed is None:
        raise NotFound(field="slide")
    return views.summary(placed.slide)
