"""Readings: start, follow, see the cells, edit, decide."""

from __future__ import annotations

import io
from uuid import UUID

from fastapi import APIRouter, Response

from coverslip.analysis import review
from coverslip.analysis.export import write_cells_geojson
from coverslip.analysis.store import to_viewer
from coverslip.server.call import Caller
from coverslip.server.guard import GuardedRoute
from coverslip.server.schemas.reading import Edits, NewReview, Reading, ReadingList, ReadingRequest
from coverslip.server.views import reading as views

router = APIRouter(route_class=GuardedRoute, tags=["readings"])


class CellColumns(Response):
    """The cells of a reading as little-endian columns behind the bytes `CVC1` and a uint32 count."""

    media_type = "application/octet-stream"


class GeoJson(Response):
    """A GeoJSON FeatureCollection."""

    media_type = "application/geo+json"


@router.post("/slides/{slide_id}/readings", status_code=202)
def start_reading(slide_id: UUID, given: ReadingRequest, call: Caller) -> Reading:
    """Queue a reading; its progress comes by `GET /live`."""
    request = review.ReadingRequest(
        marker=given.marker,
        region=None if given.region is None else given.region.model_dump(mode="json"),
        algorithm=given.algorithm,
        parameters=given.parameters,
    )
    with call.transaction() as tx:
        return views.reading(review.start_reading(tx, slide_id, request))


@router.get("/slides/{slide_id}/readings")
def list_readings(slide_id: UUID, call: Caller) -> ReadingList:
    """The readings of a slide, newest first."""
    with call.transaction() as tx:
        return ReadingList(items=[views.reading(row) for row in review.list_readings(tx, slide_id)])


@router.get("/readings/{reading_id}")
def read_reading(reading_id: UUID, call: Caller) -> Reading:
    """One reading with its result, provenance and reviews."""
    with call.transaction() as tx:
        return views.reading(review.read_reading(tx, reading_id))


@router.post("/readings/{reading_id}/cancel")
def cancel_reading(reading_id: UUID, call: Caller) -> Reading:
    """Stop a queued or running reading."""
    with call.transaction() as tx:
        return views.reading(review.cancel_reading(tx, reading_id))


@router.get("/readings/{reading_id}/cells", response_class=CellColumns)
def read_cells(reading_id: UUID, call: Caller) -> CellColumns:
    """The cells: `CVC1`, uint32 n, float32 x[n], y[n], dab_od[n], uint8 state[n] (bit 0 positive, bit 1 counted)."""
    with call.transaction() as tx:
        cells = review.read_cells(tx, call.services.blobs, reading_id)
    return CellColumns(to_viewer(cells))


@router.get("/readings/{reading_id}/cells.geojson", response_class=GeoJson)
def export_cells(reading_id: UUID, call: Caller) -> GeoJson:
    """The cells as QuPath-compatible GeoJSON."""
    with call.transaction() as tx:
        cells = review.read_cells(tx, call.services.blobs, reading_id, action="reading.export")
    text = io.StringIO()
    write_cells_geojson(cells, text)
    return GeoJson(text.getvalue(), headers={"Content-Disposition": f'attachment; filename="{reading_id}.geojson"'})


@router.put("/readings/{reading_id}/edits")
def save_edits(reading_id: UUID, given: Edits, call: Caller) -> Reading:
    """Save the edits and count again; the computer's own result stays as it was."""
    with call.transaction() as tx:
        return views.reading(review.save_edits(tx, call.services.blobs, reading_id, given.model_dump(mode="json")))


@router.post("/readings/{reading_id}/reviews", status_code=201)
def review_reading(reading_id: UUID, given: NewReview, call: Caller) -> Reading:
    """Accept, edit or reject the reading."""
    seen = None if given.edits is None else given.edits.model_dump(mode="json")
    with call.transaction() as tx:
        return views.reading(review.review_reading(tx, reading_id, given.action, given.reason, seen))
