import { describe, expect, it } from "vitest";
import { readDay } from "./date_text";

describe("a typed day", () => {
  it.each([
    ["1970-01-31", "1970-01-31"],
    ["19700131", "1970-01-31"],
    ["1970/1/3", "1970-01-03"],
    ["1970.01.31", "1970-01-31"],
    ["1970年1月31日", "1970-01-31"],
    [" 2024-02-29 ", "2024-02-29"],
  ])("%s is %s", (text, day) => {
    expect(readDay(text)).toBe(day);
  });

  it.each(["", "31/01/1970", "1970-02-30", "2023-02-29", "1970-13-01", "1970", "yesterday"])("%s is none", (text) => {
    expect(readDay(text)).toBeNull();
  });
});
