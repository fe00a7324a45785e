/** Cells on a plain canvas, for browsers and remote desktops without WebGL 2. Same look, fewer frames. */

import { COLOURS, cssColour, groupOf, SMALLEST_SHAPE } from "./cell_look";
import type { CellLook } from "./cell_look";
import { countIn, FEWEST_TO_MEASURE } from "./cell_painter";
import type { CellPainter, PaintOrder, SortedCells } from "./cell_painter";
import { EXCLUDED, FLIPPED } from "./recount";

export class CanvasCellPainter implements CellPainter {
  readonly kind = "canvas2d";
  readonly busy = false;
  costPerCellMs = 0;
  private readonly canvas: HTMLCanvasElement;
  private readonly context: CanvasRenderingContext2D;
  private cells: SortedCells | null = null;
  private dots: ImageData | null = null;

  private constructor(canvas: HTMLCanvasElement, context: CanvasRenderingContext2D) {
    this.canvas = canvas;
    this.context = context;
  }

  static on(canvas: HTMLCanvasElement): CanvasCellPainter | null {
    const context = canvas.getContext("2d");
    return context === null ? null : new CanvasCellPainter(canvas, context);
  }

  load(cells: SortedCells): void {
    this.cells = cells;
  }

  setStates(states: SortedCells["states"]): void {
    if (this.cells !== null) this.cells = { ...this.cells, states };
  }

  paint(order: PaintOrder): void {
    if (this.cells === null) return;
    const started = performance.now();
    const { size, density, look } = order;
    const width = Math.max(1, Math.round(size.width * density));
    const height = Math.max(1, Math.round(size.height * density));
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.clearRect(0, 0, width, height);
    if (look.diameter < SMALLEST_SHAPE) this.paintDots(this.cells, order);
    this.context.setTransform(density, 0, 0, density, 0, 0);
    this.paintMarks(this.cells, order, look.diameter < SMALLEST_SHAPE);
    const count = countIn(order.runs);
    if (count >= FEWEST_TO_MEASURE) this.costPerCellMs = (performance.now() - started) / count;
  }

  dispose(): void {
    this.canvas.width = this.canvas.height = 0;
  }

  /** A million dots written as pixels: no call a cell. */
  private paintDots(cells: SortedCells, { view, density, look, runs }: PaintOrder): void {
    const { width, height } = this.canvas;
    if (this.dots?.width !== width || this.dots.height !== height) this.dots = new ImageData(width, height);
    const pixels = new Uint32Array(this.dots.data.buffer);
    pixels.fill(0);
    const paints = dotPaints(look);
    const side = Math.max(1, Math.round(look.diameter * density));
    const [a, b, c, d] = [view.a * density, view.b * density, view.c * density, view.d * density];
    const e = view.e * density - side / 2 + 0.5;
    const f = view.f * density - side / 2 + 0.5;
    const { positions, states } = cells;
    for (const [from, to] of runs) {
      for (let k = from; k < to; k++) {
        const paint = paints[states[k] ?? 0] ?? 0;
        if (paint === 0) continue;
        const x = positions[2 * k] ?? 0;
        const y = positions[2 * k + 1] ?? 0;
        const left = Math.floor(a * x + c * y + e);
        const top = Math.floor(b * x + d * y + f);
        if (left < 0 || top < 0 || left + side > width || top + side > height) continue;
        for (let row = top * width + left, end = row + side * width; row < end; row += width) {
          for (let at = row; at < row + side; at++) pixels[at] = paint;
        }
      }
    }
    this.context.putImageData(this.dots, 0, 0);
  }

  /** Every cell by its shape; `flippedOnly` where the others are dots already. */
  private paintMarks(cells: SortedCells, { view, look, runs }: PaintOrder, flippedOnly: boolean): void {
    const { positions, states } = cells;
    for (const [from, to] of runs) {
      for (let k = from; k < to; k++) {
        const state = states[k] ?? 0;
        if ((flippedOnly && (state & FLIPPED) === 0) || !look.shown[groupOf(state)]) continue;
        const x = positions[2 * k] ?? 0;
        const y = positions[2 * k + 1] ?? 0;
        this.mark(view.a * x + view.c * y + view.e, view.b * x + view.d * y + view.f, state, look.diameter);
      }
    }
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

/** One pixel for every combination of state bits, as ImageData holds it; 0 for what is not shown. */
function dotPaints(look: CellLook): Uint32Array {
  const bytes = new Uint8ClampedArray(4 * 16);
  for (let state = 0; state < 16; state++) {
    const group = groupOf(state);
    if (look.shown[group]) bytes.set([...COLOURS[group], group === "ignored" ? 128 : 255], 4 * state);
  }
  return new Uint32Array(bytes.buffer);
}
