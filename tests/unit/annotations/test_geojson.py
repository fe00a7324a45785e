"""What people draw leaves for QuPath and comes back; what QuPath draws comes in."""

from __future__ import annotations

from typing import Any

import pytest

from coverslip.annotations.errors import AnnotationInvalid
from coverslip.annotations.geojson import AnnotationKind, Shape, checked_geometry, from_geojson, to_geojson

SQUARE: dict[str, Any] = {"type": "Polygon", "coordinates": [[[0, 0], [40, 0], [40, 30], [0, 30], [0, 0]]]}
BOW_TIE: dict[str, Any] = {"type": "Polygon", "coordinates": [[[0, 0], [40, 30], [40, 0], [0, 30], [0, 0]]]}
POINT: dict[str, Any] = {"type": "Point", "coordinates": [3.5, 4.5]}


def feature(geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "id": "PathAnnotationObject", "geometry": geometry, "properties": properties}


def test_shapes_come_back_as_they_left() -> None:
    drawn = [
        Shape("region", checked_geometry("region", SQUARE), "热点区"),
        Shape("exclusion", checked_geometry("exclusion", SQUARE), "坏死"),
        Shape("note", checked_geometry("note", POINT), "核分裂象"),
        Shape("note", checked_geometry("note", SQUARE), "an area that is only a note"),
    ]
    assert from_geojson(to_geojson(drawn)) == drawn


def test_what_qupath_exports_is_read() -> None:
    exported = {
        "type": "FeatureCollection",
        "features": [
            feature(SQUARE, objectType="annotation", classification={"name": "Tumor", "color": [200, 0, 0]}),
            feature(SQUARE, objectType="annotation", classification={"name": "Ignore*"}, name="fold"),
            feature(SQUARE, objectType="annotation"),
            feature(POINT, objectType="annotation"),
            feature(SQUARE, objectType="detection", classification={"name": "Positive"}),
            feature(SQUARE, objectType="cell"),
        ],
    }
    assert [(shape.kind, shape.text) for shape in from_geojson(exported)] == [
        ("region", ""),
        ("exclusion", "fold"),
        ("region", ""),
        ("note", ""),
    ]


@pytest.mark.parametrize("document", [feature(SQUARE), [feature(SQUARE)]])
def test_one_feature_and_a_list_of_features_are_read_too(document: Any) -> None:
    assert [shape.kind for shape in from_geojson(document)] == ["region"]


@pytest.mark.parametrize("document", [{}, {"type": "FeatureCollection"}, [3], {"type": "Polygon"}, [{"type": "Point"}]])
def test_what_is_no_feature_is_refused(document: Any) -> None:
    with pytest.raises(AnnotationInvalid):
        from_geojson(document)


@pytest.mark.parametrize(
    ("kind", "geometry"),
    [
        ("region", BOW_TIE),
        ("region", POINT),
        ("exclusion", {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}),
        ("note", {"type": "Point", "coordinates": []}),
        ("region", {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}),
        ("region", {"type": "Polygon"}),
        ("note", {"type": "GeometryCollection", "geometries": []}),
        ("note", {"type": "Point", "coordinates": ["a", "b"]}),
    ],
)
def test_a_shape_that_means_nothing_is_refused(kind: AnnotationKind, geometry: dict[str, Any]) -> None:
    with pytest.raises(AnnotationInvalid):
        checked_geometry(kind, geometry)


def test_a_third_coordinate_is_left_out() -> None:
    assert checked_geometry("note", {"type": "Point", "coordinates": [1, 2, 3]})["coordinates"] == (1.0, 2.0)
