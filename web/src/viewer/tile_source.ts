/** OpenSeadragon's view of a slide: its stored levels and own tile grid, nothing resampled on the way. */

import OpenSeadragon from "openseadragon";

import { levelStep, needsOverview, orderedLevels, tileAt, tilePlacement } from "./levels";
import type { Size, StoredLevel } from "./levels";

export interface TiledSlide extends Size {
  /** `/tiles/{id}/{level}/{column}/{row}?v=...` with the id filled in; `v` names content and way of making. */
  readonly tile_url: string;
  readonly levels: readonly StoredLevel[];
}

/** A picture of the whole slide that stands under a slide without coarse levels. */
export interface Overview extends Size {
  readonly url: string;
}

/** What OpenSeadragon asks about one of its levels (0 is the coarsest). */
type Entry = { kind: "stored"; index: number; level: StoredLevel } | { kind: "overview"; overview: Overview };

/** Changes a tile's pixels before it is shown; where there is no graphics card to do it. */
export type Convert = (tile: ImageBitmap) => Promise<ImageBitmap>;

export class SlideTileSource extends OpenSeadragon.TileSource {
  convert: Convert | null = null;
  /** Behind every tile's address, with its `?`: the focal plane and channel, where not the slide's own. */
  query = "";
  private readonly entries: readonly Entry[];
  private readonly base: Size;
  private readonly urlTemplate: string;

  /** `overview` is used only where the coarsest stored level has too many tiles to show the whole slide. */
  constructor(slide: TiledSlide, overview: Overview | null = null) {
    const entries = entriesOf(slide, overview);
    super({ width: slide.width, height: slide.height, tileOverlap: 0, minLevel: 0, maxLevel: entries.length - 1 });
    this.entries = entries;
    this.base = { width: slide.width, height: slide.height };
    this.urlTemplate = slide.tile_url;
  }

  override getLevelScale(level: number): number {
    return 1 / this.step(level).x;
  }

  override getNumTiles(level: number): OpenSeadragon.Point {
    const entry = this.entry(level);
    if (entry.kind === "overview") return new OpenSeadragon.Point(1, 1);
    return new OpenSeadragon.Point(entry.level.columns, entry.level.rows);
  }

  override getTileWidth(level: number): number {
    const entry = this.entry(level);
    return entry.kind === "overview" ? entry.overview.width : entry.level.tile_width;
  }

  override getTileHeight(level: number): number {
    const entry = this.entry(level);
    return entry.kind === "overview" ? entry.overview.height : entry.level.tile_height;
  }

  // OpenSeadragon declares that a Tile is returned, but uses and returns a Point.
  override getTileAtPoint(level: number, point: OpenSeadragon.Point): never {
    const entry = this.entry(level);
    const at =
      entry.kind === "overview"
        ? { column: 0, row: 0 }
        : tileAt(this.base, entry.level, point.x * this.base.width, point.y * this.base.width);
    return new OpenSeadragon.Point(at.column, at.row) as never;
  }

  override getTileBounds(level: number, x: number, y: number, isSource = false): OpenSeadragon.Rect {
    const entry = this.entry(level);
    const { source, target } =
      entry.kind === "overview"
        ? { source: entry.overview, target: { x: 0, y: 0, ...this.base } }
        : tilePlacement(this.base, entry.level, x, y);
    if (isSource) return new OpenSeadragon.Rect(0, 0, source.width, source.height);
    const unit = this.base.width;
    return new OpenSeadragon.Rect(target.x / unit, target.y / unit, target.width / unit, target.height / unit);
  }

  override getTileUrl(level: number, x: number, y: number): string {
    const entry = this.entry(level);
    if (entry.kind === "overview") return entry.overview.url;
    return withQuery(tileUrl(this.urlTemplate, entry.index, x, y), this.query);
  }

  /** The numbers of the file: a profile that a tile may carry by itself is not applied by the browser. */
  override downloadTileStart(job: OpenSeadragon.ImageJob): void {
    const abort = new AbortController();
    (job.userData as { abort?: AbortController }).abort = abort;
    const convert = this.storedLevel(job.tile.level) === null ? null : this.convert;
    bitmapOf(job.src, convert, abort.signal).then(
      (bitmap) => job.finish(bitmap, null, "imageBitmap"),
      (fault: unknown) => {
        if (!abort.signal.aborted) job.fail(String(fault), null);
      },
    );
  }

  override downloadTileAbort(job: OpenSeadragon.ImageJob): void {
    (job.userData as { abort?: AbortController }).abort?.abort();
  }

  override hasTransparency(): boolean {
    return false;
  }

  /** The level of the file behind one of OpenSeadragon's levels, or null for the overview. */
  storedLevel(level: number): { index: number; level: StoredLevel } | null {
    const entry = this.entry(level);
    return entry.kind === "stored" ? entry : null;
  }

  private step(level: number): { x: number; y: number } {
    const entry = this.entry(level);
    return levelStep(this.base, entry.kind === "overview" ? entry.overview : entry.level);
  }

  private entry(level: number): Entry {
    const entry = this.entries[level];
    if (entry === undefined) throw new RangeError(`level ${String(level)} of ${String(this.entries.length)}`);
    return entry;
  }
}

async function bitmapOf(address: string, convert: Convert | null, signal: AbortSignal): Promise<ImageBitmap> {
  const response = await fetch(address, { credentials: "same-origin", signal });
  if (!response.ok) throw new Error(`${String(response.status)} ${address}`);
  const bitmap = await createImageBitmap(await response.blob(), {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  });
  return convert === null ? bitmap : convert(bitmap);
}

/** Fills in level, column and row of `/tiles/{id}/{level}/{column}/{row}`. */
export function tileUrl(template: string, level: number, column: number, row: number): string {
  return template.replace("{level}", String(level)).replace("{column}", String(column)).replace("{row}", String(row));
}

/** An address with more behind it; it may have a query already. */
function withQuery(address: string, query: string): string {
  return query !== "" && address.includes("?") ? `${address}&${query.slice(1)}` : address + query;
}

function entriesOf(slide: TiledSlide, overview: Overview | null): Entry[] {
  const stored: Entry[] = orderedLevels(slide.levels).map((entry) => ({ kind: "stored", ...entry }));
  if (overview !== null && needsOverview(slide.levels)) stored.push({ kind: "overview", overview });
  return stored.reverse();
}
