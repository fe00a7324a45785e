"""Slides: those without a case, one slide, its label, macro and thumbnail."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from coverslip.server.guard import GuardedRoute
from coverslip.server.schemas.slide import AssociatedName, SlideChange, SlideList, SlideMatch, SlideSummary
from coverslip.server.schemas.slide_detail import SlideDetail

router = APIRouter(prefix="/slides", route_class=GuardedRoute, tags=["slides"])


class Jpeg(Response):
    """A picture."""

    media_type = "image/jpeg"


@router.get("/unmatched")
def list_unmatched_slides() -> SlideList:
    """Slides that came in without a case they belong to."""
    raise NotImplementedError


@router.get("/{slide_id}")
def read_slide(slide_id: UUID) -> SlideDetail:
    """One slide with its case and its tile grid."""
    raise NotImplementedError


@router.patch("/{slide_id}")
def change_slide(slide_id: UUID, given: SlideChange) -> SlideSummary:
    """Correct stain, marker, clone or control status."""
    raise NotImplementedError


@router.post("/{slide_id}/match")
def match_slide(slide_id: UUID, given: SlideMatch) -> SlideSummary:
    """Place an unmatched slide under a block."""
    raise NotImplementedError


@router.get("/{slide_id}/associated/{name}", response_class=Jpeg)
def read_associated_image(slide_id: UUID, name: AssociatedName) -> Jpeg:
    """Label, macro or thumbnail; a thumbnail always exists once the slide is ready."""
    raise NotImplementedError
