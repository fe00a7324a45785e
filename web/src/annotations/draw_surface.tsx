import { useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";

import { finish, move, press, preview, release, takeBack } from "./drawing";
import type { Draft, DrawMode, Step } from "./drawing";
import { pathOf } from "./path";
import { apply, invert } from "../viewer/image_transform";
import { isTyping } from "../ui/keyboard";
import type { Point } from "../viewer/image_transform";
import type { SlideView } from "../viewer/slide_view";
import { useFrame } from "../viewer/use_slide_view";

interface Props {
  view: SlideView;
  mode: DrawMode;
  /** Red where the outline takes something out of a count. */
  excludes: boolean;
  onDone: (ring: readonly Point[]) => void;
  onCancel: () => void;
}

/** Takes the pointer while a region is drawn; the wheel and the middle button still move the slide. */
export function DrawSurface({ view, mode, excludes, onDone, onCancel }: Props) {
  const { t } = useTranslation("viewer");
  const surface = useRef<SVGSVGElement>(null);
  const [draft, setDraft] = useState<Draft | null>(null);
  const frame = useFrame(view);
  useDrawEvents(surface, view, { mode, draft, setDraft, onDone, onCancel });
  if (frame === null) return null;
  const points = draft === null ? [] : preview(draft).map((point) => apply(frame.view, point));
  const closed = draft !== null && draft.points.length > 2;
  return createPortal(
    <svg
      ref={surface}
      role="application"
      aria-label={t(excludes ? "draw.exclusion_surface" : "draw.surface")}
      data-testid="draw-surface"
      style={{
        position: "absolute",
        inset: 0,
        width: "100%",
        height: "100%",
        pointerEvents: "all",
        cursor: "crosshair",
      }}
    >
      <path
        d={pathOf(points, closed || mode === "rectangle")}
        fill={excludes ? "rgb(201 42 42 / 0.18)" : "rgb(11 114 133 / 0.12)"}
        stroke={excludes ? "#c92a2a" : "#0b7285"}
        strokeWidth={2}
      />
      {draft?.strokeFrom === null &&
        points
          .slice(0, draft.points.length)
          .map((point, i) => (
            <circle
              key={i}
              cx={point.x}
              cy={point.y}
              r={i === 0 ? 6 : 3.5}
              fill="#fff"
              stroke={excludes ? "#c92a2a" : "#0b7285"}
              strokeWidth={2}
            />
          ))}
    </svg>,
    view.layers,
  );
}

interface DrawState {
  mode: DrawMode;
  draft: Draft | null;
  setDraft: (draft: Draft | null) => void;
  onDone: (ring: readonly Point[]) => void;
  onCancel: () => void;
}

/** Native listeners: OpenSeadragon listens natively above this element, and React's would hear events after it. */
function useDrawEvents(surface: React.RefObject<SVGSVGElement | null>, view: SlideView, state: DrawState): void {
  const present = useRef(state);
  useEffect(() => {
    present.current = state;
  });
  const ready = useFrame(view) !== null;

  useEffect(() => {
    const element = surface.current;
    if (element === null || !ready) return;
    const unit = (): number => 1 / (view.frame()?.scale ?? 1);
    const place = (event: PointerEvent | MouseEvent): Point => {
      const bounds = element.getBoundingClientRect();
      const frame = view.frame();
      const at = { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
      return frame === null ? at : apply(invert(frame.view), at);
    };
    const take = ({ draft, done }: Step): void => {
      present.current.setDraft(draft);
      present.current.draft = draft;
      if (done !== null) present.current.onDone(done);
    };
    const down = (event: PointerEvent): void => {
      if (event.button !== 0) return;
      event.stopPropagation();
      element.setPointerCapture(event.pointerId);
      take(press(present.current.draft, present.current.mode, place(event), unit()));
    };
    const drag = (event: PointerEvent): void => {
      const { draft } = present.current;
      if (draft === null) return;
      event.stopPropagation();
      take({ draft: move(draft, place(event), unit()), done: null });
    };
    const up = (event: PointerEvent): void => {
      const { draft } = present.current;
      if (draft === null || event.button !== 0) return;
      event.stopPropagation();
      take(release(draft, place(event), unit()));
    };
    const close = (event: MouseEvent): void => {
      event.stopPropagation();
      if (present.current.draft !== null) take(finish(present.current.draft, unit()));
    };
    const key = (event: KeyboardEvent): void => {
      // Heard before everybody else; a dialog and a field keep their own keys, or nobody could close or correct them.
      if (isTyping(event.target)) return;
      const { draft } = present.current;
      if (event.key === "Escape" && draft === null) present.current.onCancel();
      else if (event.key === "Escape") take({ draft: null, done: null });
      else if (event.key === "Enter" && draft !== null) take(finish(draft, unit()));
      else if (event.key === "Backspace" && draft !== null) take({ draft: takeBack(draft), done: null });
      else return;
      event.preventDefault();
      event.stopPropagation();
    };
    element.addEventListener("pointerdown", down);
    element.addEventListener("pointermove", drag);
    element.addEventListener("pointerup", up);
    element.addEventListener("dblclick", close);
    window.addEventListener("keydown", key, true);
    return () => {
      element.removeEventListener("pointerdown", down);
      element.removeEventListener("pointermove", drag);
      element.removeEventListener("pointerup", up);
      element.removeEventListener("dblclick", close);
      window.removeEventListener("keydown", key, true);
    };
  }, [surface, view, ready]);
}
