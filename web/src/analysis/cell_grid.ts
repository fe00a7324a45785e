/**
 * Cells sorted into square bins of the slide, row by row: finds the cell under the pointer, and names the runs of
 * cells that a view can show, so that only those are drawn. One counting sort, no object a cell.
 */

import type { Cells } from "./cells_file";
import type { Box } from "../viewer/levels";

export interface CellGrid {
  /** Side of a bin in pixels of level 0. */
  readonly side: number;
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
  /** Index of every cell, in the order of the bins. */
  readonly order: Uint32Array;
  /** Where each bin begins in `order`; one more than there are bins. */
  readonly starts: Uint32Array;
}

/** Cells a bin holds on average. */
const CELLS_PER_BIN = 8;

/** Most bins along one side: bounds the runs that a view is made of. */
const MOST_BINS = 512;

export function buildGrid(cells: Cells): CellGrid {
  const { left, top, width, height } = extent(cells);
  const bins = Math.max(1, cells.count / CELLS_PER_BIN);
  const side = Math.max(Math.sqrt((width * height) / bins), width / MOST_BINS, height / MOST_BINS, 1);
  const columns = Math.floor(width / side) + 1;
  const rows = Math.floor(height / side) + 1;
  const binOf = (i: number): number =>
    Math.floor(((cells.y[i] ?? 0) - top) / side) * columns + Math.floor(((cells.x[i] ?? 0) - left) / side);

  const starts = new Uint32Array(columns * rows + 1);
  for (let i = 0; i < cells.count; i++) add(starts, binOf(i) + 1, 1);
  for (let bin = 0; bin < columns * rows; bin++) add(starts, bin + 1, starts[bin] ?? 0);
  const next = starts.slice();
  const order = new Uint32Array(cells.count);
  for (let i = 0; i < cells.count; i++) {
    const bin = binOf(i);
    order[next[bin] ?? 0] = i;
    add(next, bin, 1);
  }
  return { side, left, top, columns, rows, order, starts };
}

function add(numbers: Uint32Array, index: number, amount: number): void {
  numbers[index] = (numbers[index] ?? 0) + amount;
}

function extent(cells: Cells): { left: number; top: number; width: number; height: number } {
  if (cells.count === 0) return { left: 0, top: 0, width: 0, height: 0 };
  let left = Infinity;
  let top = Infinity;
  let right = -Infinity;
  let bottom = -Infinity;
  for (let i = 0; i < cells.count; i++) {
    const x = cells.x[i] ?? 0;
    const y = cells.y[i] ?? 0;
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  return { left, top, width: right - left, height: bottom - top };
}

/** Runs `[from, to)` of `order` that hold every cell of the box (and some beside it), joined where they touch. */
export function runsIn(grid: CellGrid, box: Box): [number, number][] {
  const span = binSpan(grid, box);
  const runs: [number, number][] = [];
  if (span === null) return runs;
  for (let row = span.top; row <= span.bottom; row++) {
    const from = grid.starts[row * grid.columns + span.left] ?? 0;
    const to = grid.starts[row * grid.columns + span.right + 1] ?? 0;
    if (from === to) continue;
    const last = runs.at(-1);
    if (last?.[1] === from) last[1] = to;
    else runs.push([from, to]);
  }
  return runs;
}

/** The cell nearest to a point, at most `reach` level-0 pixels away, or null. */
export function nearestCell(grid: CellGrid, cells: Cells, x: number, y: number, reach: number): number | null {
  let best: number | null = null;
  let bestSquare = reach * reach;
  for (const [from, to] of runsIn(grid, { x: x - reach, y: y - reach, width: 2 * reach, height: 2 * reach })) {
    for (let k = from; k < to; k++) {
      const i = grid.order[k] ?? 0;
      const dx = (cells.x[i] ?? 0) - x;
      const dy = (cells.y[i] ?? 0) - y;
      const square = dx * dx + dy * dy;
      if (square < bestSquare || (square === bestSquare && best === null)) {
        best = i;
        bestSquare = square;
      }
    }
  }
  return best;
}

function binSpan(grid: CellGrid, box: Box): { left: number; top: number; right: number; bottom: number } | null {
  if (grid.order.length === 0) return null;
  const left = Math.floor((box.x - grid.left) / grid.side);
  const top = Math.floor((box.y - grid.top) / grid.side);
  const right = Math.floor((box.x + box.width - grid.left) / grid.side);
  const bottom = Math.floor((box.y + box.height - grid.top) / grid.side);
  if (right < 0 || bottom < 0 || left >= grid.columns || top >= grid.rows) return null;
  return {
    left: Math.max(0, left),
    top: Math.max(0, top),
    right: Math.min(grid.columns - 1, right),
    bottom: Math.min(grid.rows - 1, bottom),
  };
}
