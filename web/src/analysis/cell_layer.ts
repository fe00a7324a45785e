/**
 * The cells over the slide. They are repainted with every frame of the viewer; where a paint would take longer than a
 * frame, the last picture is moved and scaled with the slide instead and repainted as soon as the view rests. Every
 * cell is always drawn: none is left out at low power.
 */

import { runsIn } from "./cell_grid";
import type { CellGrid } from "./cell_grid";
import { markDiameter, SMALLEST_SHAPE } from "./cell_look";
import type { CellLook } from "./cell_look";
import { countIn, sortedPositions, sortedStates } from "./cell_painter";
import type { CellPainter, PaintOrder } from "./cell_painter";
import { CanvasCellPainter } from "./cell_painter_2d";
import { WebGlCellPainter } from "./cell_painter_gl";
import type { Cells } from "./cells_file";
import { compose, invert, matrixText, scaleOf, visibleBox } from "../viewer/image_transform";
import type { Affine } from "../viewer/image_transform";
import type { Size } from "../viewer/levels";

/** The canvas reaches this far beyond the viewer on every side, so that a moved picture has something to show. */
const MARGIN = 96;

/** A paint that takes longer is not repeated with every frame. */
const FRAME_BUDGET_MS = 12;

/** How long the view must rest before a slow layer is painted anew. */
const REST_MS = 90;

/** WebGL that takes longer for a cell has no graphics card behind it: 30 ms for a million. */
const SLOW_WEBGL_MS = 3e-5;

interface Sheet {
  readonly canvas: HTMLCanvasElement;
  readonly painter: CellPainter;
}

export class CellLayer {
  private readonly host: HTMLElement;
  private readonly spacingUm: number | null;
  private readonly main: Sheet;
  /** Writes small dots faster than WebGL in software; made when that is found. */
  private dots: Sheet | null = null;
  private grid: CellGrid | null = null;
  private sorted: Parameters<CellPainter["load"]>[0] | null = null;
  private shown: CellLook["shown"] = { positive: true, negative: true, ignored: true };
  private view: Affine | null = null;
  private size: Size = { width: 0, height: 0 };
  private painted: { sheet: Sheet; view: Affine; size: Size } | null = null;
  private timer: number | undefined;

  /** `host` must be positioned and clip what overflows. */
  constructor(host: HTMLElement, spacingUm: number | null) {
    this.host = host;
    this.spacingUm = spacingUm;
    this.main = openMain();
    this.hang(this.main);
  }

  load(cells: Cells, grid: CellGrid, states: Uint8Array): void {
    this.grid = grid;
    this.sorted = { positions: sortedPositions(cells, grid), states: sortedStates(states, grid) };
    this.main.painter.load(this.sorted);
    this.dots?.painter.load(this.sorted);
    this.repaint();
    // Once more as soon as that is done: the first paint tells nothing of what the next ones cost.
    this.repaintAtRest();
  }

  /** `states` in the order of the cells. */
  setStates(states: Uint8Array): void {
    if (this.grid === null || this.sorted === null) return;
    this.sorted = { ...this.sorted, states: sortedStates(states, this.grid) };
    this.main.painter.setStates(this.sorted.states);
    this.dots?.painter.setStates(this.sorted.states);
    this.repaint();
  }

  show(shown: CellLook["shown"]): void {
    this.shown = shown;
    this.repaint();
  }

  /** Follow the slide: called with every frame of the viewer. */
  follow(view: Affine, size: Size): void {
    this.view = view;
    this.size = size;
    const { painted } = this;
    const resized = painted?.size.width !== size.width || painted.size.height !== size.height;
    const order = this.order();
    if (painted === null || resized || order === null || this.isQuick(this.sheetFor(order), order)) {
      this.repaint();
      return;
    }
    painted.sheet.canvas.style.transform = matrixText(compose(view, invert(painted.view)));
    this.repaintAtRest();
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    for (const sheet of [this.main, this.dots]) {
      sheet?.painter.dispose();
      sheet?.canvas.remove();
    }
  }

  private repaintAtRest(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.repaint(), REST_MS);
  }

  private isQuick({ painter }: Sheet, order: PaintOrder): boolean {
    return !painter.busy && painter.costPerCellMs * countIn(order.runs) <= FRAME_BUDGET_MS;
  }

  private repaint(): void {
    window.clearTimeout(this.timer);
    const order = this.order();
    const { view, size } = this;
    if (order === null || view === null) return;
    const sheet = this.sheetFor(order);
    if (sheet.painter.busy) {
      this.repaintAtRest();
      return;
    }
    const { width, height } = order.size;
    Object.assign(sheet.canvas.style, { width: `${width}px`, height: `${height}px`, transform: "none" });
    sheet.painter.paint(order);
    for (const other of [this.main, this.dots]) {
      if (other !== null) other.canvas.style.display = other === sheet ? "block" : "none";
    }
    this.painted = { sheet, view, size };
  }

  /** What to paint now; null before there is anything to paint. */
  private order(): PaintOrder | null {
    const { view, size, grid } = this;
    if (view === null || grid === null || size.width === 0) return null;
    const outer = { width: size.width + 2 * MARGIN, height: size.height + 2 * MARGIN };
    const shifted = { ...view, e: view.e + MARGIN, f: view.f + MARGIN };
    const runs = runsIn(grid, visibleBox(shifted, outer.width, outer.height));
    const diameter = markDiameter(this.spacingUm, scaleOf(view), countIn(runs));
    return {
      view: shifted,
      size: outer,
      density: window.devicePixelRatio,
      runs,
      look: { shown: this.shown, diameter },
    };
  }

  private sheetFor(order: PaintOrder): Sheet {
    const slow = this.main.painter.kind === "webgl2" && this.main.painter.costPerCellMs > SLOW_WEBGL_MS;
    if (!slow || order.look.diameter >= SMALLEST_SHAPE || this.sorted === null) return this.main;
    if (this.dots === null) {
      this.dots = openPlain();
      this.dots.painter.load(this.sorted);
      this.hang(this.dots);
    }
    return this.dots;
  }

  private hang({ canvas }: Sheet): void {
    Object.assign(canvas.style, {
      position: "absolute",
      left: `${-MARGIN}px`,
      top: `${-MARGIN}px`,
      transformOrigin: `${MARGIN}px ${MARGIN}px`,
      pointerEvents: "none",
    });
    canvas.setAttribute("aria-hidden", "true");
    this.host.prepend(canvas);
  }
}

function openMain(): Sheet {
  const canvas = document.createElement("canvas");
  const painter = WebGlCellPainter.on(canvas);
  return painter === null ? openPlain() : { canvas, painter };
}

/** A canvas that once gave a WebGL context gives no other, so this has its own. */
function openPlain(): Sheet {
  const canvas = document.createElement("canvas");
  const painter = CanvasCellPainter.on(canvas);
  if (painter === null) throw new Error("this browser draws on no canvas");
  return { canvas, painter };
}
