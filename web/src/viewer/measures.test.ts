import { describe, expect, it } from "vitest";

import { nativePower, pixelRatioOf, presetText, zoomText } from "./magnification";
import { scaleBar } from "./scale_bar";
import { formatPosition, parsePosition } from "./view_position";

describe("objective power", () => {
  it("comes from the file where the file says it", () => {
    expect(nativePower({ objective_power: 20, spacing_um_x: 0.25 })).toEqual({ power: 20, source: "file" });
  });

  it("follows from the spacing at 10 um per pixel for 1x where the file says no objective", () => {
    expect(nativePower({ objective_power: null, spacing_um_x: 0.25 })).toEqual({ power: 40, source: "spacing" });
  });

  it("is unknown without both, and zoom is then a share of native pixels", () => {
    const native = nativePower({ objective_power: null, spacing_um_x: null });
    expect(native).toEqual({ power: null, source: "unknown" });
    expect(zoomText(native, 0.5)).toBe("50 %");
  });

  it.each([
    [1, "40x"],
    [0.5, "20x"],
    [1 / 32, "1.25x"],
    [0.0625, "2.5x"],
    [0.31, "12.4x"],
    [0.005, "0.2x"],
  ])("at %d CSS pixels per slide pixel of a 40x slide reads %s", (ratio, text) => {
    expect(zoomText({ power: 40, source: "file" }, ratio)).toBe(text);
  });

  it("names presets by power, or by the share of native pixels", () => {
    expect(presetText({ power: 40, source: "file" }, 1.25)).toBe("1.25x");
    expect(presetText({ power: null, source: "unknown" }, 1.25)).toBe("3.1 %");
  });

  it("of a preset gives the zoom that shows it", () => {
    expect(pixelRatioOf({ power: 20, source: "file" }, 10)).toBe(0.5);
    expect(pixelRatioOf({ power: null, source: "unknown" }, 40)).toBe(1);
    expect(pixelRatioOf({ power: null, source: "unknown" }, 20)).toBe(0.5);
  });
});

describe("the scale bar", () => {
  it("is absent where the spacing is unknown", () => {
    expect(scaleBar(null, 1)).toBeNull();
    expect(scaleBar(0, 1)).toBeNull();
  });

  it.each([
    [0.25, 1, "20 µm", 80],
    [0.25, 0.5, "50 µm", 100],
    [0.25, 1 / 32, "1 mm", 125],
    [0.5, 0.01, "5 mm", 100],
    [0.2527, 1, "20 µm", 20 / 0.2527],
    [0.01, 4, "0.2 µm", 80],
  ])("at %d um/px and %d CSS px per pixel is %s in %d px", (spacing, ratio, text, width) => {
    const bar = scaleBar(spacing, ratio);
    expect(bar?.text).toBe(text);
    expect(bar?.width).toBeCloseTo(width, 6);
  });

  it("is never wider than asked, and at least two fifths of it", () => {
    for (let ratio = 0.001; ratio < 20; ratio *= 1.07) {
      const width = scaleBar(0.2431, ratio, 160)?.width ?? 0;
      expect(width).toBeLessThanOrEqual(160.0001);
      expect(width).toBeGreaterThanOrEqual(63.9);
    }
  });
});

describe("the position in the address", () => {
  it("survives the way there and back", () => {
    const position = { x: 12034, y: 501, downsample: 3.5, rotation: 90 };
    expect(parsePosition(formatPosition(position))).toEqual(position);
  });

  it("leaves out a rotation of zero and turns whole circles away", () => {
    expect(formatPosition({ x: 1.6, y: 2, downsample: 1, rotation: -720 })).toBe("#x=2&y=2&d=1");
    expect(formatPosition({ x: 1, y: 2, downsample: 1, rotation: -90 })).toBe("#x=1&y=2&d=1&r=270");
  });

  it.each(["", "#", "#x=1&y=2", "#x=a&y=2&d=1", "#x=1&y=2&d=0", "#x=1&y=2&d=-4", "#x=&y=2&d=1"])(
    "is refused where the hash is %j",
    (hash) => expect(parsePosition(hash)).toBeNull(),
  );
});
