import { useState } from "react";
import { useSearchParams } from "react-router";

import { foremost } from "./reading_order";
import type { Reading } from "../api/readings";

/** The reading chosen here, else the one that the link to this page names (`?reading=ID`), else what matters most. */
export function useReadingAtHand(readings: readonly Reading[] | undefined): {
  reading: Reading | null;
  selectReading: (id: string) => void;
} {
  const [search] = useSearchParams();
  const [selected, selectReading] = useState<string | null>(null);
  const wanted = selected ?? search.get("reading");
  const chosen = readings?.find((candidate) => candidate.id === wanted);
  return { reading: chosen ?? foremost(readings ?? []), selectReading };
}
