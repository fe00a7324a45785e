import { useTranslation } from "react-i18next";

export interface Choice {
  value: string;
  label: string;
}

function useSection(section: string): Choice[] {
  const { t } = useTranslation("vocabulary");
  const words: unknown = t(section, { returnObjects: true });
  if (typeof words !== "object" || words === null) return [];
  return Object.entries(words).map(([value, label]) => ({ value, label: String(label) }));
}

/** The sites a specimen can come from, by SNOMED CT code, in the language of the screen. */
export function useSites(): Choice[] {
  return useSection("site");
}

/** How a specimen was taken. */
export function useProcedures(): Choice[] {
  return useSection("procedure");
}
