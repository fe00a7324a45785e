import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";

import { TargetCanvas } from "./target_canvas";
import { useCheckColours, useColourTable, useColourTarget } from "../api/colour";
import type { ColourCheck } from "../api/colour";
import type { ApiError } from "../api/errors";
import { onScreenChange, screenGamut, screenSpace } from "../viewer/screen_space";

export interface Screen {
  readonly renderer: string;
  readonly pixelRatio: number;
  readonly gamut: ReturnType<typeof screenGamut>;
}

export interface Checking {
  readonly check: ColourCheck | null;
  readonly screen: Screen | null;
  readonly running: boolean;
  readonly error: ApiError | null;
  /** Null until target and table have come. */
  readonly run: (() => void) | null;
}

/** Check what this screen is sent, by the profile of a slide or, for null, of the target; once at the beginning. Drawn in `host`. */
export function useCheck(slideId: string | null, host: HTMLElement | null): Checking {
  const drawn = useRef<TargetCanvas | null>(null);
  const space = useSyncExternalStore(onScreenChange, screenSpace);
  const target = useColourTarget();
  const table = useColourTable(slideId, space);
  const compare = useCheckColours();
  const [screen, setScreen] = useState<Screen | null>(null);
  const { mutate } = compare;

  useEffect(
    () => () => {
      drawn.current?.destroy();
      drawn.current = null;
    },
    [],
  );
  const run = useCallback(() => {
    if (host === null || target.data === undefined || table.data === undefined) return;
    drawn.current ??= new TargetCanvas(host);
    const { colours, renderer } = drawn.current.measure(target.data, table.data);
    const [gamut, pixelRatio] = [screenGamut(), window.devicePixelRatio];
    setScreen({ renderer, pixelRatio, gamut });
    mutate({
      slide_id: slideId,
      space: table.data.space,
      measured: colours,
      renderer: renderer.slice(0, 300),
      browser: window.navigator.userAgent.slice(0, 300),
      gamut,
      pixel_ratio: pixelRatio,
    });
  }, [host, mutate, slideId, table.data, target.data]);
  useEffect(run, [run]);

  return {
    check: compare.data ?? null,
    screen,
    running: compare.isPending || target.isPending || table.isPending,
    error: target.error ?? table.error ?? compare.error,
    run: target.data === undefined || table.data === undefined ? null : run,
  };
}
