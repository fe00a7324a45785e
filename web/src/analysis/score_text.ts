import type { ReadingResult } from "../api/readings";
import { number } from "../i18n/format";
import type { Language } from "../i18n/setup";

/** "21.4 %", "21.4%" in Chinese; or null for a result that carries no number. */
export function scoreText(result: ReadingResult, language: Language): string | null {
  if (result.status === "NOT_EVALUABLE" || result.score === null) return null;
  return valueText(result.score, result.unit, language);
}

/** A value to one decimal with its unit; Chinese sets no space before the per cent sign. */
export function valueText(value: number, unit: string, language: Language): string {
  const space = unit === "" || (language === "zh-CN" && unit === "%") ? "" : " ";
  return `${number(value, language, 1)}${space}${unit}`;
}
