import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";

import { apply } from "./image_transform";
import { pathOf } from "../annotations/path";
import type { SlideView } from "./slide_view";
import { useFrame, useHoles } from "./use_slide_view";

/**
 * Marks tiles that could not be read: hatched and named, never silently blank or filled by a blurred coarser level as
 * if that were the tissue. Only the holes of the level that is drawn now are marked.
 */
export function TileHoles({ view }: { view: SlideView }) {
  const { t } = useTranslation("viewer");
  const frame = useFrame(view);
  const holes = useHoles(view);
  if (frame === null || holes.length === 0) return null;
  const step = view.drawnStep(frame.scale);
  const shown = holes.filter((hole) => hole.step === step);
  if (shown.length === 0) return null;
  return createPortal(
    <svg
      role="img"
      aria-label={t("holes.count", { n: shown.length })}
      style={{ position: "absolute", inset: 0, width: "100%", height: "100%" }}
    >
      <defs>
        <pattern id="hole-hatch" width="10" height="10" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="10" height="10" fill="rgb(255 255 255 / 0.82)" />
          <rect width="3" height="10" fill="rgb(90 90 90 / 0.75)" />
        </pattern>
      </defs>
      {shown.map(({ key, box }) => {
        const corners = [
          { x: box.x, y: box.y },
          { x: box.x + box.width, y: box.y },
          { x: box.x + box.width, y: box.y + box.height },
          { x: box.x, y: box.y + box.height },
        ].map((corner) => apply(frame.view, corner));
        const centre = apply(frame.view, { x: box.x + box.width / 2, y: box.y + box.height / 2 });
        const wide = box.width * frame.scale > 90;
        return (
          <g key={key} data-hole={key}>
            <path d={pathOf(corners, true)} fill="url(#hole-hatch)" stroke="#5a5a5a" strokeWidth={1} />
            {wide && (
              <text
                x={centre.x}
                y={centre.y}
                textAnchor="middle"
                fontSize={12}
                fontWeight={600}
                fill="#222"
                stroke="#fff"
                strokeWidth={4}
                paintOrder="stroke"
              >
                {t("holes.one")}
              </text>
            )}
          </g>
        );
      })}
    </svg>,
    view.layers,
  );
}
