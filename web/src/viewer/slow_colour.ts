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

/** A tile that came before it was known how to convert it. */
interface Held extends Waiting {
  readonly tile: ImageBitmap;
}

export class SlowColour {
  private readonly source: SlideTileSource;
  private readonly again: () => void;
  private readonly waiting = new Map<number, Waiting>();
  private readonly held: Held[] = [];
  private waits: boolean;
  private worker: Worker | null = null;
  private next = 0;

  /** `again`: all tiles are to be fetched anew. `waits`: no tile is given before `setTable` was called. */
  constructor(source: SlideTileSource, again: () => void, waits: boolean) {
    this.source = source;
    this.again = again;
    this.waits = waits;
    if (waits) source.convert = (tile) => this.whenKnown(tile);
  }

  setTable(table: ColourTable | null): void {
    const first = this.waits;
    this.waits = false;
    if (!first && table === null && this.source.convert === null) return;
    if (table !== null) this.post({ id: 0, table });
    this.source.convert = table === null ? null : (tile) => this.converted(tile);
    for (const { tile, resolve, reject } of this.held.splice(0)) {
      if (table === null) resolve(tile);
      else this.converted(tile).then(resolve, reject);
    }
    if (!first) this.again();
  }

  /** A tile whose download began before the table was known, and may have ended since. */
  private whenKnown(tile: ImageBitmap): Promise<ImageBitmap> {
    if (this.waits) return new Promise((resolve, reject) => this.held.push({ tile, resolve, reject }));
    const { convert } = this.source;
    return convert === null ? Promise.resolve(tile) : convert(tile);
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
