import { describe, expect, it } from "vitest";
import { afterMessage, conflicts, type OtherTabs } from "./open_cases";

const none: OtherTabs = new Map();

describe("cases open in other tabs", () => {
  it("warn when they are other cases", () => {
    const others = afterMessage(none, { kind: "open", tab: "b", caseId: "c2", accession: "B2" }, "a");
    expect(conflicts(others, "c1")).toEqual(["B2"]);
  });

  it("do not warn for the same case twice", () => {
    const others = afterMessage(none, { kind: "open", tab: "b", caseId: "c1", accession: "B1" }, "a");
    expect(conflicts(others, "c1")).toEqual([]);
  });

  it("are forgotten when their tab closes", () => {
    const others = afterMessage(none, { kind: "open", tab: "b", caseId: "c2", accession: "B2" }, "a");
    expect(conflicts(afterMessage(others, { kind: "close", tab: "b" }, "a"), "c1")).toEqual([]);
  });

  it("do not count the own tab", () => {
    expect(afterMessage(none, { kind: "open", tab: "a", caseId: "c1", accession: "B1" }, "a").size).toBe(0);
  });

  it("follow a tab that goes on to another case", () => {
    let others = afterMessage(none, { kind: "open", tab: "b", caseId: "c2", accession: "B2" }, "a");
    others = afterMessage(others, { kind: "open", tab: "b", caseId: "c3", accession: "B3" }, "a");
    expect(conflicts(others, "c1")).toEqual(["B3"]);
  });
});
