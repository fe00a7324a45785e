import type { Language } from "./setup";

/** Words for a unit of age; the caller passes the translated ones. */
export interface AgeWords {
  years: (count: number) => string;
  months: (count: number) => string;
  days: (count: number) => string;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function parts(iso: string, timeZone: string | undefined): Record<string, string> {
  const formatter = new Intl.DateTimeFormat("en-GB", {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...(timeZone === undefined ? {} : { timeZone }),
  });
  return Object.fromEntries(formatter.formatToParts(new Date(iso)).map((part) => [part.type, part.value]));
}

/** `2026-03-01 14:05` in the reader's time zone: the same, sortable form in both languages. */
export function dateTime(iso: string | null | undefined, timeZone?: string): string {
  if (iso === null || iso === undefined || Number.isNaN(Date.parse(iso))) return "";
  const p = parts(iso, timeZone);
  return `${p["year"]}-${p["month"]}-${p["day"]} ${p["hour"]}:${p["minute"]}`;
}

/** `2026-03-01`; a plain date (a birth date) is never moved by a time zone. */
export function date(iso: string | null | undefined, timeZone?: string): string {
  if (iso === null || iso === undefined) return "";
  if (/^\d{4}-\d{2}-\d{2}$/.test(iso)) return iso;
  return dateTime(iso, timeZone).slice(0, 10);
}

/** Age on `today`: years, below two years months, below two months days. Empty when the birth date is unknown. */
export function age(birthDate: string | null | undefined, today: Date, words: AgeWords): string {
  if (birthDate === null || birthDate === undefined) return "";
  const [year, month, day] = birthDate.split("-").map(Number);
  if (year === undefined || month === undefined || day === undefined) return "";
  const months = (today.getFullYear() - year) * 12 + today.getMonth() + 1 - month - (today.getDate() < day ? 1 : 0);
  if (months < 0) return "";
  if (months >= 24) return words.years(Math.floor(months / 12));
  if (months >= 2) return words.months(months);
  return words.days(Math.floor((today.getTime() - new Date(year, month - 1, day).getTime()) / DAY));
}

/** Bytes in binary steps: `1.4 GiB`. */
export function fileSize(bytes: number | null | undefined, language: Language): string {
  if (bytes === null || bytes === undefined) return "";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${number(value, language, digits)} ${units[unit] ?? ""}`;
}

/** A number with the language's separators and exactly `digits` decimals. */
export function number(value: number, language: Language, digits = 0): string {
  return new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(
    value,
  );
}

/** How long a case has waited, as whole days and hours, or hours and minutes below one day. */
export interface Elapsed {
  days: number;
  hours: number;
  minutes: number;
}

export function elapsed(from: string, to: Date | string): Elapsed {
  const end = typeof to === "string" ? Date.parse(to) : to.getTime();
  const span = Math.max(0, end - Date.parse(from));
  return {
    days: Math.floor(span / DAY),
    hours: Math.floor((span % DAY) / HOUR),
    minutes: Math.floor((span % HOUR) / MINUTE),
  };
}
