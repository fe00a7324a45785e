/** The table without a graphics card: a worker converts each tile once, when it arrives. */

import type { ColourTable } from "./colour_table";
import type { SlideTileSource } from "./tile_source";

export interface ToWorker {
  readonly id: number;
  readonly table?: ColourTable | null;
  readonly tile?: ImageBitmap;
}

export interface FromWorker {
  readonly id: number;
  /** Absent where the tile could not be converted. */
  readonly tile?: ImageBitmap;
}

interface Waiting {
  readonly resolve: (tile: ImageBitmap) => void;
  readonly reject: (fault: Error) => void;
}

export class SlowColour {
  private readonly source: SlideTileSource;
  private readonly again: () => void;
  private readonly waiting = new Map<number, Waiting>();
  private worker: Worker | null = null;
  private next = 0;

  /** `again`: all tiles are to be fetched anew. */
  constructor(source: SlideTileSource, again: () => void) {
    this.source = source;
    this.again = again;
  }

  setTable(table: ColourTable | null): void {
    if (table === null && this.source.convert === null) return;
    if (table !== null) this.post({ id: 0, table });
    this.source.convert = table === null ? null : (tile) => this.converted(tile);
    this.again();
  }

  destroy(): void {
    this.worker?.terminate();
    this.source.convert = null;
  }

  private converted(tile: ImageBitmap): Promise<ImageBitmap> {
    const id = (this.next += 1);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.post({ id, tile }, [tile]);
    });
  }

  private post(message: ToWorker, transferred: Transferable[] = []): void {
    if (this.worker === null) {
      this.worker = new Worker(new URL("./colour_worker.ts", import.meta.url), { type: "module" });
      this.worker.onmessage = (event: MessageEvent<FromWorker>) => this.done(event.data);
    }
    this.worker.postMessage(message, transferred);
  }

  private done({ id, tile }: FromWorker): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (tile === undefined) waiting?.reject(new Error("the tile could not be converted"));
    else waiting?.resolve(tile);
  }
}
