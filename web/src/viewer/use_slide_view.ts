import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, useSyncExternalStore, type RefObject } from "react";

import { keys } from "../api/keys";
import { needsOverview } from "./levels";
import { SlideView } from "./slide_view";
import type { Frame, Hole } from "./slide_view";
import type { Overview, TiledSlide } from "./tile_source";
import { formatPosition, parsePosition, startOf } from "./view_position";

export interface OpenSlide {
  /** Null until the slide is on the screen. */
  readonly view: SlideView | null;
  readonly canvas: RefObject<HTMLDivElement | null>;
  readonly navigator: RefObject<HTMLDivElement | null>;
}

/** Open a slide in two elements and keep the address in step with the view. `slide` must keep its identity.
 * `waitsForColour`: nothing is drawn before `setColour` was called. */
export function useSlideView(slide: TiledSlide, thumbnail: string, waitsForColour: boolean): OpenSlide {
  const canvas = useRef<HTMLDivElement>(null);
  const navigator = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<SlideView | null>(null);

  useEffect(() => {
    let gone = false;
    let opened: SlideView | null = null;
    let stop: (() => void) | undefined;
    const open = (overview: Overview | null): void => {
      if (gone || canvas.current === null || navigator.current === null) return;
      const start = startOf(window.location.search, window.location.hash);
      opened = new SlideView(canvas.current, navigator.current, slide, overview, start, waitsForColour);
      stop = keepAddress(opened);
      setView(opened);
    };
    void overviewOf(slide, thumbnail).then(open);
    return () => {
      gone = true;
      stop?.();
      opened?.destroy();
      setView(null);
    };
  }, [slide, thumbnail, waitsForColour]);

  return { view, canvas, navigator };
}

/** The thumbnail as lowest level, where the slide has none of its own; without it where the picture does not come. */
async function overviewOf(slide: TiledSlide, thumbnail: string): Promise<Overview | null> {
  if (!needsOverview(slide.levels)) return null;
  const image = new Image();
  image.src = thumbnail;
  return new Promise((resolve) => {
    image.onload = () => resolve({ url: thumbnail, width: image.naturalWidth, height: image.naturalHeight });
    image.onerror = () => resolve(null);
  });
}

function keepAddress(view: SlideView): () => void {
  const write = (): void => {
    const position = view.position();
    if (position !== null) window.history.replaceState(window.history.state, "", formatPosition(position));
  };
  const read = (): void => {
    const position = parsePosition(window.location.hash);
    if (position !== null) view.goTo(position);
  };
  const stop = view.onRest(write);
  window.addEventListener("hashchange", read);
  return () => {
    stop();
    window.removeEventListener("hashchange", read);
  };
}

const nothing = (): (() => void) => () => undefined;
const NO_HOLES: readonly Hole[] = [];

/**
 * Ask for the slide once where a tile does not come: a session that has ended shows itself by that answer, and the
 * person is sent to sign in instead of being told that the slide is damaged.
 */
export function useTileFailureCheck(view: SlideView | null, slideId: string): void {
  const client = useQueryClient();
  const failing = useHoles(view).length > 0;
  useEffect(() => {
    if (failing) void client.invalidateQueries({ queryKey: keys.slide(slideId), exact: true });
  }, [client, failing, slideId]);
}

/** What the screen shows now; draws its caller with every frame, so callers are small. */
export function useFrame(view: SlideView | null): Frame | null {
  return useSyncExternalStore(view?.subscribe ?? nothing, view?.frame ?? (() => null));
}

/** The tiles of the slide that could not be read so far. */
export function useHoles(view: SlideView | null): readonly Hole[] {
  return useSyncExternalStore(view?.subscribe ?? nothing, view?.holes ?? (() => NO_HOLES));
}
