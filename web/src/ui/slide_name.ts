import type { CaseDetail } from "../api/cases";

/** A slide's name on the bench: specimen, block and slide (`A1-2`); a label that already says so is left as it is. */
export function slideName(block: string, label: string): string {
  return block === "" || label.startsWith(block) ? label : `${block}-${label}`;
}

/** The names of a case's slides by id. */
export function slideNames(of: Pick<CaseDetail, "specimens" | "unplaced_slides">): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const specimen of of.specimens) {
    for (const block of specimen.blocks) {
      for (const slide of block.slides) names.set(slide.id, slideName(`${specimen.label}${block.label}`, slide.label));
    }
  }
  for (const slide of of.unplaced_slides) names.set(slide.id, slide.label);
  return names;
}
