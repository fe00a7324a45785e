"""Readings: start, follow, see the cells, edit, decide."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from coverslip.server.guard import GuardedRoute
from coverslip.server.schemas.reading import Edits, NewReview, Reading, ReadingList, ReadingRequest

router = APIRouter(route_class=GuardedRoute, tags=["readings"])


class CellColumns(Response):
    """The cells of a reading as little-endian columns behind the bytes `CVC1` and a uint32 count."""

    media_type = "application/octet-stream"


class GeoJson(Response):
    """A GeoJSON FeatureCollection."""

    media_type = "application/geo+json"


@router.post("/slides/{slide_id}/readings", status_code=202)
def start_reading(slide_id: UUID, given: ReadingRequest) -> Reading:
    """Queue a reading; its progress comes by `GET /live`."""
    raise NotImplementedError


@router.get("/slides/{slide_id}/readings")
def list_readings(slide_id: UUID) -> ReadingList:
    """The readings of a slide, newest first."""
    raise NotImplementedError


@router.get("/readings/{reading_id}")
def read_reading(reading_id: UUID) -> Reading:
    """One reading with its result, provenance and reviews."""
    raise NotImplementedError


@router.post("/readings/{reading_id}/cancel")
def cancel_reading(reading_id: UUID) -> Reading:
    """Stop a queued or running reading."""
    raise NotImplementedError


@router.get("/readings/{reading_id}/cells", response_class=CellColumns)
def read_cells(reading_id: UUID) -> CellColumns:
    """The cells: `CVC1`, uint32 n, float32 x[n], y[n], dab_od[n], uint8 state[n] (bit 0 positive, bit 1 counted)."""
    raise NotImplementedError


@router.get("/readings/{reading_id}/cells.geojson", response_class=GeoJson)
def export_cells(reading_id: UUID) -> GeoJson:
    """The cells as QuPath-compatible GeoJSON."""
    raise NotImplementedError


@router.put("/readings/{reading_id}/edits")
def save_edits(reading_id: UUID, given: Edits) -> Reading:
    """Save the edits and count again; the computer's own result stays as it was."""
    raise NotImplementedError


@router.post("/readings/{reading_id}/reviews", status_code=201)
def review_reading(reading_id: UUID, given: NewReview) -> Reading:
    """Accept, edit or reject the reading."""
    raise NotImplementedError
