import { useCallback, useEffect, useState, useSyncExternalStore } from "react";

import { NEUTRAL } from "./colour_painter";
import type { Adjustment } from "./colour_painter";
import type { ScreenSpace } from "./colour_table";
import { onScreenChange, screenSpace } from "./screen_space";
import type { SlideView } from "./slide_view";
import { useColourTable } from "../api/colour";
import type { SlideDetail } from "../api/slides";

/** What the reader sees of the slide's colour profile. */
export interface SlideColour {
  readonly state: "applied" | "off" | "loading" | "none" | "unusable" | "failed";
  readonly space: ScreenSpace;
  /** Null until the slide is open. */
  readonly by: SlideView["colourBy"] | null;
  /** Switches the profile off and on; null where there is nothing to switch. */
  readonly toggle: (() => void) | null;
  readonly adjustment: Adjustment;
  /** Null where the slide is not drawn by the graphics card. */
  readonly adjust: ((adjustment: Adjustment) => void) | null;
}

/** Bring the slide's profile to the screen. It is on for every slide that is opened. */
export function useColour(view: SlideView | null, slide: Pick<SlideDetail, "id" | "colour">): SlideColour {
  const widest = useSyncExternalStore(onScreenChange, screenSpace);
  const by = view?.colourBy ?? null;
  const space = by === "worker" ? "srgb" : widest;
  const usable = slide.colour.state === "usable";
  const table = useColourTable(slide.id, space, usable);
  const [off, setOff] = useState(false);
  const [adjustment, setAdjustment] = useState(NEUTRAL);
  const { data, isPending } = table;

  useEffect(() => {
    if (view === null || (usable && isPending)) return;
    view.setColour(off ? null : (data ?? null));
  }, [view, usable, isPending, off, data]);
  useEffect(() => view?.setAdjustment(adjustment), [view, adjustment]);

  const switchable = usable && data !== undefined;
  const toggle = useCallback(() => setOff((now) => !now), []);
  return {
    state: stateOf(slide.colour.state, isPending, data !== undefined, off),
    space,
    by,
    toggle: switchable ? toggle : null,
    adjustment,
    adjust: by === "graphics" ? setAdjustment : null,
  };
}

/** Whether anything is changed by hand. */
export function isAdjusted({ brightness, contrast, gamma }: Adjustment): boolean {
  return brightness !== NEUTRAL.brightness || contrast !== NEUTRAL.contrast || gamma !== NEUTRAL.gamma;
}

export function stateOf(
  profile: SlideDetail["colour"]["state"],
  pending: boolean,
  arrived: boolean,
  off: boolean,
): SlideColour["state"] {
  if (profile !== "usable") return profile;
  if (pending) return "loading";
  if (!arrived) return "failed";
  return off ? "off" : "applied";
}
