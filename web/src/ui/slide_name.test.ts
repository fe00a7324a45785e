import { describe, expect, it } from "vitest";
import { slideName } from "./slide_name";

describe("a slide's name", () => {
  it.each([
    ["A1", "2", "A1-2"],
    ["A1", "A1-2", "A1-2"],
    ["A1", "A1", "A1"],
    ["", "7", "7"],
  ])("in block %s with label %s is %s", (block, label, name) => {
    expect(slideName(block, label)).toBe(name);
  });
});
