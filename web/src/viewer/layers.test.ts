import { describe, expect, it } from "vitest";

import { colourOf, firstLayer, isLayered, layerQuery, nextChannel, stepPlane } from "./layers";
import type { LayeredSlide } from "./layers";

const channel = (name: string) => ({ name, wavelength_nm: null, colour: [0, 128, 255] });
const plain: LayeredSlide = { planes: [{ offset_um: null }], shown_plane: 0, channels: [] };
const deep: LayeredSlide = {
  planes: [{ offset_um: -1 }, { offset_um: 0 }, { offset_um: 1 }],
  shown_plane: 1,
  channels: [channel("DAPI"), channel("Cy5")],
};

describe("layers of a slide", () => {
  it("has nothing to choose in a plain slide", () => {
    expect(isLayered(plain)).toBe(false);
    expect(isLayered(deep)).toBe(true);
  });

  it("asks for nothing special at first", () => {
    expect(layerQuery(deep, firstLayer(deep))).toBe("");
  });

  it("names plane and channel in a tile's address", () => {
    expect(layerQuery(deep, { plane: 2, channel: null })).toBe("?plane=2");
    expect(layerQuery(deep, { plane: 1, channel: 0 })).toBe("?channel=0");
    expect(layerQuery(deep, { plane: 0, channel: 1 })).toBe("?plane=0&channel=1");
  });

  it("stays at the highest and the lowest plane", () => {
    expect(stepPlane(deep, { plane: 2, channel: null }, 1).plane).toBe(2);
    expect(stepPlane(deep, { plane: 0, channel: null }, -1).plane).toBe(0);
    expect(stepPlane(deep, { plane: 1, channel: 1 }, 1)).toEqual({ plane: 2, channel: 1 });
  });

  it("goes through the channels and back to all of them", () => {
    const seen = [firstLayer(deep)];
    for (let i = 0; i < 3; i += 1) seen.push(nextChannel(deep, seen.at(-1) ?? firstLayer(deep)));
    expect(seen.map((layer) => layer.channel)).toEqual([null, 0, 1, null]);
  });

  it("writes a channel's colour as CSS has it", () => {
    expect(colourOf(channel("DAPI"))).toBe("#0080ff");
  });
});
