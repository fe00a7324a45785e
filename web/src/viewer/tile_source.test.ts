import OpenSeadragon from "openseadragon";
import { describe, expect, it } from "vitest";

import { SlideTileSource, tileUrl } from "./tile_source";

const level = (width: number, height: number, tile: number) => ({
  width,
  height,
  downsample: 46001 / width,
  tile_width: tile,
  tile_height: tile,
  columns: Math.ceil(width / tile),
  rows: Math.ceil(height / tile),
});

const slide = {
  width: 46001,
  height: 32914,
  tile_url: "/tiles/s1/{level}/{column}/{row}",
  levels: [level(46001, 32914, 256), level(11500, 8228, 240), level(1437, 1028, 256)],
};

describe("the tile source", () => {
  const source = new SlideTileSource(slide);

  it("gives OpenSeadragon the coarsest level as its level 0", () => {
    expect(source.maxLevel).toBe(2);
    expect(source.getTileUrl(0, 1, 2)).toBe("/tiles/s1/2/1/2");
    expect(source.getTileUrl(2, 10, 20)).toBe("/tiles/s1/0/10/20");
  });

  it("scales each level by its true step, not by powers of two", () => {
    expect(source.getLevelScale(2)).toBe(1);
    expect(source.getLevelScale(1)).toBe(1 / 4);
    expect(source.getLevelScale(0)).toBe(1 / 32);
  });

  it("counts the tiles of the file", () => {
    expect(source.getNumTiles(1)).toMatchObject({ x: 48, y: 35 });
    expect(source.getTileWidth(1)).toBe(240);
  });

  it("asks for every tile of a level by bounds that hold its centre", () => {
    for (const osdLevel of [0, 1, 2]) {
      const tiles = source.getNumTiles(osdLevel);
      for (const x of [0, Math.floor(tiles.x / 2), tiles.x - 1]) {
        for (const y of [0, Math.floor(tiles.y / 2), tiles.y - 1]) {
          const bounds = source.getTileBounds(osdLevel, x, y);
          const centre = new OpenSeadragon.Point(bounds.x + bounds.width / 2, bounds.y + bounds.height / 2);
          expect(source.getTileAtPoint(osdLevel, centre)).toMatchObject({ x, y });
        }
      }
    }
  });

  it("gives the last tile at the far corner of the slide", () => {
    const corner = new OpenSeadragon.Point(1, 32914 / 46001);
    expect(source.getTileAtPoint(2, corner)).toMatchObject({ x: 179, y: 128 });
    expect(source.tileExists(2, 179, 128)).toBe(true);
    expect(source.tileExists(2, 180, 128)).toBe(false);
  });

  it("draws no more of a tile than the level holds", () => {
    expect(source.getTileBounds(2, 179, 128, true)).toMatchObject({
      width: 46001 - 179 * 256,
      height: 32914 - 128 * 256,
    });
  });

  it("lays the thumbnail under a slide that has no coarse level", () => {
    const single = { ...slide, levels: [level(46001, 32914, 256)] };
    const overview = { url: "/thumbnail", width: 1024, height: 733 };
    const laid = new SlideTileSource(single, overview);
    expect(laid.maxLevel).toBe(1);
    expect(laid.getTileUrl(0, 0, 0)).toBe("/thumbnail");
    expect(laid.getTileBounds(0, 0, 0)).toMatchObject({ x: 0, y: 0, width: 1, height: 32914 / 46001 });
    expect(laid.storedLevel(0)).toBeNull();
    expect(new SlideTileSource(slide, overview).maxLevel).toBe(2);
  });
});

describe("a tile's address", () => {
  it("keeps the version of the content, with the layer behind it", () => {
    const source = new SlideTileSource({ ...slide, tile_url: "/tiles/s1/{level}/{column}/{row}?v=2.ab" });
    expect(source.getTileUrl(2, 1, 2)).toBe("/tiles/s1/0/1/2?v=2.ab");
    source.query = "?plane=1&channel=0";
    expect(source.getTileUrl(2, 1, 2)).toBe("/tiles/s1/0/1/2?v=2.ab&plane=1&channel=0");
    const plain = new SlideTileSource(slide);
    plain.query = "?plane=1";
    expect(plain.getTileUrl(2, 1, 2)).toBe("/tiles/s1/0/1/2?plane=1");
  });

  it("has level, column and row filled in", () => {
    expect(tileUrl("/tiles/abc/{level}/{column}/{row}", 3, 14, 15)).toBe("/tiles/abc/3/14/15");
  });
});
