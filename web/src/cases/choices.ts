import { useTranslation } from "react-i18next";
import { useLanguage } from "../i18n/words";

export interface Choice {
  value: string;
  label: string;
}

function useSection(section: string): Choice[] {
  const { t } = useTranslation("vocabulary");
  const language = useLanguage();
  const words: unknown = t(section, { returnObjects: true });
  if (typeof words !== "object" || words === null) return [];
  const collator = new Intl.Collator(language);
  return Object.entries(words)
    .map(([value, label]) => ({ value, label: String(label) }))
    .sort((one, other) => collator.compare(one.label, other.label));
}

/** The sites a specimen can come from, by SNOMED CT code, in the language of the screen. */
export function useSites(): Choice[] {
  return useSection("site");
}

/** How a specimen was taken. */
export function useProcedures(): Choice[] {
  return useSection("procedure");
}
