from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverslip.errors import InvalidInput
from coverslip.vocabulary.geometry import Box, Region, near_pairs

SQUARE: dict[str, Any] = {"type": "Polygon", "coordinates": [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]}
BOW_TIE: dict[str, Any] = {"type": "Polygon", "coordinates": [[[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]]]}


@pytest.mark.parametrize(
    "geometry",
    [
        {},
        {"type": "Point", "coordinates": [1, 2]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "Polygon", "coordinates": "here"},
        {"type": "FeatureCollection"},
        {"type": "FeatureCollection", "features": []},
        {"type": "Feature", "geometry": None},
        BOW_TIE,
    ],
)
def test_what_is_not_a_polygon_is_refused_as_region(geometry: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        Region.from_geojson(geometry)
    assert caught.value.field == "region"


def test_a_feature_collection_is_the_union_of_its_polygons() -> None:
    shifted = {"type": "Polygon", "coordinates": [[[5, 0], [15, 0], [15, 10], [5, 10], [5, 0]]]}
    features = [{"type": "Feature", "geometry": part, "properties": {}} for part in (SQUARE, shifted)]
    assert Region.from_geojson({"type": "FeatureCollection", "features": features}).area_px == pytest.approx(150)


def test_geojson_survives_the_round_trip() -> None:
    region = Region.from_geojson(SQUARE)
    assert Region.from_geojson(region.to_geojson()) == region


def test_cutting_out_the_whole_region_leaves_none() -> None:
    region = Region.from_geojson(SQUARE)
    assert region.minus(region) is None


def test_a_hole_is_not_inside() -> None:
    ring = Region.from_box(Box(0, 0, 10, 10)).minus(Region.from_box(Box(4, 4, 2, 2)))
    assert ring is not None
    inside = ring.contains(np.array([1.0, 5.0, 20.0]), np.array([1.0, 5.0, 20.0]))
    assert inside.tolist() == [True, False, False]


def test_an_empty_box_is_refused() -> None:
    with pytest.raises(InvalidInput):
        Box(0, 0, 0, 5)


boxes = st.builds(Box, st.integers(-50, 50), st.integers(-50, 50), st.integers(1, 60), st.integers(1, 60))


@given(boxes, boxes)
def test_the_intersection_is_the_same_from_both_sides(a: Box, b: Box) -> None:
    assert a.intersection(b) == b.intersection(a)


@given(boxes, boxes)
def test_a_region_clipped_to_a_box_has_the_area_of_the_intersection(a: Box, b: Box) -> None:
    shared = a.intersection(b)
    clipped = Region.from_box(a).clipped(b)
    assert (clipped.area_px if clipped else 0) == pytest.approx(shared.width * shared.height if shared else 0)


def test_near_pairs_are_named_once_and_include_the_distance_itself() -> None:
    first, second = near_pairs(np.array([0, 3, 0, 50]), np.array([0, 4, 5, 50]), 5.0)
    assert set(zip(first.tolist(), second.tolist(), strict=True)) == {(0, 1), (0, 2), (1, 2)}
