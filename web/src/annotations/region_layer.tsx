import { useTranslation } from "react-i18next";
import { createPortal } from "react-dom";

import { labelPoint } from "./geometry";
import type { PolygonGeometry } from "./geometry";
import { geometryPath } from "./path";
import { apply } from "../viewer/image_transform";
import type { SlideView } from "../viewer/slide_view";
import { useFrame } from "../viewer/use_slide_view";

export type RegionRole = "region" | "selected" | "read" | "exclusion";

export interface ShownRegion {
  readonly key: string;
  readonly role: RegionRole;
  readonly geometry: PolygonGeometry;
  readonly label: string;
}

/** Line and colour tell what an outline is: solid a saved region, dashed the region of a reading, red an exclusion. */
const LOOK: Record<RegionRole, { stroke: string; width: number; dash?: string; fill: string }> = {
  region: { stroke: "#0b7285", width: 2, fill: "none" },
  selected: { stroke: "#0b7285", width: 3.5, fill: "none" },
  read: { stroke: "#5f3dc4", width: 2, dash: "7 4", fill: "none" },
  exclusion: { stroke: "#c92a2a", width: 2, fill: "url(#exclusion-hatch)" },
};

/** Outlines over the slide. They are drawn in screen pixels, so that lines keep their width at every zoom. */
export function RegionLayer({ view, regions }: { view: SlideView; regions: readonly ShownRegion[] }) {
  const { t } = useTranslation("viewer");
  const frame = useFrame(view);
  if (frame === null || regions.length === 0) return null;
  return createPortal(
    <svg
      role="img"
      aria-label={t("regions.layer", { n: regions.length })}
      style={{ position: "absolute", inset: 0, width: "100%", height: "100%" }}
    >
      <defs>
        <pattern id="exclusion-hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="1.6" height="8" fill="rgb(201 42 42 / 0.55)" />
        </pattern>
      </defs>
      {regions.map(({ key, role, geometry, label }) => {
        const look = LOOK[role];
        const path = geometryPath(geometry, frame.view);
        // Below for the region of a reading: it is often the saved region itself, whose name stands above.
        const at = apply(frame.view, labelPoint(geometry, role === "read" ? "lower" : "upper"));
        return (
          <g key={key} data-region={role}>
            <path d={path} fill="none" stroke="#fff" strokeOpacity={0.7} strokeWidth={look.width + 2} />
            <path
              d={path}
              fill={look.fill}
              fillRule="evenodd"
              stroke={look.stroke}
              strokeWidth={look.width}
              {...(look.dash === undefined ? {} : { strokeDasharray: look.dash })}
            />
            <text
              x={at.x}
              y={role === "read" ? at.y + 16 : at.y - 6}
              textAnchor="middle"
              fontSize={12}
              fontWeight={600}
              fill={look.stroke}
              stroke="#fff"
              strokeWidth={3}
              paintOrder="stroke"
            >
              {label}
            </text>
          </g>
        );
      })}
    </svg>,
    view.layers,
  );
}
