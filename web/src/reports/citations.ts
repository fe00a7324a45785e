import type { CaseDetail } from "../api/cases";
import type { ReadingSummary } from "../api/readings";
import type { ReportDraft } from "../api/reports";
import type { SlideSummary } from "../api/slides";

/** A reading that a report can cite, with the slide it was made on. */
export interface Citable {
  slide: SlideSummary;
  reading: ReadingSummary;
}

export function allSlides(of: CaseDetail): SlideSummary[] {
  return [...of.specimens.flatMap((specimen) => specimen.blocks.flatMap((block) => block.slides)), ...of.unplaced_slides];
}

/** Finished readings of the case, in the order of its slides. */
export function citable(of: CaseDetail): Citable[] {
  return allSlides(of).flatMap((slide) =>
    slide.readings.filter((reading) => reading.status === "finished").map((reading) => ({ slide, reading })),
  );
}

/** Why a draft cannot be signed yet; the server judges again. */
export type Obstacle =
  | { kind: "diagnosis_missing" }
  | { kind: "reading_pending" | "reading_rejected"; marker: string; slide: string };

export function obstacles(draft: ReportDraft, readings: readonly Citable[]): Obstacle[] {
  const found: Obstacle[] = [];
  if ((draft.diagnosis ?? "").trim() === "") found.push({ kind: "diagnosis_missing" });
  for (const id of draft.reading_ids ?? []) {
    const cited = readings.find(({ reading }) => reading.id === id);
    if (cited === undefined) continue;
    const { decision, marker } = cited.reading;
    if (decision === "pending") found.push({ kind: "reading_pending", marker, slide: cited.slide.label });
    if (decision === "rejected") found.push({ kind: "reading_rejected", marker, slide: cited.slide.label });
  }
  return found;
}
