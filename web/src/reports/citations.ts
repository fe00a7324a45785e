import type { CaseDetail } from "../api/cases";
import type { ReadingSummary } from "../api/readings";
import type { ReportDraft } from "../api/reports";
import type { SlideSummary } from "../api/slides";
import { slideNames } from "../ui/slide_name";

/** A reading that a report can cite, with the slide it was made on. */
export interface Citable {
  slide: SlideSummary;
  /** The slide's name on the bench. */
  name: string;
  reading: ReadingSummary;
}

export function allSlides(of: CaseDetail): SlideSummary[] {
  return [
    ...of.specimens.flatMap((specimen) => specimen.blocks.flatMap((block) => block.slides)),
    ...of.unplaced_slides,
  ];
}

/** Finished readings of the case, in the order of its slides. */
export function citable(of: CaseDetail): Citable[] {
  const names = slideNames(of);
  return allSlides(of).flatMap((slide) =>
    slide.readings
      .filter((reading) => reading.status === "finished")
      .map((reading) => ({ slide, name: names.get(slide.id) ?? slide.label, reading })),
  );
}

/** Why a draft cannot be signed yet; the server judges again. */
export type Obstacle =
  { kind: "diagnosis_missing" } | { kind: "reading_pending" | "reading_rejected"; marker: string; slide: string };

export function obstacles(draft: ReportDraft, readings: readonly Citable[]): Obstacle[] {
  const found: Obstacle[] = [];
  if ((draft.diagnosis ?? "").trim() === "") found.push({ kind: "diagnosis_missing" });
  for (const id of draft.reading_ids ?? []) {
    const cited = readings.find(({ reading }) => reading.id === id);
    if (cited === undefined) continue;
    const { decision, marker } = cited.reading;
    if (decision === "pending") found.push({ kind: "reading_pending", marker, slide: cited.name });
    if (decision === "rejected") found.push({ kind: "reading_rejected", marker, slide: cited.name });
  }
  return found;
}

/** What was written at grossing, specimen by specimen, ready to be taken into the report. */
export function grossOf(of: CaseDetail): string {
  return of.specimens
    .filter((specimen) => (specimen.gross_description ?? "") !== "")
    .map((specimen) => (of.specimens.length > 1 ? `${specimen.label}. ` : "") + (specimen.gross_description ?? ""))
    .join("\n");
}
