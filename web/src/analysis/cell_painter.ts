/** What paints cells: WebGL 2 where there is one, else the plain canvas. */

import type { CellGrid } from "./cell_grid";
import type { CellLook } from "./cell_look";
import type { Cells } from "./cells_file";
import type { Affine } from "../viewer/image_transform";
import type { Size } from "../viewer/levels";

/** The cells in the order of the grid's bins, so that what is near on the slide is near in memory. */
export interface SortedCells {
  /** x and y by turns, pixels of level 0. */
  readonly positions: Float32Array<ArrayBuffer>;
  /** State bits of each cell. */
  readonly states: Uint8Array<ArrayBuffer>;
}

export interface PaintOrder {
  /** Level 0 to CSS pixels of the canvas. */
  readonly view: Affine;
  /** Size of the canvas in CSS pixels. */
  readonly size: Size;
  /** Device pixels per CSS pixel. */
  readonly density: number;
  /** Runs of cells to paint, `[from, to)`. */
  readonly runs: readonly (readonly [number, number])[];
  readonly look: CellLook;
}

export interface CellPainter {
  readonly kind: "webgl2" | "canvas2d";
  load(cells: SortedCells): void;
  setStates(states: SortedCells["states"]): void;
  paint(order: PaintOrder): void;
  /** The last paint is not done yet: another would only queue up behind it. */
  readonly busy: boolean;
  /** Milliseconds a cell, measured on large paints; 0 until there was one. */
  readonly costPerCellMs: number;
  dispose(): void;
}

/** Paints of fewer cells say nothing of what a cell costs. */
export const FEWEST_TO_MEASURE = 20_000;

export function sortedPositions(cells: Cells, grid: CellGrid): SortedCells["positions"] {
  const { x, y } = cells;
  const { order } = grid;
  const positions = new Float32Array(2 * order.length);
  for (let k = 0; k < order.length; k++) {
    const cell = order[k] ?? 0;
    positions[2 * k] = x[cell] ?? 0;
    positions[2 * k + 1] = y[cell] ?? 0;
  }
  return positions;
}

/** `states` in the order of the cells; returned in the order of the grid. */
export function sortedStates(states: Uint8Array, grid: CellGrid): SortedCells["states"] {
  const { order } = grid;
  const sorted = new Uint8Array(order.length);
  for (let k = 0; k < order.length; k++) sorted[k] = states[order[k] ?? 0] ?? 0;
  return sorted;
}

export function countIn(runs: PaintOrder["runs"]): number {
  return runs.reduce((sum, [from, to]) => sum + to - from, 0);
}
