import type { components } from "./schema";

export type Report = components["schemas"]["Report"];
export type ReportStatus = Report["status"];
/** A picture of the report: a field of a slide, in pixels of level 0. */
export type KeyImage = components["schemas"]["KeyImage"];
