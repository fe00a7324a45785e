import { describe, expect, it } from "vitest";

import { foremost } from "./reading_order";
import type { Reading } from "../api/readings";

function reading(id: string, status: Reading["status"], requested_at: string): Reading {
  return { id, status, requested_at, result: status === "finished" ? {} : null } as Reading;
}

const old = reading("old", "finished", "2026-03-01T08:00:00Z");
const newer = reading("newer", "finished", "2026-03-02T08:00:00Z");
const stopped = reading("stopped", "cancelled", "2026-03-03T08:00:00Z");
const running = reading("running", "running", "2026-03-01T07:00:00Z");

describe("the reading shown first", () => {
  it("is the one that runs", () => expect(foremost([old, newer, stopped, running])?.id).toBe("running"));
  it("else the newest result, not a later attempt that was stopped", () =>
    expect(foremost([old, newer, stopped])?.id).toBe("newer"));
  it("else the newest attempt", () => expect(foremost([stopped])?.id).toBe("stopped"));
  it("is none without readings", () => expect(foremost([])).toBeNull());
});
