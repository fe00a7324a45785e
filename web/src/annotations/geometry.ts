/** Plane geometry of drawn regions, in pixels of level 0 (y down). A ring is open: its last point is not its first. */

import type { Box } from "../viewer/levels";
import type { Point } from "../viewer/image_transform";

export type Ring = readonly Point[];

export type Position = readonly [number, number];

/** What the server takes and gives: a GeoJSON geometry in pixels of level 0. */
export type PolygonGeometry =
  | { readonly type: "Polygon"; readonly coordinates: readonly (readonly Position[])[] }
  | { readonly type: "MultiPolygon"; readonly coordinates: readonly (readonly (readonly Position[])[])[] };

/** Signed area by the shoelace formula; positive where the ring runs clockwise on the screen. */
function signedArea(ring: Ring): number {
  let twice = 0;
  let previous = ring.at(-1);
  for (const point of ring) {
    if (previous !== undefined) twice += previous.x * point.y - point.x * previous.y;
    previous = point;
  }
  return twice / 2;
}

/** Area of a ring in square pixels. */
export function ringArea(ring: Ring): number {
  return Math.abs(signedArea(ring));
}

/** Area of a geometry in square pixels: outlines less their holes. */
export function areaPx(geometry: PolygonGeometry): number {
  return polygonsOf(geometry).reduce((sum, polygon) => {
    const [outline, ...holes] = polygon.map(ringArea);
    return sum + (outline ?? 0) - holes.reduce((a, b) => a + b, 0);
  }, 0);
}

/** Area in square millimetres, or null where the spacing is unknown. */
export function areaMm2(geometry: PolygonGeometry, spacingX: number | null, spacingY: number | null): number | null {
  if (spacingX === null || spacingY === null) return null;
  return areaPx(geometry) * spacingX * spacingY * 1e-6;
}

/** Every polygon as its outline followed by its holes, as open rings. */
export function polygonsOf(geometry: PolygonGeometry): Point[][][] {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return polygons.map((rings) => rings.map(openRing));
}

function openRing(positions: readonly Position[]): Point[] {
  const points = positions.map(([x, y]) => ({ x, y }));
  const first = points[0];
  const last = points.at(-1);
  if (points.length > 1 && first?.x === last?.x && first?.y === last?.y) points.pop();
  return points;
}

/** A closed GeoJSON polygon; coordinates are rounded to a tenth of a pixel. */
export function polygonGeometry(ring: Ring): PolygonGeometry {
  const positions = ring.map((point): Position => [tenth(point.x), tenth(point.y)]);
  const first = positions[0];
  return { type: "Polygon", coordinates: [first === undefined ? [] : [...positions, first]] };
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}

export function rectangleRing(a: Point, b: Point): Point[] {
  const left = Math.min(a.x, b.x);
  const right = Math.max(a.x, b.x);
  const top = Math.min(a.y, b.y);
  const bottom = Math.max(a.y, b.y);
  return [
    { x: left, y: top },
    { x: right, y: top },
    { x: right, y: bottom },
    { x: left, y: bottom },
  ];
}

export function boundsOf(geometry: PolygonGeometry): Box {
  const points = polygonsOf(geometry).flat(2);
  let left = Infinity;
  let top = Infinity;
  let right = -Infinity;
  let bottom = -Infinity;
  for (const point of points) {
    left = Math.min(left, point.x);
    top = Math.min(top, point.y);
    right = Math.max(right, point.x);
    bottom = Math.max(bottom, point.y);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Whether a point lies inside by the even-odd rule; points exactly on an edge may fall to either side. */
export function insideRing(ring: Ring, x: number, y: number): boolean {
  let inside = false;
  let previous = ring.at(-1);
  for (const point of ring) {
    if (previous !== undefined && point.y > y !== previous.y > y) {
      const crossing = ((previous.x - point.x) * (y - point.y)) / (previous.y - point.y) + point.x;
      if (x < crossing) inside = !inside;
    }
    previous = point;
  }
  return inside;
}

/** A test for many points: polygons are opened and boxed once. */
export function containment(geometry: PolygonGeometry): (x: number, y: number) => boolean {
  const polygons = polygonsOf(geometry);
  const box = boundsOf(geometry);
  return (x, y) => {
    if (x < box.x || y < box.y || x > box.x + box.width || y > box.y + box.height) return false;
    return polygons.some(([outline, ...holes]) => {
      if (outline === undefined || !insideRing(outline, x, y)) return false;
      return !holes.some((hole) => insideRing(hole, x, y));
    });
  };
}

/** Middle of the upper or lower edge of the outline's bounds, where its label stands. */
export function labelPoint(geometry: PolygonGeometry, edge: "upper" | "lower"): Point {
  const box = boundsOf(geometry);
  return { x: box.x + box.width / 2, y: edge === "upper" ? box.y : box.y + box.height };
}

/** Keep the whole ring inside the slide. */
export function clampRing(ring: Ring, width: number, height: number): Point[] {
  return ring.map((point) => ({
    x: Math.max(0, Math.min(width, point.x)),
    y: Math.max(0, Math.min(height, point.y)),
  }));
}
