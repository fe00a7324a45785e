/** Makes a hand-drawn line into an outline the server accepts: few points, closed, never crossing itself. */

import { ringArea } from "./geometry";
import type { Ring } from "./geometry";
import type { Point } from "../viewer/image_transform";

/** Most points an outline keeps; more than a hand can draw, few enough to test for crossings. */
const MOST_POINTS = 400;

/**
 * Simplify a freehand line within `tolerance` (level-0 pixels) and cut off the small loops where it crosses itself.
 * Returns null where nothing with an area is left: a click or a straight line.
 */
export function outlineOf(line: Ring, tolerance: number): Point[] | null {
  const rounded = line.map(tenths);
  let allowed = tolerance;
  let ring = simplify(rounded, allowed);
  while (ring.length > MOST_POINTS) {
    allowed *= 1.6;
    ring = simplify(rounded, allowed);
  }
  const simple = untangle(ring);
  return simple.length >= 3 && ringArea(simple) > tolerance * tolerance ? simple : null;
}

/** Ramer, Douglas and Peucker, without recursion. */
export function simplify(line: Ring, tolerance: number): Point[] {
  const last = line.length - 1;
  if (last < 2) return [...line];
  const keep = new Uint8Array(line.length);
  keep[0] = keep[last] = 1;
  const spans: [number, number][] = [[0, last]];
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const [from, to] = span;
    const far = farthest(line, from, to);
    if (far === null || far.distance <= tolerance) continue;
    keep[far.index] = 1;
    spans.push([from, far.index], [far.index, to]);
  }
  return line.filter((_, i) => keep[i] === 1);
}

function farthest(line: Ring, from: number, to: number): { index: number; distance: number } | null {
  const a = line[from];
  const b = line[to];
  if (a === undefined || b === undefined) return null;
  let best: { index: number; distance: number } | null = null;
  for (let i = from + 1; i < to; i++) {
    const point = line[i];
    if (point === undefined) continue;
    const distance = distanceToSegment(point, a, b);
    if (best === null || distance > best.distance) best = { index: i, distance };
  }
  return best;
}

export function distanceToSegment(p: Point, a: Point, b: Point): number {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((p.x - a.x) * dx + (p.y - a.y) * dy) / length));
  return Math.hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

/** Where a ring crosses itself, keep the larger of the two loops, until it crosses no more. */
export function untangle(ring: Ring): Point[] {
  let rest = withoutRepeats(ring);
  for (let crossing = firstCrossing(rest); crossing !== null; crossing = firstCrossing(rest)) {
    const { i, j, at } = crossing;
    const inner = withoutRepeats([at, ...rest.slice(i + 1, j + 1)]);
    const outer = withoutRepeats([...rest.slice(0, i + 1), at, ...rest.slice(j + 1)]);
    rest = ringArea(inner) > ringArea(outer) ? inner : outer;
  }
  return rest;
}

/** Whether no two edges of the ring cross or touch away from their shared corner. */
export function isSimple(ring: Ring): boolean {
  return firstCrossing(ring) === null;
}

/** Drops points that repeat the one before and tips of spikes, where the line runs straight back on itself. */
function withoutRepeats(ring: Ring): Point[] {
  const kept: Point[] = [];
  for (const point of ring) {
    kept.push(point);
    while (kept.length > 1 && isIdle(kept.at(-3), kept.at(-2), kept.at(-1))) kept.splice(-2, 1);
  }
  while (kept.length > 2 && isIdle(kept.at(-2), kept.at(-1), kept[0])) kept.pop();
  while (kept.length > 2 && isIdle(kept.at(-1), kept[0], kept[1])) kept.shift();
  return kept;
}

/** Whether the point `b` adds nothing: it equals its follower, or `a`-`b`-`c` is a spike. */
function isIdle(a?: Point, b?: Point, c?: Point): boolean {
  if (b === undefined || c === undefined) return false;
  if (b.x === c.x && b.y === c.y) return true;
  if (a === undefined) return false;
  const cross = (b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x);
  const dot = (b.x - a.x) * (c.x - b.x) + (b.y - a.y) * (c.y - b.y);
  return cross === 0 && dot < 0;
}

/** Coordinates as the server gets them: rounding later could make edges cross again. */
function tenths(point: Point): Point {
  return { x: Math.round(point.x * 10) / 10, y: Math.round(point.y * 10) / 10 };
}

function firstCrossing(ring: Ring): { i: number; j: number; at: Point } | null {
  const n = ring.length;
  for (let i = 0; i < n; i++) {
    for (let j = i + 2; j < n; j++) {
      if (i === 0 && j === n - 1) continue;
      const at = crossing(ring[i], ring[i + 1], ring[j], ring[(j + 1) % n]);
      if (at !== null) return { i, j, at };
    }
  }
  return null;
}

function crossing(a?: Point, b?: Point, c?: Point, d?: Point): Point | null {
  if (a === undefined || b === undefined || c === undefined || d === undefined) return null;
  const denominator = (b.x - a.x) * (d.y - c.y) - (b.y - a.y) * (d.x - c.x);
  if (denominator === 0) return null;
  const t = ((c.x - a.x) * (d.y - c.y) - (c.y - a.y) * (d.x - c.x)) / denominator;
  const u = ((c.x - a.x) * (b.y - a.y) - (c.y - a.y) * (b.x - a.x)) / denominator;
  if (t < 0 || t > 1 || u < 0 || u > 1) return null;
  return tenths({ x: a.x + t * (b.x - a.x), y: a.y + t * (b.y - a.y) });
}
