/** What a reader changed in a reading: regions taken out and cells whose class was turned. */

import { containment } from "../annotations/geometry";
import type { PolygonGeometry } from "../annotations/geometry";

export interface Edits {
  readonly excluded_regions: readonly PolygonGeometry[];
  /** Indices into the reading's cells, ascending. */
  readonly flipped: readonly number[];
}

export const NO_EDITS: Edits = { excluded_regions: [], flipped: [] };

export function isUnedited(edits: Edits): boolean {
  return edits.excluded_regions.length === 0 && edits.flipped.length === 0;
}

/** Turn one cell's class; turning it again gives the computer's class back. */
export function flipCell(edits: Edits, index: number): Edits {
  const flipped = edits.flipped.includes(index)
    ? edits.flipped.filter((other) => other !== index)
    : [...edits.flipped, index].sort((a, b) => a - b);
  return { ...edits, flipped };
}

export function excludeRegion(edits: Edits, region: PolygonGeometry): Edits {
  return { ...edits, excluded_regions: [...edits.excluded_regions, region] };
}

export function restoreRegion(edits: Edits, position: number): Edits {
  return { ...edits, excluded_regions: edits.excluded_regions.filter((_, i) => i !== position) };
}

export function sameEdits(a: Edits, b: Edits): boolean {
  return a === b || JSON.stringify([a.excluded_regions, a.flipped]) === JSON.stringify([b.excluded_regions, b.flipped]);
}

/** Whether a point lies in any excluded region. */
export function exclusionTest(edits: Edits): (x: number, y: number) => boolean {
  const tests = edits.excluded_regions.map(containment);
  return (x, y) => tests.some((test) => test(x, y));
}
