import type { CaseStatus } from "../api/cases";
import type { ReadingDecision, ReadingStatus } from "../api/readings";
import type { SlideStatus } from "../api/slides";

/** One colour for one meaning: grey waits, blue is at work, yellow wants somebody, green is done, red failed. */
export const STATUS_COLOURS: Record<CaseStatus, string> = {
  registered: "gray",
  awaiting_slides: "gray",
  ready: "yellow.9",
  in_reading: "blue",
  drafted: "violet",
  signed: "teal",
  amending: "orange",
  cancelled: "gray",
};

export const SLIDE_COLOURS: Record<SlideStatus, string> = {
  expected: "gray",
  receiving: "blue",
  ready: "teal",
  failed: "red",
  unmatched: "orange",
};

export const READING_COLOURS: Record<ReadingStatus, string> = {
  queued: "gray",
  running: "blue",
  finished: "teal",
  failed: "red",
  cancelled: "gray",
};

export const DECISION_COLOURS: Record<ReadingDecision, string> = {
  pending: "yellow.9",
  accepted: "teal",
  edited: "teal",
  rejected: "gray",
};
