import { describe, expect, it } from "vitest";

import { firstTiles } from "./first_tiles";
import type { StoredLevel } from "./levels";

function level(side: number, tile: number, downsample: number): StoredLevel {
  const count = Math.ceil(side / tile);
  return { width: side, height: side, downsample, tile_width: tile, tile_height: tile, columns: count, rows: count };
}

const slide = { width: 60000, height: 60000, tile_url: "/tiles/s1/{level}/{column}/{row}" };

describe("the first tiles", () => {
  it("are those of the coarsest level, wherever it stands among the levels", () => {
    const levels = [level(60000, 256, 1), level(3750, 256, 16), level(938, 512, 64), level(15000, 256, 4)];
    const step = { x: 64, y: 64 };
    expect(firstTiles({ ...slide, levels })).toEqual([
      { url: "/tiles/s1/2/0/0", x: 0, y: 0, step },
      { url: "/tiles/s1/2/1/0", x: 32768, y: 0, step },
      { url: "/tiles/s1/2/0/1", x: 0, y: 32768, step },
      { url: "/tiles/s1/2/1/1", x: 32768, y: 32768, step },
    ]);
  });

  it("are not asked for where they are many", () => {
    expect(firstTiles({ ...slide, levels: [level(60000, 256, 1), level(15000, 256, 4)] })).toEqual([]);
    expect(firstTiles({ ...slide, levels: [] })).toEqual([]);
  });
});
