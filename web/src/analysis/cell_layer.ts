/**
 * The canvas of cells over the slide. It repaints with every frame of the viewer; where a paint takes longer than a
 * frame, the last picture is moved and scaled with the slide instead and repainted as soon as the view rests. Every
 * cell is always drawn: none is left out at low power.
 */

import { runsIn } from "./cell_grid";
import type { CellGrid } from "./cell_grid";
import { markDiameter } from "./cell_look";
import type { CellLook } from "./cell_look";
import type { CellPainter } from "./cell_painter";
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

export class CellLayer {
  readonly kind: CellPainter["kind"];
  private readonly canvas: HTMLCanvasElement;
  private readonly painter: CellPainter;
  private readonly spacingUm: number | null;
  private grid: CellGrid | null = null;
  private shown: CellLook["shown"] = { positive: true, negative: true, ignored: true };
  private view: Affine | null = null;
  private size: Size = { width: 0, height: 0 };
  private painted: Affine | null = null;
  private paintedSize: Size = { width: 0, height: 0 };
  private timer: number | undefined;

  /** `host` must be positioned and clip what overflows. */
  constructor(host: HTMLElement, spacingUm: number | null) {
    const { canvas, painter } = openPainter();
    this.canvas = canvas;
    this.painter = painter;
    this.kind = painter.kind;
    this.spacingUm = spacingUm;
    Object.assign(canvas.style, {
      position: "absolute",
      left: `${-MARGIN}px`,
      top: `${-MARGIN}px`,
      transformOrigin: `${MARGIN}px ${MARGIN}px`,
      pointerEvents: "none",
    });
    canvas.setAttribute("aria-hidden", "true");
    host.append(canvas);
  }

  load(cells: Cells, grid: CellGrid, states: Uint8Array): void {
    this.grid = grid;
    this.painter.load(cells, grid, states);
    this.repaint();
  }

  setStates(states: Uint8Array): void {
    this.painter.setStates(states);
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
    const resized = size.width !== this.paintedSize.width || size.height !== this.paintedSize.height;
    if (this.painted === null || resized || this.painter.costMs <= FRAME_BUDGET_MS) {
      this.repaint();
      return;
    }
    this.canvas.style.transform = matrixText(compose(view, invert(this.painted)));
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.repaint(), REST_MS);
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    this.painter.dispose();
    this.canvas.remove();
  }

  private repaint(): void {
    window.clearTimeout(this.timer);
    const { view, size, grid } = this;
    if (view === null || grid === null || size.width === 0) return;
    const outer = { width: size.width + 2 * MARGIN, height: size.height + 2 * MARGIN };
    const shifted = { ...view, e: view.e + MARGIN, f: view.f + MARGIN };
    const visible = visibleBox(shifted, outer.width, outer.height);
    const count = runsIn(grid, visible).reduce((sum, [from, to]) => sum + to - from, 0);
    const diameter = markDiameter(this.spacingUm, scaleOf(view), count);
    Object.assign(this.canvas.style, { width: `${outer.width}px`, height: `${outer.height}px`, transform: "none" });
    this.painter.paint({
      view: shifted,
      size: outer,
      density: window.devicePixelRatio,
      visible,
      look: { shown: this.shown, diameter },
    });
    this.painted = view;
    this.paintedSize = size;
  }
}

/** WebGL 2 where it works; a canvas that once gave a WebGL context gives no other, so each try has its own. */
function openPainter(): { canvas: HTMLCanvasElement; painter: CellPainter } {
  const forGl = document.createElement("canvas");
  const gl = WebGlCellPainter.on(forGl);
  if (gl !== null) return { canvas: forGl, painter: gl };
  const canvas = document.createElement("canvas");
  const painter = CanvasCellPainter.on(canvas);
  if (painter === null) throw new Error("this browser draws on no canvas");
  return { canvas, painter };
}
