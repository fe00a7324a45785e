"""Colour: the table by which a slide's stored colours are shown, the colour target, and checks of a screen."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response

from coverslip.access.permission import Permission, require
from coverslip.errors import NotFound
from coverslip.records.models import Slide
from coverslip.records.queries import slide as slides
from coverslip.records.transaction import Transaction
from coverslip.server import colour_check
from coverslip.server.call import Call, Caller
from coverslip.server.guard import GuardedRoute
from coverslip.server.schemas.colour import ColourCheck, ColourTarget, NewColourCheck
from coverslip.slides.colour.managed import SlideColour, colour_of, shown_colours
from coverslip.slides.colour.table import ColourSpace

router = APIRouter(route_class=GuardedRoute, tags=["colour"])
TABLE_VERSION = 1
"""Part of the table's ETag: raised when the same profile gives another table."""


class Table(Response):
    """`CVL1`, uint32 n, then n^3 times red, green, blue as uint16, red fastest; little-endian."""

    media_type = "application/octet-stream"


@router.get("/slides/{slide_id}/colour", response_class=Table)
def read_colour_table(
    slide_id: UUID,
    call: Caller,
    to: ColourSpace = ColourSpace.SRGB,
    if_none_match: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """The table from the slide's stored colours to a screen's, by its profile; relative colorimetric, black point."""
    with call.transaction() as tx:
        row = _slide(tx, slide_id)
        call.record_look(tx, "slide", slide_id, case_id=row.case_id, part=to.value)
    headers = _cached(f"{row.content_digest}-{to.value}-{TABLE_VERSION}")
    if if_none_match is not None and headers["ETag"] in if_none_match:
        return Response(status_code=304, headers=headers)
    colour = _colour(call, row, to)
    assert colour.table is not None
    return Table(colour.table.to_bytes(), headers=headers)


@router.get("/colour/target")
def read_colour_target(call: Caller) -> ColourTarget:
    """The colour target that a check is made with."""
    with call.transaction() as tx:
        call.record_look(tx, "colour_target", None)
    return colour_check.target()


@router.get("/colour/target/table", response_class=Table)
def read_target_table(call: Caller, to: ColourSpace = ColourSpace.SRGB) -> Table:
    """The table of the target's own profile."""
    with call.transaction() as tx:
        call.record_look(tx, "colour_target", None, part=to.value)
    return Table(colour_check.target_table(to).to_bytes(), headers={"Cache-Control": "private, max-age=3600"})


@router.post("/colour/checks", status_code=201)
def check_colours(given: NewColourCheck, call: Caller) -> ColourCheck:
    """Compare what a screen was sent with what LittleCMS computes; the result stands in the audit trail."""
    with call.transaction() as tx:
        require(tx.actor, Permission.SLIDE_READ)
        row = None if given.slide_id is None else _slide(tx, given.slide_id)
    if row is None:
        expected, name = colour_check.target_colours(given.space), colour_check.PROFILE_NAME
    else:
        name = _colour(call, row, given.space).name
        expected = shown_colours(call.services.sources.source(row).slide, colour_check.STORED, given.space)
    check = colour_check.compare(given.measured, expected, given.space, name)
    detail = check.model_dump(mode="json", include={"profile", "space", "mean", "largest", "limit", "passed"})
    screen = given.model_dump(mode="json", include={"renderer", "browser", "gamut", "pixel_ratio"})
    with call.transaction() as tx:
        kind, object_id = ("colour_target", None) if row is None else ("slide", row.id)
        call.record(tx, kind, object_id, case_id=None if row is None else row.case_id, detail=detail | screen)
    return check


def _slide(tx: Transaction, slide_id: UUID) -> Slide:
    require(tx.actor, Permission.SLIDE_READ)
    placed = slides.placed_slide(tx, slide_id)
    if placed is None:
        raise NotFound(field="slide")
    return placed.slide


def _colour(call: Call, row: Slide, space: ColourSpace) -> SlideColour:
    """Raises `NotFound` where the slide has no profile, `ProfileUnusable`, `SlideNotReadable`, `SlideError`."""
    colour = colour_of(call.services.sources.source(row).slide, space)
    if colour.state == "none":
        raise NotFound(field="profile")
    if colour.state == "unusable":
        raise colour.error()
    return colour


def _cached(tag: str) -> dict[str, str]:
    return {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache", "Vary": "Cookie"}
