import { describe, expect, it } from "vitest";
import { countOf, DEFAULTS, OPEN, readFilters, sortedBy, toQuery, writeFilters, type Filters } from "./filters";
import { haste } from "./waiting";

describe("the filters in the address", () => {
  it("come back as they went in", () => {
    const filters: Filters = {
      scope: "drafted",
      assigned: "me",
      priority: "frozen",
      text: "张三 B2026",
      sort: "received_at",
      descending: false,
    };
    expect(readFilters(new URLSearchParams(writeFilters(filters).toString()))).toEqual(filters);
  });

  it("leave the address alone when nothing is chosen", () => {
    expect(writeFilters(DEFAULTS).toString()).toBe("");
  });

  it("fall back where the address is nonsense", () => {
    expect(readFilters(new URLSearchParams("scope=x&assigned=y&priority=z&sort=w"))).toEqual(DEFAULTS);
  });
});

describe("the question to the server", () => {
  it("asks for every open status by default, the most urgent first", () => {
    expect(toQuery(DEFAULTS)).toEqual({ status: [...OPEN], sort: "priority", descending: true });
  });

  it("asks for no status in particular when all are wanted", () => {
    expect(toQuery({ ...DEFAULTS, scope: "all" })).not.toHaveProperty("status");
  });
});

describe("the counts", () => {
  const counts = {
    registered: 1,
    awaiting_slides: 2,
    ready: 3,
    in_reading: 4,
    drafted: 5,
    signed: 60,
    amending: 7,
    cancelled: 80,
  };
  it.each([
    ["open", 22],
    ["all", 162],
    ["signed", 60],
  ] as const)("of %s are %d", (scope, expected) => {
    expect(countOf(scope, counts)).toBe(expected);
  });
});

describe("a click on a column's head", () => {
  it("sorts by it, then turns round", () => {
    const once = sortedBy(DEFAULTS, "received_at");
    expect([once.sort, once.descending]).toEqual(["received_at", true]);
    expect(sortedBy(once, "received_at").descending).toBe(false);
  });
});

describe("a frozen section", () => {
  const received_at = "2026-03-01T08:00:00Z";
  const at = (minutes: number): Date => new Date(Date.parse(received_at) + minutes * 60_000);
  it.each([
    [19.9, "none"],
    [20, "warning"],
    [29.9, "warning"],
    [30, "late"],
  ] as const)("after %d minutes: %s", (minutes, expected) => {
    expect(haste({ priority: "frozen", status: "ready", received_at }, at(minutes))).toBe(expected);
  });

  it("that is signed is never late", () => {
    expect(haste({ priority: "frozen", status: "signed", received_at }, at(500))).toBe("none");
  });

  it("is the only one with this clock", () => {
    expect(haste({ priority: "urgent", status: "ready", received_at }, at(500))).toBe("none");
  });
});
