import type { CaseDetail } from "../api/cases";
import type { Contradiction, MatchSuggestion, WaitingSlide } from "../api/slides";

/** Where a slide is to go: a slide that waits for its file, or a block with a label of one's own. */
export interface Place {
  blockId: string;
  label: string;
}

/** Everything that speaks against putting the slide there: against the case, and against that very slide. */
export function against(suggestion: MatchSuggestion, waiting: WaitingSlide | undefined): Contradiction[] {
  return [...suggestion.contradictions, ...(waiting?.contradictions ?? [])];
}

/** The slide that is meant at once: the only one that waits, or the only one against which nothing speaks. */
export function obvious(waiting: readonly WaitingSlide[]): WaitingSlide | undefined {
  if (waiting.length === 1) return waiting[0];
  const silent = waiting.filter(({ contradictions }) => contradictions.length === 0);
  return silent.length === 1 ? silent[0] : undefined;
}

/** `A1`, as people call a block; blocks whose label already begins with the specimen's are called by it alone. */
export function blockName(specimen: string, block: string): string {
  return block.toUpperCase().startsWith(specimen.toUpperCase()) ? block : `${specimen}${block}`;
}

/** The blocks of a case by name. */
export function blocksOf(of: CaseDetail | undefined): { id: string; name: string }[] {
  return (of?.specimens ?? []).flatMap((specimen) =>
    specimen.blocks.map((block) => ({ id: block.id, name: blockName(specimen.label, block.label) })),
  );
}

/** The entry after (or before) the current one, the end of the list leading to its beginning. */
export function stepped<T>(list: readonly T[], current: T | undefined, by: number): T | undefined {
  if (list.length === 0) return undefined;
  const at = current === undefined ? -1 : list.indexOf(current);
  if (at === -1) return by > 0 ? list[0] : list.at(-1);
  return list[(at + by + list.length) % list.length];
}
