/** What paints cells: WebGL 2 where there is one, else the plain canvas. */

import type { CellGrid } from "./cell_grid";
import type { CellLook } from "./cell_look";
import type { Cells } from "./cells_file";
import type { Affine } from "../viewer/image_transform";
import type { Box, Size } from "../viewer/levels";

export interface PaintOrder {
  /** Level 0 to CSS pixels of the canvas. */
  readonly view: Affine;
  /** Size of the canvas in CSS pixels. */
  readonly size: Size;
  /** Device pixels per CSS pixel. */
  readonly density: number;
  /** What of level 0 the canvas shows. */
  readonly visible: Box;
  readonly look: CellLook;
}

export interface CellPainter {
  readonly kind: "webgl2" | "canvas2d";
  /** Take over another set of cells; `states` in the order of the cells. */
  load(cells: Cells, grid: CellGrid, states: Uint8Array): void;
  setStates(states: Uint8Array): void;
  paint(order: PaintOrder): void;
  /** How long the last paint took, in milliseconds; 0 until it is known. */
  readonly costMs: number;
  dispose(): void;
}
