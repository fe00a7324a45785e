import { describe, expect, it } from "vitest";

import { applyTable, parseTable } from "./colour_table";
import type { ColourTable } from "./colour_table";

/** A table as the server sends it; `shown` of a node's red, green, blue, each 0 to 1. */
function sent(size: number, shown: (r: number, g: number, b: number) => readonly number[]): ArrayBuffer {
  const data = new ArrayBuffer(8 + 6 * size ** 3);
  const view = new DataView(data);
  [0x43, 0x56, 0x4c, 0x31].forEach((letter, i) => view.setUint8(i, letter));
  view.setUint32(4, size, true);
  for (let i = 0; i < size ** 3; i++) {
    const node = [i % size, Math.floor(i / size) % size, Math.floor(i / size ** 2)].map((n) => n / (size - 1));
    const [r = 0, g = 0, b = 0] = node;
    shown(r, g, b).forEach((value, channel) => {
      view.setUint16(8 + 2 * (3 * i + channel), Math.round(value * 65535), true);
    });
  }
  return data;
}

function through(table: ColourTable, ...colours: number[]): number[] {
  const pixels = new Uint8ClampedArray(colours);
  applyTable(table, pixels);
  return [...pixels];
}

describe("a colour table", () => {
  it("that changes nothing gives every colour back", () => {
    const table = parseTable(
      sent(33, (r, g, b) => [r, g, b]),
      "srgb",
    );
    for (let value = 0; value < 256; value++) {
      const colour = [value, 255 - value, (value * 7) % 256, 255];
      expect(through(table, ...colour)).toEqual(colour);
    }
  });

  it("has red as its first axis", () => {
    const table = parseTable(
      sent(3, (r, g, b) => [b, r, g]),
      "srgb",
    );
    expect(through(table, 255, 128, 0, 255)).toEqual([0, 255, 128, 255]);
  });

  it("is read between its nodes in straight lines", () => {
    const table = parseTable(
      sent(2, (r, g, b) => [r * g * b, 1 - r, 0.5]),
      "srgb",
    );
    expect(through(table, 128, 128, 128, 9)).toEqual([32, 127, 128, 9]);
  });

  it("reaches its last node", () => {
    const table = parseTable(
      sent(33, (r, g, b) => [1 - r, 1 - g, 1 - b]),
      "display-p3",
    );
    expect(table.space).toBe("display-p3");
    expect(through(table, 255, 255, 255, 255, 0, 0, 0, 255)).toEqual([0, 0, 0, 255, 255, 255, 255, 255]);
  });

  it.each([
    ["nothing", new ArrayBuffer(0)],
    ["another file", new TextEncoder().encode("%PDF-1.7 of some length").buffer],
    ["a table cut off", sent(3, () => [0, 0, 0]).slice(0, -1)],
    ["a table of one node", sent(1, () => [0, 0, 0])],
  ])("is not made of %s", (_, data) => {
    expect(() => parseTable(data, "srgb")).toThrow(RangeError);
  });
});
