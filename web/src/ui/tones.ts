import type { AuditEvent } from "../api/audit";
import type { CaseStatus, Priority } from "../api/cases";
import type { ReadingDecision, ReadingStatus } from "../api/readings";
import type { ReportStatus } from "../api/reports";
import type { ControlStatus, SlideStatus } from "../api/slides";
import type { Tone } from "./tag";

export const CASE_TONES: Record<CaseStatus, Tone> = {
  registered: "neutral",
  awaiting_slides: "neutral",
  ready: "wanted",
  in_reading: "working",
  drafted: "drafted",
  signed: "done",
  amending: "warning",
  cancelled: "outline",
};

export const PRIORITY_TONES: Record<Priority, Tone> = { routine: "outline", urgent: "warning", frozen: "alarm" };

export const SLIDE_TONES: Record<SlideStatus, Tone> = {
  expected: "outline",
  receiving: "working",
  ready: "done",
  failed: "danger",
  unmatched: "warning",
};

export const CONTROL_TONES: Record<ControlStatus, Tone> = { passed: "done", failed: "danger", unknown: "outline" };

export const READING_TONES: Record<ReadingStatus, Tone> = {
  queued: "neutral",
  running: "working",
  finished: "done",
  failed: "danger",
  cancelled: "outline",
};

export const DECISION_TONES: Record<ReadingDecision, Tone> = {
  pending: "wanted",
  accepted: "done",
  edited: "done",
  rejected: "outline",
};

export const REPORT_TONES: Record<ReportStatus, Tone> = { draft: "drafted", signed: "done", superseded: "outline" };

export const OUTCOME_TONES: Record<AuditEvent["outcome"], Tone> = {
  success: "done",
  denied: "warning",
  failed: "danger",
};
