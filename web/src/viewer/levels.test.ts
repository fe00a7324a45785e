import { describe, expect, it } from "vitest";

import { levelStep, needsOverview, orderedLevels, storedTileSize, tileAt, tilePlacement } from "./levels";
import type { StoredLevel } from "./levels";

function stored(width: number, height: number, tile: number | [number, number], downsample = 1): StoredLevel {
  const [tile_width, tile_height] = typeof tile === "number" ? [tile, tile] : tile;
  const columns = Math.ceil(width / tile_width);
  const rows = Math.ceil(height / tile_height);
  return { width, height, downsample, tile_width, tile_height, columns, rows };
}

const base = { width: 46001, height: 32914 };

describe("the step of a level", () => {
  it("is the whole number where the last odd pixel was dropped", () => {
    expect(levelStep(base, { width: 11500, height: 8228 })).toEqual({ x: 4, y: 4 });
  });

  it("is the whole number where the last odd pixel was padded", () => {
    expect(levelStep(base, { width: 11501, height: 8229 })).toEqual({ x: 4, y: 4 });
  });

  it("is the exact ratio of each side where the level was resampled to a size of its own", () => {
    expect(levelStep({ width: 3000, height: 2000 }, { width: 1200, height: 800 })).toEqual({ x: 2.5, y: 2.5 });
    const anisotropic = levelStep({ width: 3000, height: 2000 }, { width: 1000, height: 1000 });
    expect(anisotropic).toEqual({ x: 3, y: 2 });
  });

  it("is one for level 0", () => {
    expect(levelStep(base, base)).toEqual({ x: 1, y: 1 });
  });
});

describe("the placement of tiles", () => {
  const levels = [stored(46001, 32914, 240), stored(11500, 8228, 256, 4), stored(2875, 2057, [512, 128], 16)];

  it.each(levels)("covers level %# without gap or overlap", (level) => {
    const step = levelStep(base, level);
    for (let column = 1; column < level.columns; column++) {
      const left = tilePlacement(base, level, column - 1, 0).target;
      const right = tilePlacement(base, level, column, 0).target;
      expect(left.x + left.width).toBe(right.x);
    }
    for (let row = 1; row < level.rows; row++) {
      const upper = tilePlacement(base, level, 0, row - 1).target;
      const lower = tilePlacement(base, level, 0, row).target;
      expect(upper.y + upper.height).toBe(lower.y);
    }
    const last = tilePlacement(base, level, level.columns - 1, level.rows - 1).target;
    expect(base.width - (last.x + last.width)).toBeLessThan(step.x);
    expect(base.height - (last.y + last.height)).toBeLessThan(step.y);
  });

  it.each(levels)("keeps one scale for every tile of level %#, border tiles included", (level) => {
    const step = levelStep(base, level);
    for (const [column, row] of [
      [0, 0],
      [level.columns - 1, 0],
      [0, level.rows - 1],
      [level.columns - 1, level.rows - 1],
    ] as const) {
      const { source, target } = tilePlacement(base, level, column, row);
      expect(target.width / source.width).toBeCloseTo(step.x, 9);
      expect(target.height / source.height).toBeCloseTo(step.y, 9);
    }
  });

  it("puts the same tissue at the same place on every level", () => {
    const at = { x: 16 * 512 * 3, y: 16 * 128 * 7 };
    for (const level of levels) {
      const tile = tileAt(base, level, at.x, at.y);
      const { target } = tilePlacement(base, level, tile.column, tile.row);
      const step = levelStep(base, level).x;
      expect((at.x - target.x) / step).toBe((at.x / step) % level.tile_width);
    }
  });

  it("cuts what a padded level has beyond the slide's edge, at unchanged scale", () => {
    const odd = { width: 1001, height: 1001 };
    const padded = stored(501, 501, 256, 2);
    const { source, target } = tilePlacement(odd, padded, 1, 1);
    expect(target.x + target.width).toBe(1001);
    expect(source.width).toBe(244.5);
    expect(target.width / source.width).toBe(2);
  });

  it("takes only the level's own part of a border tile that the file pads to full size", () => {
    expect(storedTileSize(stored(1000, 700, 256), 3, 2)).toEqual({ width: 232, height: 188 });
  });
});

describe("the tile at a point", () => {
  const level = stored(46001, 32914, 256);

  it("is found inside", () => expect(tileAt(base, level, 256, 511.9)).toEqual({ column: 1, row: 1 }));

  it("is the border tile on the far edge and beyond", () => {
    expect(tileAt(base, level, 46001, 32914)).toEqual({ column: 179, row: 128 });
    expect(tileAt(base, level, 1e6, -5)).toEqual({ column: 179, row: 0 });
  });
});

describe("levels in order", () => {
  it("run from fine to coarse and keep their index in the file", () => {
    const levels = [stored(100, 80, 64), stored(1000, 800, 64), stored(500, 400, 64)];
    expect(orderedLevels(levels).map((entry) => entry.index)).toEqual([1, 2, 0]);
  });

  it("hold a size once", () => {
    expect(orderedLevels([stored(1000, 800, 64), stored(1000, 800, 128)])).toHaveLength(1);
  });

  it("need the thumbnail beneath them only where the coarsest level has many tiles", () => {
    expect(needsOverview([stored(46001, 32914, 256)])).toBe(true);
    expect(needsOverview([stored(46001, 32914, 256), stored(1437, 1028, 256)])).toBe(false);
  });
});
