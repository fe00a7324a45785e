import { useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";

import { nearestCell } from "./cell_grid";
import { CellLayer } from "./cell_layer";
import { groupOf } from "./cell_look";
import type { CellGroup } from "./cell_look";
import type { CellSession } from "./cell_session";
import { COUNTED } from "./cells_file";
import { EXCLUDED, FLIPPED } from "./recount";
import { number } from "../i18n/format";
import { useLanguage } from "../i18n/words";
import { apply, invert } from "../viewer/image_transform";
import type { Point } from "../viewer/image_transform";
import type { SlideView } from "../viewer/slide_view";
import { useFrame } from "../viewer/use_slide_view";

/** How near the pointer must be to a cell: at least this many CSS pixels, or the radius of a nucleus. */
const REACH_PX = 7;
const REACH_UM = 4;

/** Diameter of the ring around the cell under the pointer, in CSS pixels. */
const RING = 22;

interface Props {
  view: SlideView;
  session: CellSession;
  shown: Readonly<Record<CellGroup, boolean>>;
  spacingUm: number | null;
  /** A click turns the class of the cell under it. */
  editing: boolean;
  /** The pointer is free: nothing is being drawn. */
  pointing: boolean;
  /** Told which cell is under the pointer, for the key that turns it. */
  onHover: (cell: number | null) => void;
}

/** Every cell of the reading over the slide, and what the one under the pointer is. */
export function CellOverlay({ view, session, shown, spacingUm, editing, pointing, onHover }: Props) {
  const { loaded, states, flip } = session;
  const layer = useRef<CellLayer | null>(null);

  useEffect(() => {
    const opened = new CellLayer(view.layers, spacingUm);
    layer.current = opened;
    const follow = (): void => {
      const frame = view.frame();
      if (frame !== null) opened.follow(frame.view, frame.size);
    };
    follow();
    const stop = view.subscribe(follow);
    return () => {
      stop();
      opened.dispose();
      layer.current = null;
    };
  }, [view, spacingUm]);

  const statesNow = useRef(states);
  useEffect(() => {
    statesNow.current = states;
    if (states !== null) layer.current?.setStates(states);
  }, [states]);
  useEffect(() => {
    if (loaded !== null && statesNow.current !== null)
      layer.current?.load(loaded.cells, loaded.grid, statesNow.current);
  }, [loaded, view, spacingUm]);
  useEffect(() => layer.current?.show(shown), [shown, view, spacingUm]);

  const hit = (at: Point): number | null => {
    const scale = view.frame()?.scale;
    if (loaded === null || scale === undefined || !pointing) return null;
    const reach = Math.max(REACH_PX / scale, spacingUm === null ? 0 : REACH_UM / spacingUm);
    return nearestCell(loaded.grid, loaded.cells, at.x, at.y, reach);
  };
  const hovered = useHover(view, hit, onHover);
  useClicks(view, editing, (at) => {
    const cell = hit(at);
    if (cell !== null && isTurnable(states?.[cell] ?? 0)) flip(cell);
  });
  return hovered === null ? null : <CellTooltip view={view} session={session} cell={hovered} editing={editing} />;
}

/** Only cells that enter the score have a class to turn. */
export function isTurnable(state: number): boolean {
  return (state & COUNTED) !== 0 && (state & EXCLUDED) === 0;
}

/** The cell under the pointer; nobody is left with one when the cells are hidden or are those of another reading. */
export function useHover(
  view: SlideView,
  hit: (at: Point) => number | null,
  onHover: (cell: number | null) => void,
): number | null {
  const [hovered, setHovered] = useState<number | null>(null);
  const present = useRef({ hit, onHover });
  useEffect(() => {
    present.current = { hit, onHover };
  });
  useEffect(() => {
    const element = view.layers.parentElement;
    if (element === null) return;
    const tell = (cell: number | null): void => {
      setHovered(cell);
      present.current.onHover(cell);
    };
    const over = (event: PointerEvent): void => {
      const frame = view.frame();
      if (frame === null || event.pointerType === "touch" || event.buttons !== 0) {
        tell(null);
        return;
      }
      const bounds = element.getBoundingClientRect();
      const at = { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
      tell(present.current.hit(apply(invert(frame.view), at)));
    };
    const leave = (): void => tell(null);
    element.addEventListener("pointermove", over);
    element.addEventListener("pointerleave", leave);
    const told = present;
    return () => {
      element.removeEventListener("pointermove", over);
      element.removeEventListener("pointerleave", leave);
      told.current.onHover(null);
    };
  }, [view]);
  return hovered;
}

function useClicks(view: SlideView, editing: boolean, onClick: (at: Point) => void): void {
  const present = useRef(onClick);
  useEffect(() => {
    present.current = onClick;
  });
  useEffect(() => {
    view.setDoubleClickZoom(!editing);
    return editing ? view.onClick((at) => present.current(at)) : undefined;
  }, [view, editing]);
}

function CellTooltip({
  view,
  session,
  cell,
  editing,
}: {
  view: SlideView;
  session: CellSession;
  cell: number;
  editing: boolean;
}) {
  const { t } = useTranslation("viewer");
  const language = useLanguage();
  const frame = useFrame(view);
  const cells = session.loaded?.cells;
  const state = session.states?.[cell];
  if (frame === null || cells === undefined || state === undefined) return null;
  const at = apply(frame.view, { x: cells.x[cell] ?? 0, y: cells.y[cell] ?? 0 });
  const lines = [
    t(`cells.${groupOf(state)}`),
    t("cells.dab", { od: number(cells.dabOd[cell] ?? 0, language, 2) }),
    ...((state & EXCLUDED) !== 0 ? [t("cells.excluded")] : []),
    ...((state & COUNTED) === 0 ? [t("cells.not_counted_why")] : []),
    ...((state & FLIPPED) !== 0 ? [t("cells.flipped")] : []),
    ...(editing && isTurnable(state) ? [t("cells.click_to_turn")] : []),
  ];
  return createPortal(
    <>
      <div
        aria-hidden
        style={{
          position: "absolute",
          left: at.x - RING / 2,
          top: at.y - RING / 2,
          width: RING,
          height: RING,
          border: "2px solid #111",
          outline: "1.5px solid #fff",
          borderRadius: "50%",
        }}
      />
      <div
        role="tooltip"
        data-testid="cell-tooltip"
        style={{
          position: "absolute",
          left: Math.min(at.x + 14, frame.size.width - 210),
          top: Math.min(at.y + 14, frame.size.height - 90),
          maxWidth: 200,
          padding: "4px 8px",
          borderRadius: 4,
          background: "rgb(20 20 20 / 0.88)",
          color: "#fff",
          fontSize: 12,
          lineHeight: 1.45,
        }}
      >
        {lines.map((line) => (
          <div key={line}>{line}</div>
        ))}
      </div>
    </>,
    view.layers,
  );
}
