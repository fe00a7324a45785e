/**
 * Drawing as a state machine, apart from the screen: press and drag draws freehand and closes on release; single clicks
 * set corners, closed by a double click, Enter, or a click on the first corner. Places are pixels of level 0.
 */

import { ringArea, rectangleRing } from "./geometry";
import { outlineOf } from "./outline";
import type { Point } from "../viewer/image_transform";

export type DrawMode = "freehand" | "rectangle";

export interface Draft {
  readonly mode: DrawMode;
  readonly points: readonly Point[];
  /** Where the pressed stroke began in `points`; null while nothing is pressed. */
  readonly strokeFrom: number | null;
  /** The pointer, for the line to come; null where there is none (touch). */
  readonly hover: Point | null;
}

export interface Step {
  readonly draft: Draft | null;
  /** The finished outline, where this step finished one. */
  readonly done: readonly Point[] | null;
}

/** CSS pixels: the shortest stroke that is no click, the reach of the first corner, the spacing of a stroke's points. */
const STROKE = 14;
const REACH = 10;
const SPACING = 2.5;

/** `unit`: level-0 pixels per CSS pixel. */
export function press(draft: Draft | null, mode: DrawMode, at: Point, unit: number): Step {
  if (draft === null || mode === "rectangle") {
    return going({ mode, points: mode === "rectangle" ? [at, at] : [at], strokeFrom: 0, hover: null });
  }
  const first = draft.points[0];
  if (first !== undefined && draft.points.length > 2 && distance(first, at) < REACH * unit) return finish(draft, unit);
  return going({ ...draft, points: [...draft.points, at], strokeFrom: draft.points.length, hover: null });
}

export function move(draft: Draft, at: Point, unit: number): Draft {
  if (draft.strokeFrom === null) return { ...draft, hover: at };
  if (draft.mode === "rectangle") return { ...draft, points: [draft.points[0] ?? at, at] };
  const last = draft.points.at(-1);
  if (last !== undefined && distance(last, at) < SPACING * unit) return draft;
  return { ...draft, points: [...draft.points, at] };
}

export function release(draft: Draft, at: Point, unit: number): Step {
  if (draft.strokeFrom === null) return going(draft);
  if (draft.mode === "rectangle") return finish({ ...draft, points: [draft.points[0] ?? at, at] }, unit);
  const stroke = draft.points.slice(draft.strokeFrom);
  const isClick = lengthOf(stroke) < STROKE * unit;
  if (!isClick && draft.strokeFrom === 0) return finish(draft, unit);
  const points = isClick ? draft.points.slice(0, draft.strokeFrom + 1) : draft.points;
  return going({ ...draft, points, strokeFrom: null });
}

/** Close the outline; where it has no area the draft goes away with nothing made. */
export function finish(draft: Draft, unit: number): Step {
  if (draft.mode === "rectangle") {
    const [from, to] = draft.points;
    if (from === undefined || to === undefined) return { draft: null, done: null };
    const ring = rectangleRing(from, to);
    return { draft: null, done: ringArea(ring) > (2 * unit) ** 2 ? ring : null };
  }
  return { draft: null, done: outlineOf(draft.points, unit) };
}

/** Take the last corner back. */
export function takeBack(draft: Draft): Draft | null {
  return draft.points.length > 1 ? { ...draft, points: draft.points.slice(0, -1), strokeFrom: null } : null;
}

/** The outline as it would close now, for the screen. */
export function preview(draft: Draft): Point[] {
  if (draft.mode === "rectangle") {
    const [from, to] = draft.points;
    return from === undefined || to === undefined ? [] : rectangleRing(from, to);
  }
  return draft.hover === null ? [...draft.points] : [...draft.points, draft.hover];
}

function going(draft: Draft): Step {
  return { draft, done: null };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function lengthOf(line: readonly Point[]): number {
  return line.reduce((sum, point, i) => {
    const previous = line[i - 1];
    return previous === undefined ? sum : sum + distance(previous, point);
  }, 0);
}
