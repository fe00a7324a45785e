import { describe, expect, it } from "vitest";

import { startOf } from "./view_position";

describe("what a viewer shows first", () => {
  it("is the field that a key image's link names", () => {
    expect(startOf("?x=100&y=0&w=1600&h=1200", "")).toEqual({ field: { x: 100, y: 0, width: 1600, height: 1200 } });
  });

  it("is where the reader went since, when the page is loaded again", () => {
    expect(startOf("?x=100&y=200&w=1600&h=1200", "#x=5&y=6&d=4")).toEqual({
      position: { x: 5, y: 6, downsample: 4, rotation: 0 },
    });
  });

  it.each(["", "?reading=r1", "?x=1&y=2&w=3", "?x=1&y=2&w=0&h=5", "?x=1&y=2&w=a&h=5", "?x=1&y=2&w=&h=5"])(
    "is the whole slide for %s",
    (search) => expect(startOf(search, "")).toBeNull(),
  );
});
