import { CASE_STATUSES, PRIORITIES, type CaseQuery, type CaseStatus, type Priority } from "../api/cases";

/** Which statuses are listed: those that still need somebody, everything, or one. */
export type Scope = "open" | "all" | CaseStatus;
export type Assigned = "me" | "none" | "any";
export type Sort = "received_at" | "accession_number" | "priority" | "status";

/** What the worklist shows; kept in the address, so that a filtered list can be bookmarked and come back to. */
export interface Filters {
  scope: Scope;
  assigned: Assigned;
  priority: Priority | null;
  text: string;
  sort: Sort;
  descending: boolean;
}

export const CLOSED: readonly CaseStatus[] = ["signed", "cancelled"];
export const OPEN: readonly CaseStatus[] = CASE_STATUSES.filter((status) => !CLOSED.includes(status));
export const ASSIGNED: readonly Assigned[] = ["me", "none", "any"];
const SORTS: readonly Sort[] = ["received_at", "accession_number", "priority", "status"];

export const DEFAULTS: Filters = {
  scope: "open",
  assigned: "any",
  priority: null,
  text: "",
  sort: "priority",
  descending: true,
};

function oneOf<Value extends string>(known: readonly Value[], value: string | null): Value | null {
  return known.find((candidate) => candidate === value) ?? null;
}

export function readFilters(search: URLSearchParams): Filters {
  return {
    scope: oneOf<Scope>(["open", "all", ...CASE_STATUSES], search.get("scope")) ?? DEFAULTS.scope,
    assigned: oneOf(ASSIGNED, search.get("assigned")) ?? DEFAULTS.assigned,
    priority: oneOf(PRIORITIES, search.get("priority")),
    text: search.get("q") ?? "",
    sort: oneOf(SORTS, search.get("sort")) ?? DEFAULTS.sort,
    descending: search.has("descending") ? search.get("descending") === "true" : DEFAULTS.descending,
  };
}

/** The address of these filters; what is as by default is left out. */
export function writeFilters(filters: Filters): URLSearchParams {
  const search = new URLSearchParams();
  if (filters.scope !== DEFAULTS.scope) search.set("scope", filters.scope);
  if (filters.assigned !== DEFAULTS.assigned) search.set("assigned", filters.assigned);
  if (filters.priority !== null) search.set("priority", filters.priority);
  if (filters.text.trim() !== "") search.set("q", filters.text.trim());
  if (filters.sort !== DEFAULTS.sort) search.set("sort", filters.sort);
  if (filters.descending !== DEFAULTS.descending) search.set("descending", String(filters.descending));
  return search;
}

export function statusesOf(scope: Scope): readonly CaseStatus[] {
  if (scope === "all") return [];
  return scope === "open" ? OPEN : [scope];
}

/** What the server is asked for. */
export function toQuery(filters: Filters): CaseQuery {
  const statuses = statusesOf(filters.scope);
  return {
    ...(statuses.length === 0 ? {} : { status: [...statuses] }),
    ...(filters.assigned === "any" ? {} : { assigned: filters.assigned }),
    ...(filters.priority === null ? {} : { priority: filters.priority }),
    ...(filters.text === "" ? {} : { q: filters.text }),
    sort: filters.sort,
    descending: filters.descending,
  };
}

/** How many cases a scope holds, from the counts by status. */
export function countOf(scope: Scope, counts: Readonly<Record<CaseStatus, number>>): number {
  const statuses = scope === "all" ? CASE_STATUSES : statusesOf(scope);
  return statuses.reduce((sum, status) => sum + counts[status], 0);
}

/** The filters after a click on a column's head: the other direction, or that column, newest or most urgent first. */
export function sortedBy(filters: Filters, sort: Sort): Filters {
  return { ...filters, sort, descending: filters.sort === sort ? !filters.descending : true };
}
