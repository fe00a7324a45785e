import { describe, expect, it } from "vitest";
import { age, date, dateTime, elapsed, fileSize, number } from "./format";
import { initialLanguage } from "./setup";

const WORDS = { years: (n: number) => `${n}y`, months: (n: number) => `${n}m`, days: (n: number) => `${n}d` };
const TODAY = new Date(2026, 2, 15);

describe("dates", () => {
  it("are shown in the reader's time zone, sortable", () => {
    expect(dateTime("2026-03-01T06:05:00Z", "Asia/Shanghai")).toBe("2026-03-01 14:05");
    expect(dateTime("2026-03-01T23:30:00Z", "Asia/Shanghai")).toBe("2026-03-02 07:30");
  });

  it("of midnight say 00, not 24", () => {
    expect(dateTime("2026-03-01T16:00:00Z", "Asia/Shanghai")).toBe("2026-03-02 00:00");
  });

  it("of birth are not moved by a time zone", () => {
    expect(date("1970-01-01", "America/Los_Angeles")).toBe("1970-01-01");
  });

  it("that are missing are empty", () => {
    expect([dateTime(null), dateTime(undefined), date(null), dateTime("soon")]).toEqual(["", "", "", ""]);
  });
});

describe("an age", () => {
  it.each([
    ["1970-03-15", "56y"],
    ["1970-03-16", "55y"],
    ["2024-03-15", "2y"],
    ["2024-03-16", "23m"],
    ["2026-01-15", "2m"],
    ["2026-01-16", "58d"],
    ["2026-03-15", "0d"],
    ["2026-03-16", ""],
  ])("of somebody born on %s is %s", (born, expected) => {
    expect(age(born, TODAY, WORDS)).toBe(expected);
  });

  it("of an unknown birth date is empty", () => {
    expect(age(null, TODAY, WORDS)).toBe("");
  });
});

describe("sizes and numbers", () => {
  it.each([
    [0, "0 B"],
    [1023, "1,023 B"],
    [1536, "1.5 KiB"],
    [1.4 * 1024 ** 3, "1.4 GiB"],
    [5000 * 1024 ** 4, "5,000 TiB"],
  ])("%d bytes are %s", (bytes, expected) => {
    expect(fileSize(bytes, "en")).toBe(expected);
  });

  it("unknown sizes are empty", () => {
    expect(fileSize(null, "zh-CN")).toBe("");
  });

  it("numbers have exactly the decimals asked for", () => {
    expect(number(12.34, "zh-CN", 1)).toBe("12.3");
    expect(number(12, "en", 1)).toBe("12.0");
  });
});

describe("elapsed time", () => {
  it("is split into days, hours and minutes", () => {
    expect(elapsed("2026-03-01T00:00:00Z", "2026-03-03T05:07:59Z")).toEqual({ days: 2, hours: 5, minutes: 7 });
  });

  it("is never negative, when clocks disagree", () => {
    expect(elapsed("2026-03-01T00:00:10Z", "2026-03-01T00:00:00Z")).toEqual({ days: 0, hours: 0, minutes: 0 });
  });
});

describe("the first language", () => {
  it.each([
    [null, ["zh-CN", "en"], "zh-CN"],
    [null, ["en-GB"], "en"],
    [null, ["de-DE", "en-US"], "en"],
    [null, ["fr-FR"], "zh-CN"],
    [null, ["zh-TW"], "zh-CN"],
    ["en", ["zh-CN"], "en"],
    ["nonsense", ["zh-CN"], "zh-CN"],
  ])("with %s chosen before and a browser that speaks %j is %s", (stored, spoken, expected) => {
    expect(initialLanguage(stored, spoken)).toBe(expected);
  });
});
