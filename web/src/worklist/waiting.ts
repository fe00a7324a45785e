import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CaseSummary } from "../api/cases";
import { elapsed } from "../i18n/format";
import { CLOSED } from "./filters";

/** A frozen section is answered within 30 minutes of receipt; from 20 the row says so. */
export const FROZEN_LIMIT_MINUTES = 30;
export const FROZEN_WARNING_MINUTES = 20;

export type Haste = "none" | "warning" | "late";

/** Whether a frozen section that is still open comes near its limit, or is past it. */
export function haste(of: Pick<CaseSummary, "priority" | "status" | "received_at">, now: Date): Haste {
  if (of.priority !== "frozen" || CLOSED.includes(of.status)) return "none";
  const minutes = (now.getTime() - Date.parse(of.received_at)) / 60_000;
  if (minutes >= FROZEN_LIMIT_MINUTES) return "late";
  return minutes >= FROZEN_WARNING_MINUTES ? "warning" : "none";
}

/** The time, once a minute. */
export function useNow(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(new Date()), 60_000);
    return () => window.clearInterval(timer);
  }, []);
  return now;
}

/** A span of time in the two largest units that matter. */
export function useSpan(): (from: string, to: Date) => string {
  const { t } = useTranslation("screen");
  return (from, to) => {
    const { days, hours, minutes } = elapsed(from, to);
    if (days > 0) return t("span.days", { days, hours });
    if (hours > 0) return t("span.hours", { hours, minutes });
    return t("span.minutes", { minutes });
  };
}
