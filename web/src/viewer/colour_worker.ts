/** Converts tiles by the slide's table, off the page's own thread. */

import { applyTable } from "./colour_table";
import type { ColourTable } from "./colour_table";
import type { FromWorker, ToWorker } from "./slow_colour";

let table: ColourTable | null = null;

self.onmessage = ({ data }: MessageEvent<ToWorker>): void => {
  if (data.table !== undefined) table = data.table;
  if (data.tile !== undefined) answer(data.id, data.tile);
};

function answer(id: number, tile: ImageBitmap): void {
  const converted = table === null ? tile : convert(tile, table);
  const message: FromWorker = converted === null ? { id } : { id, tile: converted };
  self.postMessage(message, { transfer: converted === null ? [] : [converted] });
}

function convert(tile: ImageBitmap, by: ColourTable): ImageBitmap | null {
  const canvas = new OffscreenCanvas(tile.width, tile.height);
  const context = canvas.getContext("2d");
  if (context === null) return null;
  context.drawImage(tile, 0, 0);
  const pixels = context.getImageData(0, 0, tile.width, tile.height);
  applyTable(by, pixels.data);
  context.putImageData(pixels, 0, 0);
  return canvas.transferToImageBitmap();
}
