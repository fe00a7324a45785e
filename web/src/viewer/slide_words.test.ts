import { describe, expect, it } from "vitest";

import { neighbour } from "./slide_words";
import type { SlideSummary } from "../api/slides";

const row = (["a", "b", "c", "d"] as const).map(
  (id) => ({ id, status: id === "b" ? "expected" : "ready" }) as SlideSummary,
);

describe("the next slide", () => {
  it("is the next that can be read", () => expect(neighbour(row, "a", 1)?.id).toBe("c"));
  it("backwards alike", () => expect(neighbour(row, "c", -1)?.id).toBe("a"));
  it("does not go round at the ends", () => {
    expect(neighbour(row, "d", 1)).toBeNull();
    expect(neighbour(row, "a", -1)).toBeNull();
    expect(neighbour(row, "elsewhere", 1)).toBeNull();
  });
});
