import { describe, expect, it } from "vitest";
import type { WaitingSlide } from "../api/slides";
import { blockName, obvious, stepped } from "./places";

function waiting(id: string, contradicted = false): WaitingSlide {
  return { id, contradictions: contradicted ? [{ code: "match_other_barcode" }] : [] } as unknown as WaitingSlide;
}

describe("the place that is chosen by itself", () => {
  it("is the only slide that waits, or the only one against which nothing speaks", () => {
    expect(obvious([waiting("a", true)])?.id).toBe("a");
    expect(obvious([waiting("a", true), waiting("b")])?.id).toBe("b");
    expect(obvious([waiting("a"), waiting("b")])).toBeUndefined();
    expect(obvious([])).toBeUndefined();
  });
});

describe("a block", () => {
  it("is called with its specimen once", () => {
    expect([blockName("A", "1"), blockName("A", "A1"), blockName("a", "A1")]).toEqual(["A1", "A1", "A1"]);
  });
});

describe("stepping through a list", () => {
  it("goes round, and begins at the end that it comes from", () => {
    expect([stepped(["a", "b"], "b", 1), stepped(["a", "b"], "a", -1)]).toEqual(["a", "b"]);
    expect([stepped(["a", "b"], undefined, 1), stepped(["a", "b"], "gone", -1)]).toEqual(["a", "b"]);
    const none: string[] = [];
    expect(stepped(none, undefined, 1)).toBeUndefined();
  });
});
