"""Annotations on a slide."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from coverslip.server.schemas.common import Geometry, Given, PersonRef, Shown

AnnotationKind = Literal["region", "exclusion", "note"]


class NewAnnotation(Given):
    """A shape drawn on a slide, in pixels of level 0."""

    kind: AnnotationKind
    geometry: Geometry
    text: Annotated[str, Field(max_length=4000)] = ""


class Annotation(Shown):
    """A shape on a slide, and who drew it."""

    id: UUID
    kind: AnnotationKind
    geometry: Geometry
    text: str
    person: PersonRef
    created_at: datetime


class AnnotationList(Shown):
    """The annotations of one slide, oldest first."""

    items: list[Annotation]
