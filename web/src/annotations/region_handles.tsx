import { useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";

import { isSimple } from "./outline";
import { pathOf } from "./path";
import { apply, invert } from "../viewer/image_transform";
import type { Point } from "../viewer/image_transform";
import type { SlideView } from "../viewer/slide_view";
import { useFrame } from "../viewer/use_slide_view";

interface Props {
  view: SlideView;
  ring: readonly Point[];
  /** Called when a corner was put somewhere else; not called where the outline would cross itself. */
  onChange: (ring: readonly Point[]) => void;
}

/** The corners of a region, to be dragged, or moved by the arrow keys when focused. */
export function RegionHandles({ view, ring, onChange }: Props) {
  const { t } = useTranslation("viewer");
  const frame = useFrame(view);
  const [moved, setMoved] = useState<{ index: number; at: Point } | null>(null);
  const handles = useRef<SVGGElement>(null);
  const present = useRef({ ring, moved, onChange });
  useEffect(() => {
    present.current = { ring, moved, onChange };
  });
  const ready = frame !== null;

  useEffect(() => {
    const group = handles.current;
    if (group === null || !ready) return;
    const show = (next: { index: number; at: Point } | null): void => {
      present.current.moved = next;
      setMoved(next);
    };
    const settle = (): void => {
      const { ring: corners, moved: corner, onChange: change } = present.current;
      show(null);
      if (corner === null) return;
      const next = corners.map((point, i) => (i === corner.index ? corner.at : point));
      if (isSimple(next)) change(next);
    };
    const indexOf = (target: EventTarget | null): number | null => {
      const text = target instanceof SVGElement ? target.dataset["corner"] : undefined;
      return text === undefined ? null : Number(text);
    };
    const place = (event: PointerEvent): Point | null => {
      const now = view.frame();
      if (now === null) return null;
      const bounds = view.layers.getBoundingClientRect();
      return apply(invert(now.view), { x: event.clientX - bounds.left, y: event.clientY - bounds.top });
    };
    const down = (event: PointerEvent): void => {
      const index = indexOf(event.target);
      const at = place(event);
      if (index === null || at === null || event.button !== 0) return;
      event.stopPropagation();
      (event.target as SVGElement).setPointerCapture(event.pointerId);
      show({ index, at });
    };
    const drag = (event: PointerEvent): void => {
      const at = place(event);
      if (present.current.moved === null || at === null) return;
      event.stopPropagation();
      show({ index: present.current.moved.index, at });
    };
    const up = (event: PointerEvent): void => {
      if (present.current.moved === null) return;
      event.stopPropagation();
      settle();
    };
    const key = (event: KeyboardEvent): void => {
      const index = indexOf(event.target);
      const by = ARROWS[event.key];
      const corner = index === null ? undefined : present.current.ring[index];
      if (index === null || by === undefined || corner === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      const unit = 4 / (view.frame()?.scale ?? 1);
      show({ index, at: { x: corner.x + by.x * unit, y: corner.y + by.y * unit } });
      settle();
    };
    group.addEventListener("pointerdown", down);
    group.addEventListener("pointermove", drag);
    group.addEventListener("pointerup", up);
    group.addEventListener("keydown", key);
    return () => {
      group.removeEventListener("pointerdown", down);
      group.removeEventListener("pointermove", drag);
      group.removeEventListener("pointerup", up);
      group.removeEventListener("keydown", key);
    };
  }, [view, ready]);

  if (frame === null) return null;
  const corners = ring.map((point, i) => apply(frame.view, moved?.index === i ? moved.at : point));
  return createPortal(
    <svg style={{ position: "absolute", inset: 0, width: "100%", height: "100%" }}>
      <path
        d={pathOf(corners, true)}
        fill="rgb(11 114 133 / 0.08)"
        stroke="#0b7285"
        strokeWidth={1.5}
        strokeDasharray="4 3"
      />
      <g ref={handles}>
        {corners.map((corner, i) => (
          <circle
            key={i}
            data-corner={i}
            tabIndex={0}
            role="button"
            aria-label={t("regions.corner", { n: i + 1 })}
            cx={corner.x}
            cy={corner.y}
            r={6}
            fill="#fff"
            stroke="#0b7285"
            strokeWidth={2}
            style={{ pointerEvents: "all", cursor: "move", touchAction: "none" }}
          />
        ))}
      </g>
    </svg>,
    view.layers,
  );
}

const ARROWS: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};
