/**
 * How cells look: colour and shape both tell the class, so that neither colour blindness nor a brown or blue stain
 * hides it. Positive: filled amber disc with a dark rim. Negative: blue ring with a light rim. Not counted: grey,
 * dimmed. Excluded by the reader: grey cross. Turned by the reader: a second, white-and-black ring around the mark.
 */

import { COUNTED, POSITIVE } from "./cells_file";
import { EXCLUDED } from "./recount";

export type CellGroup = "positive" | "negative" | "ignored";

export const GROUPS: readonly CellGroup[] = ["positive", "negative", "ignored"];

/** Red, green, blue, 0 to 255. The first two are told apart in every common colour vision deficiency. */
export const COLOURS = {
  positive: [255, 190, 11],
  negative: [10, 110, 220],
  ignored: [125, 125, 125],
  dark: [30, 20, 0],
  light: [255, 255, 255],
} as const;

export function cssColour(name: keyof typeof COLOURS, alpha = 1): string {
  return `rgb(${COLOURS[name].join(" ")} / ${alpha})`;
}

export function groupOf(state: number): CellGroup {
  if ((state & COUNTED) === 0 || (state & EXCLUDED) !== 0) return "ignored";
  return (state & POSITIVE) !== 0 ? "positive" : "negative";
}

/** What is shown, and how large. */
export interface CellLook {
  readonly shown: Readonly<Record<CellGroup, boolean>>;
  /** Diameter of a mark in CSS pixels. */
  readonly diameter: number;
}

/** Below this diameter (CSS pixels) a mark is a plain dot of colour: no shape could be seen. */
export const SMALLEST_SHAPE = 5;

/** A mark covers the middle of a nucleus and leaves its rim to be seen. */
const MARK_UM = 4.5;
const MARK_PX = 18;
const SMALLEST = 3;
const SMALLEST_IN_A_CROWD = 2;
const CROWD = 60_000;
const LARGEST = 12;

/** Diameter of the marks in CSS pixels. `scale`: CSS pixels per level-0 pixel; `visible`: cells in the view. */
export function markDiameter(spacingUm: number | null, scale: number, visible: number): number {
  const natural = scale * (spacingUm === null ? MARK_PX : MARK_UM / spacingUm);
  const smallest = visible > CROWD ? SMALLEST_IN_A_CROWD : SMALLEST;
  return Math.max(smallest, Math.min(LARGEST, natural));
}
