import { describe, expect, it } from "vitest";

import { buildGrid, nearestCell, runsIn } from "./cell_grid";
import { COUNTED, parseCells, POSITIVE } from "./cells_file";
import type { Cells } from "./cells_file";
import { excludeRegion, flipCell, NO_EDITS, restoreRegion, sameEdits } from "./edits";
import { countStates, editedStates, EXCLUDED, FLIPPED } from "./recount";
import { polygonGeometry, rectangleRing } from "../annotations/geometry";

function file(rows: readonly (readonly [number, number, number, number])[]): ArrayBuffer {
  const n = rows.length;
  const bytes = new ArrayBuffer(8 + 13 * n);
  const view = new DataView(bytes);
  new Uint8Array(bytes).set(new TextEncoder().encode("CVC1"));
  view.setUint32(4, n, true);
  rows.forEach(([x, y, od, state], i) => {
    view.setFloat32(8 + 4 * i, x, true);
    view.setFloat32(8 + 4 * n + 4 * i, y, true);
    view.setFloat32(8 + 8 * n + 4 * i, od, true);
    view.setUint8(8 + 12 * n + i, state);
  });
  return bytes;
}

const BOTH = POSITIVE | COUNTED;

describe("the cells file", () => {
  it("gives every column of every cell", () => {
    const cells = parseCells(
      file([
        [10.5, 20, 0.5, BOTH],
        [3e5, 2e5, 0.0625, COUNTED],
        [1, 2, 0, 0],
      ]),
    );
    expect(cells.count).toBe(3);
    expect([...cells.x]).toEqual([10.5, 300000, 1]);
    expect([...cells.y]).toEqual([20, 200000, 2]);
    expect([...cells.dabOd]).toEqual([0.5, 0.0625, 0]);
    expect([...cells.state]).toEqual([3, 2, 0]);
  });

  it("may hold no cell", () => expect(parseCells(file([])).count).toBe(0));

  it("is refused when cut short, too long, empty or of another kind", () => {
    const good = file([[1, 2, 3, 1]]);
    expect(() => parseCells(good.slice(0, -1))).toThrow("20 bytes for 1 cells, not 21");
    expect(() => parseCells(new Uint8Array([...new Uint8Array(good), 0]).buffer)).toThrow("22 bytes");
    expect(() => parseCells(new ArrayBuffer(0))).toThrow("0 bytes");
    expect(() => parseCells(new TextEncoder().encode('{"error":{}}').buffer)).toThrow("begins with");
  });
});

function scattered(n: number): Cells {
  let seed = 11;
  const random = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;
  return {
    count: n,
    x: Float32Array.from({ length: n }, () => 1000 + random() * 50000),
    y: Float32Array.from({ length: n }, () => 500 + random() * 30000),
    dabOd: new Float32Array(n),
    state: Uint8Array.from({ length: n }, () => COUNTED | (random() < 0.3 ? POSITIVE : 0)),
  };
}

