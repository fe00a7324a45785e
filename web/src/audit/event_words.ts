import { useTranslation } from "react-i18next";
import type { AuditEvent } from "../api/audit";

/** An action such as `report.sign` in words; the code itself where the catalogue has none. */
export function useActionWords(): (action: string) => string {
  const { t } = useTranslation("screen");
  return (action) => t(`audit.action.${action}`, { defaultValue: action });
}

/** The details of an event as short `name: value` pairs; nested values as JSON. */
export function detailPairs(detail: AuditEvent["detail"]): string[] {
  return Object.entries(detail)
    .filter(([, value]) => value !== null && value !== "")
    .map(([name, value]) => {
      const text = typeof value === "string" || typeof value === "number" ? String(value) : JSON.stringify(value);
      return `${name}: ${text.length > 80 ? `${text.slice(0, 79)}…` : text}`;
    });
}
