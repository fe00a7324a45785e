import type { AuditQuery } from "../api/audit";

/** What of the trail is listed; days are those of the reader's time zone, `to` included. */
export interface AuditFilters {
  caseId: string | null;
  personId: string | null;
  action: string | null;
  from: string | null;
  to: string | null;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

function day(value: string | null): string | null {
  return value !== null && DAY.test(value) ? value : null;
}

export function readAuditFilters(search: URLSearchParams): AuditFilters {
  return {
    caseId: search.get("case"),
    personId: search.get("person"),
    action: search.get("action"),
    from: day(search.get("from")),
    to: day(search.get("to")),
  };
}

export function writeAuditFilters(filters: AuditFilters): URLSearchParams {
  const named = {
    case: filters.caseId,
    person: filters.personId,
    action: filters.action,
    from: filters.from,
    to: filters.to,
  };
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(named)) if (value !== null) search.set(name, value);
  return search;
}

/** The instant a day begins here, `later` days after it. */
export function dayStart(isoDay: string, later = 0): string {
  const [year = 0, month = 1, date = 1] = isoDay.split("-").map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}

export function toAuditQuery(filters: AuditFilters): AuditQuery {
  return {
    ...(filters.caseId === null ? {} : { case_id: filters.caseId }),
    ...(filters.personId === null ? {} : { person_id: filters.personId }),
    ...(filters.action === null ? {} : { action: filters.action }),
    ...(filters.from === null ? {} : { from: dayStart(filters.from) }),
    ...(filters.to === null ? {} : { to: dayStart(filters.to, 1) }),
  };
}
