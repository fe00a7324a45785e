import { describe, expect, it } from "vitest";
import type { ReadingSummary } from "../api/readings";
import type { SlideSummary } from "../api/slides";
import { obstacles, type Citable } from "./citations";

const slide: SlideSummary = {
  id: "s1",
  label: "5",
  barcode: null,
  stain: "ihc-dab",
  marker: "ki67",
  clone: null,
  control_status: "unknown",
  status: "ready",
  failure_code: null,
  failure: null,
  failure_mend: null,
  format: null,
  size_bytes: null,
  received_at: null,
  width: null,
  height: null,
  spacing_um: null,
  objective_power: null,
  readings: [],
};

function cited(decision: ReadingSummary["decision"]): Citable {
  const reading: ReadingSummary = {
    id: "r1",
    marker: "ki67",
    algorithm: "ki67-classical",
    status: "finished",
    tiles_done: 1,
    tiles_total: 1,
    decision,
    requested_at: "2026-03-01T08:00:00Z",
    result: null,
  };
  return { slide, name: "A1-5", reading };
}

describe("what stands in the way of signing", () => {
  it("is an empty diagnosis, spaces included", () => {
    expect(obstacles({ revision: 1, diagnosis: "  " }, [])).toEqual([{ kind: "diagnosis_missing" }]);
  });

  it.each([
    ["pending", "reading_pending"],
    ["rejected", "reading_rejected"],
  ] as const)("is a cited reading that is %s", (decision, kind) => {
    expect(obstacles({ revision: 1, diagnosis: "x", reading_ids: ["r1"] }, [cited(decision)])).toEqual([
      { kind, marker: "ki67", slide: "A1-5" },
    ]);
  });

  it.each(["accepted", "edited"] as const)("is not a cited reading that is %s", (decision) => {
    expect(obstacles({ revision: 1, diagnosis: "x", reading_ids: ["r1"] }, [cited(decision)])).toEqual([]);
  });

  it("is not a reading that is not cited", () => {
    expect(obstacles({ revision: 1, diagnosis: "x", reading_ids: [] }, [cited("pending")])).toEqual([]);
  });
});
