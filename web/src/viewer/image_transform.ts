/**
 * The affine map from pixels of level 0 to CSS pixels of the viewer, shared by the image, the cells and the drawings,
 * so that all of them move as one. Similarity only: scale, rotation, optional mirror of x, and a shift.
 */

import type { Box } from "./levels";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** screen = (a x + c y + e, b x + d y + f), the order of CSS and canvas matrices. */
export interface Affine {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

/** The map given by where three level-0 points lie on the screen: the origin and one step along each axis. */
export function affineFromPoints(origin: Point, alongX: Point, alongY: Point, length: number): Affine {
  return {
    a: (alongX.x - origin.x) / length,
    b: (alongX.y - origin.y) / length,
    c: (alongY.x - origin.x) / length,
    d: (alongY.y - origin.y) / length,
    e: origin.x,
    f: origin.y,
  };
}

export function apply(map: Affine, point: Point): Point {
  return { x: map.a * point.x + map.c * point.y + map.e, y: map.b * point.x + map.d * point.y + map.f };
}

/** The opposite direction. Raises RangeError for a map that flattens the plane. */
export function invert(map: Affine): Affine {
  const determinant = map.a * map.d - map.b * map.c;
  if (determinant === 0) throw new RangeError("a flat map has no inverse");
  return {
    a: map.d / determinant,
    b: -map.b / determinant,
    c: -map.c / determinant,
    d: map.a / determinant,
    e: (map.c * map.f - map.d * map.e) / determinant,
    f: (map.b * map.e - map.a * map.f) / determinant,
  };
}

/** First `inner`, then `outer`. */
export function compose(outer: Affine, inner: Affine): Affine {
  return {
    a: outer.a * inner.a + outer.c * inner.b,
    b: outer.b * inner.a + outer.d * inner.b,
    c: outer.a * inner.c + outer.c * inner.d,
    d: outer.b * inner.c + outer.d * inner.d,
    e: outer.a * inner.e + outer.c * inner.f + outer.e,
    f: outer.b * inner.e + outer.d * inner.f + outer.f,
  };
}

/** CSS pixels per level-0 pixel. */
export function scaleOf(map: Affine): number {
  return Math.sqrt(Math.abs(map.a * map.d - map.b * map.c));
}

/** Smallest upright box of level 0 that holds everything on a screen of this size. */
export function visibleBox(map: Affine, width: number, height: number): Box {
  const back = invert(map);
  const corners = [
    { x: 0, y: 0 },
    { x: width, y: 0 },
    { x: 0, y: height },
    { x: width, y: height },
  ].map((corner) => apply(back, corner));
  const left = Math.min(...corners.map((p) => p.x));
  const top = Math.min(...corners.map((p) => p.y));
  return {
    x: left,
    y: top,
    width: Math.max(...corners.map((p) => p.x)) - left,
    height: Math.max(...corners.map((p) => p.y)) - top,
  };
}

/** `matrix(a,b,c,d,e,f)` for CSS and SVG. */
export function matrixText(map: Affine): string {
  return `matrix(${[map.a, map.b, map.c, map.d, map.e, map.f].join(",")})`;
}
