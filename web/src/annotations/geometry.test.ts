import { describe, expect, it } from "vitest";

import {
  areaMm2,
  areaPx,
  boundsOf,
  clampRing,
  containment,
  insideRing,
  polygonGeometry,
  rectangleRing,
} from "./geometry";
import type { PolygonGeometry } from "./geometry";
import { isSimple, outlineOf, simplify, untangle } from "./outline";

const square = rectangleRing({ x: 10, y: 10 }, { x: 0, y: 0 });
const ringWithHole: PolygonGeometry = {
  type: "Polygon",
  coordinates: [
    [
      [0, 0],
      [10, 0],
      [10, 10],
      [0, 10],
      [0, 0],
    ],
    [
      [4, 4],
      [6, 4],
      [6, 6],
      [4, 6],
      [4, 4],
    ],
  ],
};

describe("area", () => {
  it("of a rectangle is width times height, whichever way it was drawn", () => {
    expect(areaPx(polygonGeometry(square))).toBe(100);
    expect(areaPx(polygonGeometry([...square].reverse()))).toBe(100);
  });

  it("leaves holes out and adds the parts of a multipolygon", () => {
    expect(areaPx(ringWithHole)).toBe(96);
    const two: PolygonGeometry = {
      type: "MultiPolygon",
      coordinates: [
        ringWithHole.coordinates,
        [
          [
            [20, 0],
            [22, 0],
            [22, 2],
            [20, 2],
          ],
        ],
      ],
    };
    expect(areaPx(two)).toBe(100);
  });

  it("in square millimetres uses both spacings and is unknown without them", () => {
    expect(areaMm2(polygonGeometry(rectangleRing({ x: 0, y: 0 }, { x: 4000, y: 2000 })), 0.25, 0.5)).toBeCloseTo(1, 12);
    expect(areaMm2(polygonGeometry(square), null, 0.5)).toBeNull();
  });
});

describe("point in polygon", () => {
  it("tells inside from outside", () => {
    expect(insideRing(square, 5, 5)).toBe(true);
    expect(insideRing(square, 11, 5)).toBe(false);
    expect(insideRing(square, -1, 5)).toBe(false);
  });

  it("counts each shared edge once: neighbouring squares own every point exactly once", () => {
    const right = rectangleRing({ x: 10, y: 0 }, { x: 20, y: 10 });
    for (let y = 0; y < 10; y++) expect(Number(insideRing(square, 10, y)) + Number(insideRing(right, 10, y))).toBe(1);
  });

  it("leaves holes out", () => {
    const inside = containment(ringWithHole);
    expect(inside(2, 2)).toBe(true);
    expect(inside(5, 5)).toBe(false);
    expect(inside(50, 5)).toBe(false);
  });

  it("handles hollow outlines", () => {
    const hollow = [
      { x: 0, y: 0 },
      { x: 10, y: 0 },
      { x: 10, y: 10 },
      { x: 5, y: 1 },
      { x: 0, y: 10 },
    ];
    expect(insideRing(hollow, 5, 5)).toBe(false);
    expect(insideRing(hollow, 1, 5)).toBe(true);
  });
});

describe("outlines drawn by hand", () => {
  it("keep their shape with few points", () => {
    const circle = Array.from({ length: 1000 }, (_, i) => ({
      x: 500 + 400 * Math.cos((i * 2 * Math.PI) / 1000),
      y: 500 + 400 * Math.sin((i * 2 * Math.PI) / 1000),
    }));
    const outline = outlineOf(circle, 1) ?? [];
    expect(outline.length).toBeLessThan(100);
    expect(areaPx(polygonGeometry(outline)) / (Math.PI * 400 * 400)).toBeCloseTo(1, 2);
  });

  it("lose the small loop where the line crosses itself at the end", () => {
    const crossing = [
      { x: 0, y: 0 },
      { x: 100, y: 0 },
      { x: 100, y: 100 },
      { x: 0, y: 100 },
      { x: 10, y: -10 },
    ];
    const simple = untangle(crossing);
    expect(isSimple(crossing)).toBe(false);
    expect(isSimple(simple)).toBe(true);
    expect(areaPx(polygonGeometry(simple))).toBeGreaterThan(9000);
  });

  it("of a figure of eight keep the larger loop", () => {
    const eight = [
      { x: 0, y: 0 },
      { x: 100, y: 100 },
      { x: 100, y: 0 },
      { x: 40, y: 60 },
      { x: 0, y: 100 },
    ];
    expect(isSimple(untangle(eight))).toBe(true);
  });

  it("are never left crossing, whatever is scribbled", () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;
    for (let round = 0; round < 40; round++) {
      const scribble = Array.from({ length: 40 }, () => ({ x: random() * 1000, y: random() * 1000 }));
      const outline = outlineOf(scribble, 1);
      if (outline !== null) expect(isSimple(outline)).toBe(true);
    }
  });

  it("lose spikes, where the hand went straight back", () => {
    const spiked = [
      { x: 0, y: 0 },
      { x: 100, y: 0 },
      { x: 100, y: 100 },
      { x: 200, y: 100 },
      { x: 0, y: 100 },
    ];
    expect(untangle(spiked)).toEqual([
      { x: 0, y: 0 },
      { x: 100, y: 0 },
      { x: 100, y: 100 },
      { x: 0, y: 100 },
    ]);
  });

  it("are refused where there is no area: a click, a straight line", () => {
    expect(outlineOf([{ x: 5, y: 5 }], 1)).toBeNull();
    expect(
      outlineOf(
        [
          { x: 0, y: 0 },
          { x: 50, y: 0 },
          { x: 100, y: 0 },
        ],
        1,
      ),
    ).toBeNull();
  });

  it("keep the ends of a simplified line", () => {
    const line = [
      { x: 0, y: 0 },
      { x: 5, y: 0.1 },
      { x: 10, y: 0 },
    ];
    expect(simplify(line, 1)).toEqual([
      { x: 0, y: 0 },
      { x: 10, y: 0 },
    ]);
  });
});

describe("geometry for the server", () => {
  it("is closed and rounded to a tenth of a pixel", () => {
    const geometry = polygonGeometry([
      { x: 0.04, y: 0 },
      { x: 10.26, y: 0 },
      { x: 5, y: 5 },
    ]);
    expect(geometry.coordinates).toEqual([
      [
        [0, 0],
        [10.3, 0],
        [5, 5],
        [0, 0],
      ],
    ]);
  });

  it("stays inside the slide", () => {
    expect(
      clampRing(
        [
          { x: -5, y: 20 },
          { x: 200, y: 3 },
        ],
        100,
        10,
      ),
    ).toEqual([
      { x: 0, y: 10 },
      { x: 100, y: 3 },
    ]);
  });

  it("has bounds", () => {
    expect(boundsOf(ringWithHole)).toEqual({ x: 0, y: 0, width: 10, height: 10 });
  });
});
