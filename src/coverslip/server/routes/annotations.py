"""Annotations on slides."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from coverslip.server.guard import GuardedRoute
from coverslip.server.schemas.annotation import Annotation, AnnotationList, NewAnnotation

router = APIRouter(route_class=GuardedRoute, tags=["annotations"])


@router.get("/slides/{slide_id}/annotations")
def list_annotations(slide_id: UUID) -> AnnotationList:
    """The annotations of a slide, oldest first."""
    raise NotImplementedError


@router.post("/slides/{slide_id}/annotations", status_code=201)
def create_annotation(slide_id: UUID, given: NewAnnotation) -> Annotation:
    """Draw a shape on a slide."""
    raise NotImplementedError


@router.delete("/annotations/{annotation_id}", status_code=204)
def delete_annotation(annotation_id: UUID) -> None:
    """Take an own annotation away."""
    raise NotImplementedError
