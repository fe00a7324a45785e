import { useTranslation } from "react-i18next";
import type { AuditEvent } from "../api/audit";
import { useWord, type Section } from "../i18n/words";

/** An action such as `report.sign` in words; the code itself where the catalogue has none. */
export function useActionWords(): (action: string) => string {
  const { t } = useTranslation("screen");
  return (action) => t(`audit.action.${action}`, { defaultValue: action });
}

/** Which vocabulary a detail's value is a code of. */
const VOCABULARY: Partial<Record<string, Section>> = {
  from: "case_status",
  to: "case_status",
  statuses: "case_status",
  roles: "role",
  marker: "marker",
  priority: "priority",
  stain: "stain",
  control_status: "control",
};

const LONGEST = 64;
const DIGEST = /^[0-9a-f]{64}$/;

/** A value in short: numbers and words as they are, the rest as JSON. Empty ones are "". */
export function shortValue(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text =
    typeof value === "string" || typeof value === "number" || typeof value === "boolean"
      ? String(value)
      : Object.keys(value).length === 0
        ? ""
        : JSON.stringify(value);
  if (DIGEST.test(text)) return `${text.slice(0, 12)}…`;
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** The details of an event as `name: value`, named in the language of the screen. */
export function useDetails(): (detail: AuditEvent["detail"]) => string {
  const { t } = useTranslation("screen");
  const word = useWord();
  const inWords = (name: string, value: unknown): string => {
    if (Array.isArray(value)) return value.map((part) => inWords(name, part)).join(t("punctuation.list"));
    const text = shortValue(value);
    if (text === "") return "";
    const section = VOCABULARY[name];
    return section === undefined ? t(`audit.value.${text}`, { defaultValue: text }) : word(section, text);
  };
  return (detail) =>
    Object.entries(detail)
      .map(([name, value]) => ({
        name: t(`audit.detail.${name}`, { defaultValue: name }),
        value: inWords(name, value),
      }))
      .filter(({ value }) => value !== "")
      .map(({ name, value }) => t("audit.pair", { name, value }))
      .join(t("punctuation.semicolon"));
}

/** Whether an event only looked at something. */
export function isView(action: string): boolean {
  return /\.(read|view|open|list|associated|cells|unmatched|pdf|export|case|colour|target)$/.test(action);
}
