/**
 * The count as the reader's edits leave it, shown at once while the server recounts; the server's result replaces it.
 * Interval, flags and category are the server's alone to say: they need more than the counts.
 */

import { COUNTED, POSITIVE } from "./cells_file";
import type { Cells } from "./cells_file";
import { exclusionTest } from "./edits";
import type { Edits } from "./edits";

/** Bits of a cell on the screen, beside those of the file. */
export const FLIPPED = 4;
export const EXCLUDED = 8;

export interface Count {
  readonly positive: number;
  readonly negative: number;
  readonly n: number;
  /** Per cent, unrounded; null without cells. */
  readonly percent: number | null;
}

/** State of every cell after the edits: the class turned where flipped, `EXCLUDED` inside excluded regions. */
export function editedStates(cells: Cells, edits: Edits): Uint8Array {
  const states = Uint8Array.from(cells.state);
  for (const index of edits.flipped) {
    const state = states[index];
    if (state !== undefined) states[index] = (state ^ POSITIVE) | FLIPPED;
  }
  if (edits.excluded_regions.length > 0) {
    const excluded = exclusionTest(edits);
    for (let i = 0; i < cells.count; i++) {
      if (excluded(cells.x[i] ?? 0, cells.y[i] ?? 0)) states[i] = (states[i] ?? 0) | EXCLUDED;
    }
  }
  return states;
}

/** Counted cells outside excluded regions, by class. */
export function countStates(states: Uint8Array): Count {
  let positive = 0;
  let negative = 0;
  for (const state of states) {
    if ((state & COUNTED) === 0 || (state & EXCLUDED) !== 0) continue;
    if ((state & POSITIVE) !== 0) positive += 1;
    else negative += 1;
  }
  const n = positive + negative;
  return { positive, negative, n, percent: n === 0 ? null : (100 * positive) / n };
}
