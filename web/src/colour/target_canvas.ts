/** Draws the colour target as a slide is drawn and reads back what the screen is sent. */

import type { ColourTarget } from "../api/colour";
import { ColourPainter } from "../viewer/colour_painter";
import type { Place } from "../viewer/colour_painter";
import { applyTable } from "../viewer/colour_table";
import type { ColourTable } from "../viewer/colour_table";

export type Rgb = [number, number, number];

export interface Measured {
  /** What the screen is sent for each patch, in the target's order. */
  readonly colours: Rgb[];
  /** The graphics processor, as the browser calls it; "" where there is no WebGL 2. */
  readonly renderer: string;
}

const SIDE = 64;
const WHOLE: Place = [2, 0, 0, 0, -2, 0, -1, 1, 1];

/** The target on a canvas of its own, put into `host` until `destroy`. */
export class TargetCanvas {
  private readonly canvas: HTMLCanvasElement;
  private readonly painter: ColourPainter | null;

  constructor(host: HTMLElement) {
    this.canvas = document.createElement("canvas");
    host.append(this.canvas);
    this.painter = ColourPainter.on(this.canvas, undefined, true);
  }

  /** Draw the target through the table and read every patch back. */
  measure(target: ColourTarget, table: ColourTable): Measured {
    const picture = pictureOf(target);
    const colourAt = this.painter === null ? this.drawSlowly(picture, table) : this.draw(this.painter, picture, table);
    const colours = target.patches.map((_, i): Rgb => {
      const [x, y] = [(i % target.columns) + 0.5, Math.floor(i / target.columns) + 0.5];
      return colourAt(Math.round(x * SIDE), Math.round(y * SIDE));
    });
    return { colours, renderer: this.painter?.renderer ?? "" };
  }

  destroy(): void {
    this.painter?.destroy();
    this.canvas.remove();
  }

  private draw(painter: ColourPainter, picture: ImageData, table: ColourTable): (x: number, y: number) => Rgb {
    painter.setTable(table);
    const { width, height } = picture;
    painter.begin(width, height);
    const uploaded = painter.upload2d(picture);
    if (uploaded !== null) {
      painter.draw(uploaded, WHOLE, width, height, "stored");
      painter.free(uploaded);
    }
    return (x, y) => painter.colourAt(x, y);
  }

  private drawSlowly(picture: ImageData, table: ColourTable): (x: number, y: number) => Rgb {
    applyTable(table, picture.data);
    Object.assign(this.canvas, { width: picture.width, height: picture.height });
    const context = this.canvas.getContext("2d");
    context?.putImageData(picture, 0, 0);
    return (x, y) => {
      const pixel = context?.getImageData(x, y, 1, 1).data ?? [];
      return [pixel[0] ?? 0, pixel[1] ?? 0, pixel[2] ?? 0];
    };
  }
}

/** The target as stored: one square of `SIDE` pixels a patch, row by row. */
export function pictureOf(target: ColourTarget): ImageData {
  const width = target.columns * SIDE;
  const height = Math.ceil(target.patches.length / target.columns) * SIDE;
  const picture = new ImageData(width, height);
  target.patches.forEach(({ stored }, i) => {
    const [left, top] = [(i % target.columns) * SIDE, Math.floor(i / target.columns) * SIDE];
    for (let y = top; y < top + SIDE; y++) {
      for (let x = left; x < left + SIDE; x++) picture.data.set([...stored, 255], 4 * (y * width + x));
    }
  });
  return picture;
}
