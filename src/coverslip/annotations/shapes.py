"""Annotations on a slide: drawn, listed, taken away; each with permission and audit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.annotations.errors import AnnotationInvalid, AnnotationNotOwn
from coverslip.annotations.geojson import KINDS, AnnotationKind, checked_geometry
from coverslip.errors import NotFound
from coverslip.records.models import Annotation, Slide
from coverslip.records.queries import annotation as drawn
from coverslip.records.queries import slide as slides
from coverslip.records.transaction import Transaction

LONGEST_TEXT = 4000


def list_annotations(tx: Transaction, slide_id: UUID) -> list[Annotation]:
    """The annotations of a slide with who drew them, oldest first. Raises `PermissionDenied`, `NotFound`."""
    require(tx.actor, Permission.SLIDE_READ)
    found = _slide(tx, slide_id)
    audit.record(tx, "annotation.read", object_type="slide", object_id=found.id, case_id=found.case_id)
    return drawn.annotations_of_slide(tx, slide_id)


def create_annotation(
    tx: Transaction, slide_id: UUID, kind: str, geometry: Mapping[str, Any], text: str = ""
) -> Annotation:
    """Draw a shape. Raises `PermissionDenied`, `NotFound`, `AnnotationInvalid`."""
    require(tx.actor, Permission.ANNOTATION_WRITE)
    found = _slide(tx, slide_id)
    known = _kind(kind)
    if len(text) > LONGEST_TEXT:
        raise AnnotationInvalid(field="text", problem="too_long", longest=LONGEST_TEXT)
    if tx.actor.person_id is None:
        raise NotFound(field="person")
    stored = checked_geometry(known, geometry)
    made = drawn.add_annotation(tx, slide_id, tx.actor.person_id, known, stored, text)
    audit.record(
        tx,
        "annotation.create",
        object_type="annotation",
        object_id=made.id,
        case_id=found.case_id,
        detail={"slide_id": str(slide_id), "kind": known},
    )
    return made


def delete_annotation(tx: Transaction, annotation_id: UUID) -> None:
    """Take an own annotation away; it stays in the records, marked as deleted.

    Raises `PermissionDenied`, `NotFound`, `AnnotationNotOwn`.
    """
    require(tx.actor, Permission.ANNOTATION_WRITE)
    found = drawn.annotation(tx, annotation_id)
    if found is None or found.deleted_at is not None:
        raise NotFound(field="annotation")
    if found.person_id != tx.actor.person_id:
        raise AnnotationNotOwn
    found.deleted_at = datetime.now(UTC)
    tx.flush()
    audit.record(
        tx,
        "annotation.delete",
        object_type="annotation",
        object_id=found.id,
        case_id=_slide(tx, found.slide_id).case_id,
        detail={"slide_id": str(found.slide_id), "kind": found.kind},
    )


def _slide(tx: Transaction, slide_id: UUID) -> Slide:
    found = slides.slide(tx, slide_id)
    if found is None:
        raise NotFound(field="slide")
    return found


def _kind(word: str) -> AnnotationKind:
    for kind in KINDS:
        if kind == word:
            return kind
    raise AnnotationInvalid(field="kind", problem="not_one_of", value=word, allowed=", ".join(KINDS))
