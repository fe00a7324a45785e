import { useState } from "react";

import type { Reading } from "../api/readings";

/** Whether the reading at hand may be edited and decided on now. */
export interface ReviewState {
  readonly open: boolean;
  /** A decision stands; the reader may come back to it, and the old one stays in the record. */
  readonly canReopen: boolean;
  reopen: () => void;
  close: () => void;
}

/** `allowed`: the person may review. A decided reading is closed until it is opened again on purpose. */
export function useReviewState(reading: Reading | null, allowed: boolean): ReviewState {
  const [reopened, setReopened] = useState<string | null>(null);
  const reviewable = allowed && reading?.status === "finished" && reading.result !== null;
  const open = reviewable && (reading.decision === "pending" || reopened === reading.id);
  return {
    open,
    canReopen: reviewable && !open,
    reopen: () => setReopened(reading?.id ?? null),
    close: () => setReopened(null),
  };
}
