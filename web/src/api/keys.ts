/** Names of what the page keeps of the server's answers; `live.ts` marks them stale by these. */
export const keys = {
  session: ["session"] as const,
  people: ["people"] as const,
  cases: ["cases"] as const,
  worklist: (query: object) => ["cases", "list", query] as const,
  case: (id: string) => ["cases", "one", id] as const,
  caseAudit: (id: string) => ["cases", "one", id, "audit"] as const,
  caseReports: (id: string) => ["cases", "one", id, "reports"] as const,
  slides: ["slides"] as const,
  slide: (id: string) => ["slides", "one", id] as const,
  slideLevels: (id: string) => ["slides", "levels", id] as const,
  unmatchedSlides: ["slides", "unmatched"] as const,
  colourTable: (of: string, space: string) => ["colour", "table", of, space] as const,
  colourTarget: ["colour", "target"] as const,
  annotations: (slideId: string) => ["slides", "one", slideId, "annotations"] as const,
  slideReadings: (slideId: string) => ["slides", "one", slideId, "readings"] as const,
  reading: (id: string) => ["readings", "one", id] as const,
  cells: (readingId: string) => ["readings", "one", readingId, "cells"] as const,
  /** The last live event of a running reading: LiveReading, never fetched. */
  progress: (readingId: string) => ["readings", "progress", readingId] as const,
  algorithms: ["algorithms"] as const,
  audit: (query: object) => ["audit", query] as const,
};
