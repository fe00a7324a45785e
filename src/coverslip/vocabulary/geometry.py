"""Boxes and regions in pixels of level 0; x to the right, y down, the origin at the slide's upper left corner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon, box, mapping, shape

from coverslip.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-parallel rectangle of whole pixels: `x`, `y` is its upper left corner."""

    x: int
    y: int
    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width <= 0 or self.height <= 0:
            raise InvalidInput(field="region", problem="box_size", width=self.width, height=self.height)

    @property
    def right(self) -> int:
        """First column right of the box."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row below the box."""
        return self.y + self.height

    def intersection(self, other: Box) -> Box | None:
        """What both boxes share, or None."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Box(x, y, right - x, bottom - y) if right > x and bottom > y else None


@dataclass(frozen=True, slots=True)
class Region:
    """One or several polygons, with holes, in pixels of level 0.

    Raises `InvalidInput` where the geometry is empty, self-crossing or not a polygon.
    """

    shape: Polygon | MultiPolygon

    def __post_init__(self) -> None:
        if self.shape.is_empty or self.shape.area <= 0:
            raise InvalidInput(field="region", problem="region_empty")
        if not self.shape.is_valid:
            raise InvalidInput(field="region", problem="region_invalid", technical=shapely.is_valid_reason(self.shape))

    @classmethod
    def from_box(cls, bounds: Box) -> Region:
        """The region that a box covers."""
        return cls(box(bounds.x, bounds.y, bounds.right, bounds.bottom))

    @classmethod
    def from_geojson(cls, geometry: Mapping[str, Any]) -> Region:
        """From a GeoJSON Polygon or MultiPolygon, Feature or FeatureCollection (its polygons united)."""
        return cls(_polygons(geometry))

    def to_geojson(self) -> dict[str, Any]:
        """A GeoJSON Polygon or MultiPolygon geometry."""
        return dict(mapping(self.shape))

    @property
    def bounds(self) -> Box:
        """Smallest box of whole pixels around the region."""
        left, top, right, bottom = self.shape.bounds
        x, y = int(np.floor(left)), int(np.floor(top))
        return Box(x, y, int(np.ceil(right)) - x, int(np.ceil(bottom)) - y)

    @property
    def area_px(self) -> float:
        """Area in square pixels of level 0."""
        return float(self.shape.area)

    def contains(self, x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.bool_]:
        """For each point whether it lies inside; `x`, `y`: (n,) pixels of level 0; returns (n,) bool."""
        shapely.prepare(self.shape)
        return np.asarray(shapely.contains_xy(self.shape, x, y), dtype=bool)

    def minus(self, other: Region) -> Region | None:
        """What is left when `other` is cut out, or None when nothing is."""
        rest = self.shape.difference(other.shape)
        return Region(rest) if isinstance(rest, Polygon | MultiPolygon) and rest.area > 0 else None

    def shared_px(self, other: Region) -> float:
        """Area that both regions cover, in square pixels of level 0."""
        return float(self.shape.intersection(other.shape).area)

    @classmethod
    def united(cls, regions: Iterable[Region]) -> Region | None:
        """What any of the regions covers, or None where there are none."""
        shapes = [region.shape for region in regions]
        if not shapes:
            return None
        whole = shapely.union_all(shapes)
        assert isinstance(whole, Polygon | MultiPolygon), "a union of areas is an area"
        return cls(whole)

    def clipped(self, bounds: Box) -> Region | None:
        """The part inside a box, or None when nothing is."""
        part = self.shape.intersection(box(bounds.x, bounds.y, bounds.right, bounds.bottom))
        return Region(part) if isinstance(part, Polygon | MultiPolygon) and part.area > 0 else None


def _polygons(geometry: Mapping[str, Any]) -> Polygon | MultiPolygon:
    kind = geometry.get("type")
    try:
        if kind == "FeatureCollection":
            united = shapely.union_all([_polygons(feature) for feature in geometry["features"]])
        elif kind == "Feature":
            united = _polygons(geometry["geometry"])
        else:
            united = shape(dict(geometry))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, shapely.errors.ShapelyError) as error:
        raise InvalidInput(field="region", problem="region_not_geojson", technical=str(error)) from error
    if not isinstance(united, Polygon | MultiPolygon):
        raise InvalidInput(field="region", problem="region_not_polygon", detail=str(kind))
    return united


def near_pairs(x: NDArray[Any], y: NDArray[Any], distance: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of points at most `distance` apart, each once: two arrays of indices, the smaller index first."""
    points = np.asarray(shapely.points(x, y))
    first, second = shapely.STRtree(points).query(points, predicate="dwithin", distance=distance)
    once = first < second
    return first[once].astype(np.int64), second[once].astype(np.int64)
