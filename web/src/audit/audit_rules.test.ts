import { describe, expect, it } from "vitest";
import { isView, shortValue } from "./event_words";
import { dayStart, readAuditFilters, toAuditQuery, writeAuditFilters } from "./filters";

describe("the trail's filters", () => {
  it("come back from the address as they went in", () => {
    const filters = { caseId: "c1", personId: "p1", action: "report.sign", from: "2026-03-01", to: "2026-03-02" };
    expect(readAuditFilters(new URLSearchParams(writeAuditFilters(filters).toString()))).toEqual(filters);
  });

  it("ignore days that are none", () => {
    expect(readAuditFilters(new URLSearchParams("from=yesterday")).from).toBeNull();
  });

  it("include the whole last day", () => {
    const query = toAuditQuery({ caseId: null, personId: null, action: null, from: "2026-03-01", to: "2026-03-01" });
    expect(query).toEqual({ from: dayStart("2026-03-01"), to: dayStart("2026-03-02") });
  });
});

describe("an event", () => {
  it.each(["case.read", "slide.view", "report.pdf", "slide.associated", "slide.colour"])("%s only looks", (action) => {
    expect(isView(action)).toBe(true);
  });

  it.each(["report.sign", "case.assign", "reading.review", "colour.check"])("%s changes something", (action) => {
    expect(isView(action)).toBe(false);
  });
});

describe("a detail's value", () => {
  it.each([
    [null, ""],
    [3, "3"],
    [false, "false"],
    [{}, ""],
    [{ a: 1 }, '{"a":1}'],
    ["f".repeat(64), `${"f".repeat(12)}…`],
    ["长".repeat(80), `${"长".repeat(63)}…`],
  ])("%j is shown as %s", (value, shown) => {
    expect(shortValue(value)).toBe(shown);
  });
});
