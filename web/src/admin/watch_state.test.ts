import { describe, expect, it } from "vitest";
import type { WatchedFolder } from "../api/watch";
import { problemsOf, stateOf, toneOf } from "./watch_state";

const folder: WatchedFolder = {
  id: "f",
  path: "/scanner",
  enabled: true,
  after_taking: "keep",
  after_days: 7,
  quiet_seconds: 30,
  skip_existing: false,
  state: "watching",
  problem: null,
  scanned_at: "2026-01-01T00:00:00Z",
  is_watched_now: true,
  counts: { matched: 4, failed: 2, refused: 1, waiting: 1 },
};

describe("a watched folder", () => {
  it("is watched only while a process holds it", () => {
    expect(stateOf(folder)).toBe("watching");
    expect(stateOf({ ...folder, is_watched_now: false })).toBe("idle");
    expect(stateOf({ ...folder, is_watched_now: false, scanned_at: null, state: "new" })).toBe("new");
    expect(stateOf({ ...folder, enabled: false })).toBe("paused");
    expect(stateOf({ ...folder, state: "unreachable" })).toBe("unreachable");
  });

  it("is green only where nothing waits for anybody", () => {
    expect(toneOf(folder)).toBe("warning");
    expect(toneOf({ ...folder, counts: { matched: 4, waiting: 1 } })).toBe("warning");
    expect(toneOf({ ...folder, counts: { matched: 4 } })).toBe("done");
  });

  it("has as many problems as slides that need somebody", () => {
    expect(problemsOf(folder)).toBe(4);
    expect(problemsOf({ ...folder, counts: {} })).toBe(0);
  });
});
