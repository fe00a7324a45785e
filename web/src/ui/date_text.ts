/** A day as people type it (`19700131`, `1970/1/31`, `1970.01.31`, `1970年1月31日`) as `1970-01-31`, or null. */
export function readDay(text: string): string | null {
  const digits = /^(\d{4})(\d{2})(\d{2})$/.exec(text.trim());
  const parted = /^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$/.exec(text.trim());
  const found = digits ?? parted;
  if (found === null) return null;
  const [year, month, day] = found.slice(1).map(Number);
  if (year === undefined || month === undefined || day === undefined) return null;
  const date = new Date(Date.UTC(year, month - 1, day));
  // 31 April is not 1 May.
  if (date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  return date.toISOString().slice(0, 10);
}
