/** Cells on a plain canvas, for browsers and remote desktops without WebGL 2. Same look, fewer frames. */

import { runsIn } from "./cell_grid";
import type { CellGrid } from "./cell_grid";
import { cssColour, groupOf } from "./cell_look";
import type { CellPainter, PaintOrder } from "./cell_painter";
import type { Cells } from "./cells_file";
import { EXCLUDED, FLIPPED } from "./recount";

/** Below this diameter (CSS pixels) a mark is a plain square of colour. */
const SMALLEST_SHAPE = 4.5;

export class CanvasCellPainter implements CellPainter {
  readonly kind = "canvas2d";
  costMs = 0;
  private readonly canvas: HTMLCanvasElement;
  private readonly context: CanvasRenderingContext2D;
  private cells: Cells | null = null;
  private grid: CellGrid | null = null;
  private states: Uint8Array = new Uint8Array(0);

  private constructor(canvas: HTMLCanvasElement, context: CanvasRenderingContext2D) {
    this.canvas = canvas;
    this.context = context;
  }

  static on(canvas: HTMLCanvasElement): CanvasCellPainter | null {
    const context = canvas.getContext("2d");
    return context === null ? null : new CanvasCellPainter(canvas, context);
  }

  load(cells: Cells, grid: CellGrid, states: Uint8Array): void {
    this.cells = cells;
    this.grid = grid;
    this.states = states;
  }

  setStates(states: Uint8Array): void {
    this.states = states;
  }

  paint(order: PaintOrder): void {
    const { cells, grid, context } = this;
    if (cells === null || grid === null) return;
    const started = performance.now();
    const { view, size, density, look } = order;
    this.canvas.width = Math.max(1, Math.round(size.width * density));
    this.canvas.height = Math.max(1, Math.round(size.height * density));
    context.setTransform(density, 0, 0, density, 0, 0);
    for (const [from, to] of runsIn(grid, order.visible)) {
      for (let k = from; k < to; k++) {
        const cell = grid.order[k] ?? 0;
        const state = this.states[cell] ?? 0;
        if (!look.shown[groupOf(state)]) continue;
        const x = cells.x[cell] ?? 0;
        const y = cells.y[cell] ?? 0;
        this.mark(view.a * x + view.c * y + view.e, view.b * x + view.d * y + view.f, state, look.diameter);
      }
    }
    this.costMs = performance.now() - started;
  }

  dispose(): void {
    this.canvas.width = this.canvas.height = 0;
  }

  private mark(x: number, y: number, state: number, diameter: number): void {
    const { context } = this;
    const group = groupOf(state);
    const radius = diameter / 2;
    if (diameter < SMALLEST_SHAPE) {
      context.fillStyle = cssColour(group, group === "ignored" ? 0.5 : 1);
      context.fillRect(x - radius, y - radius, diameter, diameter);
    } else if ((state & EXCLUDED) !== 0) {
      this.cross(x, y, radius * 0.7);
    } else if (group === "positive") {
      this.disc(x, y, radius, cssColour("dark"));
      this.disc(x, y, radius - 0.9, cssColour("positive"));
    } else if (group === "negative") {
      this.ring(x, y, radius - 1.1, 3.2, cssColour("light", 0.9));
      this.ring(x, y, radius - 1.1, 1.8, cssColour("negative"));
    } else {
      this.ring(x, y, radius - 0.6, 1.2, cssColour("ignored", 0.55));
    }
    if ((state & FLIPPED) !== 0) {
      const outer = radius + Math.max(3, diameter * 0.45) - 1.5;
      this.ring(x, y, outer, 2.4, cssColour("light"));
      this.ring(x, y, outer, 1, cssColour("dark"));
    }
  }

  private disc(x: number, y: number, radius: number, colour: string): void {
    this.context.fillStyle = colour;
    this.context.beginPath();
    this.context.arc(x, y, radius, 0, 2 * Math.PI);
    this.context.fill();
  }

  private ring(x: number, y: number, radius: number, width: number, colour: string): void {
    this.context.strokeStyle = colour;
    this.context.lineWidth = width;
    this.context.beginPath();
    this.context.arc(x, y, radius, 0, 2 * Math.PI);
    this.context.stroke();
  }

  private cross(x: number, y: number, arm: number): void {
    this.context.strokeStyle = cssColour("ignored", 0.85);
    this.context.lineWidth = 1.2;
    this.context.beginPath();
    this.context.moveTo(x - arm, y - arm);
    this.context.lineTo(x + arm, y + arm);
    this.context.moveTo(x - arm, y + arm);
    this.context.lineTo(x + arm, y - arm);
    this.context.stroke();
  }
}
