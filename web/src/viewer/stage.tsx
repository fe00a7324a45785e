import { useTranslation } from "react-i18next";
import type { ReactNode, RefObject } from "react";

import { Readouts } from "./readouts";
import type { SlideView } from "./slide_view";
import { TileHoles } from "./tile_holes";
import type { Tool } from "./tools";
import type { Regions } from "./use_regions";
import { useTileFailureCheck } from "./use_slide_view";
import classes from "./viewer.module.css";
import { CellOverlay } from "../analysis/cell_overlay";
import type { CellGroup } from "../analysis/cell_look";
import type { CellSession } from "../analysis/cell_session";
import { areaText } from "../annotations/area_text";
import { DrawSurface } from "../annotations/draw_surface";
import { clampRing, polygonGeometry, polygonsOf } from "../annotations/geometry";
import type { PolygonGeometry } from "../annotations/geometry";
import { RegionHandles } from "../annotations/region_handles";
import { RegionLayer } from "../annotations/region_layer";
import type { ShownRegion } from "../annotations/region_layer";
import type { SlideDetail } from "../api/slides";
import { useLanguage } from "../i18n/words";

interface Props {
  slide: SlideDetail;
  view: SlideView | null;
  canvas: RefObject<HTMLDivElement | null>;
  navigator: RefObject<HTMLDivElement | null>;
  tool: Tool;
  onTool: (tool: Tool) => void;
  overlays: boolean;
  regions: Regions;
  session: CellSession;
  shown: Readonly<Record<CellGroup, boolean>>;
  onHover: (cell: number | null) => void;
  canEdit: boolean;
  /** What stands behind the slide until it is there. */
  behind: ReactNode;
}

/** The slide itself with its layers: cells, outlines, what is being drawn, scale and overview. */
export function Stage(props: Props) {
  const { slide, view, canvas, navigator, tool, overlays, session, shown, onHover, canEdit, behind } = props;
  const { t } = useTranslation("viewer");
  const outlines = useOutlines(props);
  useTileFailureCheck(view, slide.id);
  return (
    <section className={classes["stage"]} aria-label={t("slide.image", { label: slide.label })}>
      {behind}
      <div
        ref={canvas}
        className={classes["canvas"]}
        data-testid="slide-canvas"
        data-open={view !== null}
        data-cells={session.loaded?.cells.count ?? 0}
      />
      <div ref={navigator} className={classes["navigator"]} aria-label={t("slide.overview")} role="img" />
      {view !== null && (
        <>
          <TileHoles view={view} />
          {overlays && session.loaded !== null && (
            <CellOverlay
              key={session.reading?.id}
              view={view}
              session={session}
              shown={shown}
              spacingUm={slide.spacing_um_x}
              editing={canEdit && tool === "flip"}
              pointing={tool === "look" || tool === "flip"}
              onHover={onHover}
            />
          )}
          {overlays && <RegionLayer view={view} regions={outlines} />}
          <DrawingTools {...props} view={view} />
        </>
      )}
      <Readouts view={view} slide={slide} />
      {tool !== "look" && (
        <div className={classes["hint"]} role="status">
          {t(`tools.${tool}`)}
        </div>
      )}
    </section>
  );
}

function DrawingTools({ view, slide, tool, onTool, regions, session, canEdit }: Props & { view: SlideView }) {
  const done = (): void => onTool("look");
  if (tool === "freehand" || tool === "rectangle") {
    return (
      <DrawSurface
        view={view}
        mode={tool}
        excludes={false}
        onCancel={done}
        onDone={(ring) => {
          regions.add(ring);
          done();
        }}
      />
    );
  }
  if (tool === "exclude" && canEdit) {
    return (
      <DrawSurface
        view={view}
        mode="freehand"
        excludes
        onCancel={done}
        onDone={(ring) => {
          session.exclude(polygonGeometry(clampRing(ring, slide.width ?? 0, slide.height ?? 0)));
          done();
        }}
      />
    );
  }
  const chosen = regions.saved.find((region) => region.annotation.id === regions.selected);
  const ring = chosen === undefined ? undefined : polygonsOf(chosen.geometry)[0]?.[0];
  if (tool === "adjust" && chosen !== undefined && ring !== undefined) {
    return <RegionHandles view={view} ring={ring} onChange={(next) => regions.replace(chosen.annotation.id, next)} />;
  }
  return null;
}

/** Saved regions, the region of the reading at hand, and what its reader took out. */
function useOutlines({ slide, regions, session }: Props): ShownRegion[] {
  const { t } = useTranslation("viewer");
  const language = useLanguage();
  const spacing = { x: slide.spacing_um_x, y: slide.spacing_um_y };
  const area = (geometry: PolygonGeometry): string => areaText(geometry, spacing, "", language);
  const saved = regions.saved.map(({ annotation, geometry, name }): ShownRegion => {
    const role = annotation.id === regions.selected ? "selected" : "region";
    return { key: annotation.id, role, geometry, label: `${name} ${area(geometry)}`.trim() };
  });
  const read = session.reading?.region ?? null;
  const reading: ShownRegion[] =
    read === null ? [] : [{ key: "read", role: "read", geometry: read, label: t("regions.read") }];
  const excluded = session.edits.excluded_regions.map((geometry, i): ShownRegion => ({
    key: `exclusion-${i}`,
    role: "exclusion",
    geometry,
    label: t("edits.excluded", { n: i + 1 }),
  }));
  return [...saved, ...reading, ...excluded];
}
