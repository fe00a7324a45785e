import { useTranslation } from "react-i18next";
import type { PersonRef } from "../api/people";
import { currentLanguage, isLanguage, type Language } from "./setup";

/** The sections of `vocabulary.json` that name a code. */
export type Section =
  | "role"
  | "case_status"
  | "priority"
  | "sex"
  | "marker"
  | "stain"
  | "control"
  | "slide_status"
  | "reading_status"
  | "decision"
  | "report_status"
  | "evaluability"
  | "procedure";

/** A code in the language of the screen; the code itself where the vocabulary does not know it. */
export function useWord(): (section: Section, code: string) => string {
  const { t } = useTranslation("vocabulary");
  return (section, code) => t(`${section}.${code}`, { defaultValue: code });
}

/** The language of the screen, as a value that makes the caller draw again when it changes. */
export function useLanguage(): Language {
  const { i18n } = useTranslation();
  return isLanguage(i18n.language) ? i18n.language : currentLanguage();
}

/** A person's name in the language of the screen. */
export function nameOf(person: Pick<PersonRef, "name" | "name_en">, language: Language): string {
  return language === "en" ? (person.name_en ?? person.name) : person.name;
}

/** The Chinese or the English one of a pair, the other where it is missing, "" where both are. */
export function pick(zh: string | null | undefined, en: string | null | undefined, language: Language): string {
  const [first, second] = language === "en" ? [en, zh] : [zh, en];
  return first || second || "";
}
