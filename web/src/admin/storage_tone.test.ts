import { describe, expect, it } from "vitest";
import type { StorageOverview } from "../api/storage";
import { soundnessOf } from "./storage_tone";

const CHECK = {
  id: "1",
  started_at: "2026-01-01T00:00:00Z",
  finished_at: null,
  checked: 1,
  checked_bytes: 1,
  wrong: 0,
  missing: 0,
  repaired: 0,
  unreadable: 0,
};
const STATE: StorageOverview = {
  tiers: [],
  cold_there: false,
  remote: false,
  replica: null,
  fixity_days: 30,
  longest_unchecked: null,
  overdue: false,
  last_check: CHECK,
  open_findings: 0,
  to_release: 0,
  cache_used: 0,
  cache_limit: 1,
};

describe("the state of all bytes", () => {
  it("is sound where the last check found nothing", () => expect(soundnessOf(STATE)).toBe("sound"));
  it("is unknown before the first check", () => expect(soundnessOf({ ...STATE, last_check: null })).toBe("unchecked"));
  it("is late where the cycle is not kept", () => expect(soundnessOf({ ...STATE, overdue: true })).toBe("overdue"));
  it("names bytes that could not be read", () =>
    expect(soundnessOf({ ...STATE, overdue: true, last_check: { ...CHECK, unreadable: 1 } })).toBe("unreadable"));
  it("names damage before anything else", () =>
    expect(soundnessOf({ ...STATE, overdue: true, open_findings: 1 })).toBe("damaged"));
});
