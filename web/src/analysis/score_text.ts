import type { ReadingResult } from "../api/readings";
import { number } from "../i18n/format";
import type { Language } from "../i18n/setup";

/** "21.4 %", or null for a result that carries no number. */
export function scoreText(result: ReadingResult, language: Language): string | null {
  if (result.status === "NOT_EVALUABLE" || result.score === null) return null;
  return `${number(result.score, language, 1)} ${result.unit}`;
}
