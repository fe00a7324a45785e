import type { CaseDetail } from "../api/cases";
import type { SlideSummary } from "../api/slides";
import type { Section } from "../i18n/words";

type Word = (section: Section, code: string) => string;

/** What a slide is called: its label, its marker or stain. "A1-2 Ki-67", "A1-1 HE". */
export function slideName(slide: Pick<SlideSummary, "label" | "marker" | "stain">, word: Word): string {
  return `${slide.label} ${slide.marker === null ? word("stain", slide.stain) : word("marker", slide.marker)}`;
}

/** The slides of a case in the order of specimens and blocks, those without a place last. */
export function slidesOf(of: CaseDetail): SlideSummary[] {
  const placed = of.specimens.flatMap((specimen) => specimen.blocks.flatMap((block) => block.slides));
  return [...placed, ...of.unplaced_slides];
}

/** The slide before or after one among those that can be read; null at the end of the row. */
export function neighbour(slides: readonly SlideSummary[], id: string, step: 1 | -1): SlideSummary | null {
  const at = slides.findIndex((slide) => slide.id === id);
  if (at < 0) return null;
  for (let i = at + step; i >= 0 && i < slides.length; i += step) {
    const slide = slides[i];
    if (slide?.status === "ready") return slide;
  }
  return null;
}
