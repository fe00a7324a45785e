/** The first picture of a slide, fetched while the page around it is still being built. */

import { startTransition, useEffect, useState } from "react";

import { levelStep, orderedLevels } from "./levels";
import type { Step } from "./levels";
import type { SlideView } from "./slide_view";
import { tileUrl } from "./tile_source";
import type { TiledSlide } from "./tile_source";

/** A coarsest level with more tiles than this is not what the slide opens with. */
const MOST_TILES = 16;

/** Longest that panels wait for the slide, in milliseconds. */
const LONGEST_WAIT = 800;

/** A tile of the first picture. */
export interface FirstTile {
  readonly url: string;
  /** Of its upper left corner, level-0 pixels. */
  readonly x: number;
  readonly y: number;
  /** Level-0 pixels per pixel of the tile. */
  readonly step: Step;
}

/** The tiles that show the whole slide; none where that would be many. */
export function firstTiles(slide: TiledSlide): FirstTile[] {
  const coarsest = orderedLevels(slide.levels).at(-1);
  if (coarsest === undefined || coarsest.level.columns * coarsest.level.rows > MOST_TILES) return [];
  const { columns, rows, tile_width, tile_height } = coarsest.level;
  const step = levelStep(slide, coarsest.level);
  return Array.from({ length: columns * rows }, (_, n) => {
    const [column, row] = [n % columns, Math.floor(n / columns)];
    const url = tileUrl(slide.tile_url, coarsest.index, column, row);
    return { url, x: column * tile_width * step.x, y: row * tile_height * step.y, step };
  });
}

/** Ask for them at once; the viewer finds them in the browser's cache. */
export function fetchFirstTiles(slide: TiledSlide): void {
  for (const tile of firstTiles(slide)) new Image().src = tile.url;
}

/** Whether the first tiles are on the screen or have had their time: what stands beside the slide comes after it. */
export function useFirstTiles(view: SlideView | null): boolean {
  const [there, setThere] = useState(false);
  useEffect(() => {
    const show = (): void => startTransition(() => setThere(true));
    const timer = window.setTimeout(show, LONGEST_WAIT);
    const stop = view?.onTile(() => window.requestAnimationFrame(() => window.requestAnimationFrame(show)));
    return () => {
      window.clearTimeout(timer);
      stop?.();
    };
  }, [view]);
  return there;
}
