"""Annotations on slides."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from coverslip.annotations import shapes
from coverslip.server.call import Caller
from coverslip.server.guard import GuardedRoute
from coverslip.server.schemas.annotation import Annotation, AnnotationList, NewAnnotation

router = APIRouter(route_class=GuardedRoute, tags=["annotations"])


@router.get("/slides/{slide_id}/annotations")
def list_annotations(slide_id: UUID, call: Caller) -> AnnotationList:
    """The annotations of a slide, oldest first."""
    with call.transaction() as tx:
        rows = shapes.list_annotations(tx, slide_id)
        return AnnotationList(items=[Annotation.model_validate(row) for row in rows])


@router.post("/slides/{slide_id}/annotations", status_code=201)
def create_annotation(slide_id: UUID, given: NewAnnotation, call: Caller) -> Annotation:
    """Draw a shape on a slide."""
    geometry = given.geometry.model_dump(mode="json")
    with call.transaction() as tx:
        return Annotation.model_validate(shapes.create_annotation(tx, slide_id, given.kind, geometry, given.text))


@router.delete("/annotations/{annotation_id}", status_code=204)
def delete_annotation(annotation_id: UUID, call: Caller) -> None:
    """Take an own annotation away."""
    with call.transaction() as tx:
        shapes.delete_annotation(tx, annotation_id)
