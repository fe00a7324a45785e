import type { Reading } from "../api/readings";

export function newestFirst(readings: readonly Reading[]): Reading[] {
  return [...readings].sort((a, b) => b.requested_at.localeCompare(a.requested_at));
}

/** What a reader wants to see first: what is running, else the newest result, else the newest attempt. */
export function foremost(readings: readonly Reading[]): Reading | null {
  const ordered = newestFirst(readings);
  return (
    ordered.find((reading) => reading.status === "queued" || reading.status === "running") ??
    ordered.find((reading) => reading.result !== null) ??
    ordered[0] ??
    null
  );
}
