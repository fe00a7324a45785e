import { describe, expect, it } from "vitest";

import { finish, move, press, preview, release, takeBack } from "./drawing";
import type { Draft, DrawMode } from "./drawing";
import { ringArea } from "./geometry";
import type { Point } from "../viewer/image_transform";

/** Press at the first point, move over the rest, release at the last. */
function stroke(draft: Draft | null, points: Point[], unit = 1, mode: DrawMode = "freehand") {
  const [first, ...rest] = points;
  let step = press(draft, mode, first ?? { x: 0, y: 0 }, unit);
  for (const point of rest) if (step.draft !== null) step = { draft: move(step.draft, point, unit), done: null };
  return step.draft === null ? step : release(step.draft, points.at(-1) ?? { x: 0, y: 0 }, unit);
}

const circle = Array.from({ length: 60 }, (_, i) => ({
  x: 100 + 80 * Math.cos(i / 9.5),
  y: 100 + 80 * Math.sin(i / 9.5),
}));

describe("drawing", () => {
  it("freehand closes on release", () => {
    const { draft, done } = stroke(null, circle);
    expect(draft).toBeNull();
    expect(ringArea(done ?? [])).toBeGreaterThan(19000);
  });

  it("a rectangle spans press and release", () => {
    const { done } = stroke(
      null,
      [
        { x: 10, y: 10 },
        { x: 40, y: 30 },
      ],
      1,
      "rectangle",
    );
    expect(ringArea(done ?? [])).toBe(600);
  });

  it("clicks set corners, and a click on the first corner closes", () => {
    let draft: Draft | null = null;
    for (const corner of [
      { x: 0, y: 0 },
      { x: 100, y: 0 },
      { x: 100, y: 100 },
      { x: 0, y: 100 },
    ]) {
      const step = stroke(draft, [corner, { x: corner.x + 1, y: corner.y }]);
      expect(step.done).toBeNull();
      draft = step.draft;
    }
    const closed = press(draft, "freehand", { x: 4, y: 3 }, 1);
    expect(ringArea(closed.done ?? [])).toBe(10000);
  });

  it("what counts as a click is measured on the screen, not on the slide", () => {
    const small = circle.map((point) => ({ x: point.x / 20, y: point.y / 20 }));
    expect(stroke(null, small, 1 / 20).done).not.toBeNull();
    expect(stroke(null, circle, 50).done).toBeNull();
  });

  it("a click without a way makes nothing", () => {
    const { draft, done } = stroke(null, [{ x: 5, y: 5 }]);
    expect(done).toBeNull();
    expect(draft?.points).toHaveLength(1);
    expect(draft === null ? undefined : finish(draft, 1)).toEqual({ draft: null, done: null });
    expect(
      stroke(
        null,
        [
          { x: 5, y: 5 },
          { x: 6, y: 5 },
        ],
        1,
        "rectangle",
      ).done,
    ).toBeNull();
  });

  it("corners can be taken back one by one", () => {
    const one = stroke(null, [{ x: 0, y: 0 }]).draft;
    const two = stroke(one, [{ x: 50, y: 0 }]).draft;
    expect(two === null ? null : takeBack(two)?.points).toEqual([{ x: 0, y: 0 }]);
    expect(one === null ? undefined : takeBack(one)).toBeNull();
  });

  it("shows the line to the pointer before it is set", () => {
    const one = stroke(null, [{ x: 0, y: 0 }]).draft;
    expect(one === null ? [] : preview(move(one, { x: 9, y: 9 }, 1))).toEqual([
      { x: 0, y: 0 },
      { x: 9, y: 9 },
    ]);
  });
});
