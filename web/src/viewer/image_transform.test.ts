import { describe, expect, it } from "vitest";

import { affineFromPoints, apply, compose, invert, matrixText, scaleOf, visibleBox } from "./image_transform";

/** Scale 0.5, turned 90 degrees clockwise, origin at (100, 20). */
const turned = affineFromPoints({ x: 100, y: 20 }, { x: 100, y: 520 }, { x: -400, y: 20 }, 1000);

describe("the map from slide to screen", () => {
  it("is found from three points", () => {
    expect(turned).toEqual({ a: 0, b: 0.5, c: -0.5, d: 0, e: 100, f: 20 });
    expect(apply(turned, { x: 10, y: 40 })).toEqual({ x: 80, y: 25 });
    expect(scaleOf(turned)).toBe(0.5);
  });

  it("goes back where it came from", () => {
    const back = apply(invert(turned), apply(turned, { x: 123, y: 456 }));
    expect(back.x).toBeCloseTo(123, 9);
    expect(back.y).toBeCloseTo(456, 9);
  });

  it("chains: from an old view to a new one through the slide", () => {
    const moved = { ...turned, e: 130, f: 60 };
    const change = compose(moved, invert(turned));
    expect(apply(change, { x: 5, y: 5 })).toEqual({ x: 35, y: 45 });
  });

  it("has no inverse when flat", () => {
    expect(() => invert({ a: 1, b: 1, c: 1, d: 1, e: 0, f: 0 })).toThrow(RangeError);
  });

  it("knows what of the slide a turned screen shows", () => {
    expect(visibleBox(turned, 200, 100)).toEqual({ x: -40, y: -200, width: 200, height: 400 });
  });

  it("is written as CSS writes it", () => {
    expect(matrixText({ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 })).toBe("matrix(1,2,3,4,5,6)");
  });
});
