import { useTranslation } from "react-i18next";
import type { ReadingResult } from "../api/readings";
import { number } from "../i18n/format";
import { useLanguage, useWord } from "../i18n/words";

/** A score with its unit and 95 % interval; words where the rules refused a number, "" where there is none yet. */
export function useScore(): (result: ReadingResult | null) => string {
  const { t } = useTranslation("screen");
  const word = useWord();
  const language = useLanguage();
  return (result) => {
    if (result === null) return "";
    if (result.score === null) return word("evaluability", result.status);
    const score = `${number(result.score, language, 1)}${result.unit === "%" ? "%" : ` ${result.unit}`}`;
    if (result.interval === null) return score;
    const [low, high] = result.interval;
    return t("reading.score_interval", { score, low: number(low, language, 1), high: number(high, language, 1) });
  };
}
