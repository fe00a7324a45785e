"""QuPath-compatible GeoJSON of drawn shapes, in and out.

QuPath writes a FeatureCollection (or one Feature, or a list of them) in pixels of level 0; `properties.objectType` is
`annotation`, `properties.name` the person's text, `properties.classification.name` the class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import shapely
from shapely.geometry import mapping, shape

from coverslip.annotations.errors import AnnotationInvalid

AnnotationKind = Literal["region", "exclusion", "note"]
KINDS: tuple[AnnotationKind, ...] = ("region", "exclusion", "note")
CLASS_NAMES: Mapping[AnnotationKind, str] = {"region": "Region*", "exclusion": "Ignore*", "note": "Note"}
"""Class in QuPath; the star keeps QuPath from counting a region as a cell class, as its own `Ignore*` does."""
AREAS = ("Polygon", "MultiPolygon")
SHAPES: Mapping[AnnotationKind, tuple[str, ...]] = {
    "region": AREAS,
    "exclusion": AREAS,
    "note": (*AREAS, "Point", "LineString", "MultiPoint"),
}
MOST_VERTICES = 100_000


@dataclass(frozen=True, slots=True)
class Shape:
    """A drawn shape: its kind, a GeoJSON geometry in pixels of level 0, and the person's text."""

    kind: AnnotationKind
    geometry: Mapping[str, Any]
    text: str = ""


def checked_geometry(kind: AnnotationKind, geometry: Mapping[str, Any]) -> dict[str, Any]:
    """The geometry as it is stored: two coordinates a point, of a type that the kind may have, valid, not empty.

    Raises `AnnotationInvalid`.
    """
    try:
        drawn = shape(dict(geometry))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, shapely.errors.ShapelyError) as error:
        raise AnnotationInvalid(field="geometry", problem="region_not_geojson", detail=str(error)) from error
    if drawn.geom_type not in SHAPES[kind]:
        allowed = ", ".join(SHAPES[kind])
        raise AnnotationInvalid(field="geometry", problem="shape_unfit", value=drawn.geom_type, allowed=allowed)
    if drawn.is_empty or not drawn.is_valid or (drawn.geom_type in AREAS and drawn.area <= 0):
        detail = "empty" if drawn.is_empty else shapely.is_valid_reason(drawn)
        raise AnnotationInvalid(field="geometry", problem="region_invalid", detail=detail)
    if shapely.get_num_coordinates(drawn) > MOST_VERTICES:
        raise AnnotationInvalid(field="geometry", problem="too_many_points", longest=MOST_VERTICES)
    return dict(mapping(shapely.force_2d(drawn)))


def to_geojson(shapes: Iterable[Shape]) -> dict[str, Any]:
    """A FeatureCollection that QuPath opens."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": dict(drawn.geometry),
                "properties": {
                    "objectType": "annotation",
                    "name": drawn.text,
                    "classification": {"name": CLASS_NAMES[drawn.kind]},
                },
            }
            for drawn in shapes
        ],
    }


def from_geojson(document: Mapping[str, Any] | list[Any]) -> list[Shape]:
    """The shapes of a file that QuPath (or `to_geojson`) wrote; cells and detections in it are left out.

    A class named `Ignore*` makes an exclusion, an area of any other class a region, anything else a note.
    Raises `AnnotationInvalid`.
    """
    return [_shape(feature) for feature in _features(document) if _is_annotation(feature)]


def _features(document: Mapping[str, Any] | list[Any]) -> list[Mapping[str, Any]]:
    if isinstance(document, Mapping):
        found = document.get("features") if document.get("type") == "FeatureCollection" else [document]
    else:
        found = document
    if not isinstance(found, list) or not all(isinstance(f, Mapping) and f.get("type") == "Feature" for f in found):
        raise AnnotationInvalid(field="geometry", problem="not_features")
    return found


def _is_annotation(feature: Mapping[str, Any]) -> bool:
    properties = feature.get("properties") or {}
    return str(properties.get("objectType", properties.get("object_type", "annotation"))) == "annotation"


def _shape(feature: Mapping[str, Any]) -> Shape:
    properties = feature.get("properties") or {}
    geometry = feature.get("geometry") or {}
    class_name = str((properties.get("classification") or {}).get("name", ""))
    kind: AnnotationKind = "note"
    if geometry.get("type") in AREAS and class_name != CLASS_NAMES["note"]:
        kind = "exclusion" if class_name == CLASS_NAMES["exclusion"] else "region"
    return Shape(kind, checked_geometry(kind, geometry), str(properties.get("name") or ""))