describe("the cell grid", () => {
  const cells = scattered(20000);
  const grid = buildGrid(cells);

  it("holds every cell once", () => {
    expect(new Set(grid.order).size).toBe(20000);
    expect(grid.starts.at(-1)).toBe(20000);
  });

  it("finds in a box every cell that a search of all finds", () => {
    const box = { x: 12000, y: 9000, width: 4000, height: 2500 };
    const found = new Set<number>();
    for (const [from, to] of runsIn(grid, box)) for (let k = from; k < to; k++) found.add(grid.order[k] ?? -1);
    for (let i = 0; i < cells.count; i++) {
      const x = cells.x[i] ?? 0;
      const y = cells.y[i] ?? 0;
      if (x >= 12000 && x <= 16000 && y >= 9000 && y <= 11500) expect(found.has(i)).toBe(true);
    }
    expect(found.size).toBeLessThan(1200);
  });

  it("gives the whole slide as one run and nothing outside", () => {
    expect(runsIn(grid, { x: 0, y: 0, width: 1e6, height: 1e6 })).toEqual([[0, 20000]]);
    expect(runsIn(grid, { x: -500, y: -500, width: 100, height: 100 })).toEqual([]);
  });

  it("hits the nearest cell, as a search of all does", () => {
    for (let k = 0; k < 300; k++) {
      const x = (cells.x[k * 7] ?? 0) + ((k % 13) - 6) * 4;
      const y = (cells.y[k * 7] ?? 0) + ((k % 11) - 5) * 4;
      let best = -1;
      let distance = 40 ** 2;
      for (let i = 0; i < cells.count; i++) {
        const square = ((cells.x[i] ?? 0) - x) ** 2 + ((cells.y[i] ?? 0) - y) ** 2;
        if (square < distance) [best, distance] = [i, square];
      }
      expect(nearestCell(grid, cells, x, y, 40)).toBe(best);
    }
  });

  it("hits nothing beyond its reach or without cells", () => {
    expect(nearestCell(grid, cells, 0, 0, 100)).toBeNull();
    const none = scattered(0);
    expect(nearestCell(buildGrid(none), none, 0, 0, 100)).toBeNull();
  });

  it("bears a million cells on one spot", () => {
    const n = 1_000_000;
    const stacked: Cells = {
      count: n,
      x: new Float32Array(n).fill(7),
      y: new Float32Array(n).fill(9),
      dabOd: new Float32Array(n),
      state: new Uint8Array(n),
    };
    expect(buildGrid(stacked).order).toHaveLength(n);
  });
});

describe("the recount", () => {
  const cells = parseCells(
    file([
      [1, 1, 0.5, BOTH],
      [5, 5, 0.5, BOTH],
      [15, 5, 0.1, COUNTED],
      [16, 6, 0.1, COUNTED],
      [20, 20, 0.6, POSITIVE],
    ]),
  );

  it("without edits is the computer's: cells that are not counted stay out", () => {
    expect(countStates(editedStates(cells, NO_EDITS))).toMatchObject({ positive: 2, negative: 2, n: 4, percent: 50 });
  });

  it("turns the class of a flipped cell and turns it back", () => {
    const once = flipCell(NO_EDITS, 2);
    expect(countStates(editedStates(cells, once))).toMatchObject({ positive: 3, negative: 1 });
    expect((editedStates(cells, once)[2] ?? 0) & FLIPPED).toBe(FLIPPED);
    expect(flipCell(once, 2)).toEqual(NO_EDITS);
  });

  it("leaves out cells in an excluded region, flipped or not", () => {
    const region = polygonGeometry(rectangleRing({ x: 10, y: 0 }, { x: 18, y: 10 }));
    const edits = flipCell(excludeRegion(NO_EDITS, region), 2);
    expect(countStates(editedStates(cells, edits))).toMatchObject({ positive: 2, negative: 0, n: 2, percent: 100 });
    expect((editedStates(cells, edits)[3] ?? 0) & EXCLUDED).toBe(EXCLUDED);
    expect(restoreRegion(edits, 0).excluded_regions).toEqual([]);
  });

  it("gives no number where nothing is left to count", () => {
    const all = excludeRegion(NO_EDITS, polygonGeometry(rectangleRing({ x: -9, y: -9 }, { x: 99, y: 99 })));
    expect(countStates(editedStates(cells, all))).toEqual({ positive: 0, negative: 0, n: 0, percent: null });
  });

  it("ignores a flip of a cell that is not there", () => {
    expect(countStates(editedStates(cells, flipCell(NO_EDITS, 99))).n).toBe(4);
  });

  it("knows edits that say the same", () => {
    expect(sameEdits(flipCell(flipCell(NO_EDITS, 9), 3), flipCell(flipCell(NO_EDITS, 3), 9))).toBe(true);
    expect(sameEdits(flipCell(NO_EDITS, 3), NO_EDITS)).toBe(false);
  });
});
