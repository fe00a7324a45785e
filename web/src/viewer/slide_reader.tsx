import { useCallback, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";

import { KeyImageButton } from "./key_image";
import { LabelPopover } from "./label_popover";
import { FirstLook } from "./first_look";
import { useFirstTiles } from "./first_tiles";
import { SlideRail } from "./slide_rail";
import { neighbour, slidesOf } from "./slide_words";
import { Stage } from "./stage";
import { Toolbar } from "./toolbar";
import type { Tool } from "./tools";
import { useColour } from "./use_colour";
import { useRegions } from "./use_regions";
import { useSlideView } from "./use_slide_view";
import { useViewerKeys } from "./use_viewer_keys";
import { UnmatchedBanner } from "./unmatched_banner";
import { startOf } from "./view_position";
import classes from "./viewer.module.css";
import { AnalysisPanel } from "../analysis/analysis_panel";
import { useCellSession } from "../analysis/cell_session";
import { newestFirst } from "../analysis/reading_order";
import { useReadingAtHand } from "../analysis/use_reading_at_hand";
import { useReviewState } from "../analysis/review_state";
import { isTurnable } from "../analysis/cell_overlay";
import type { CellGroup } from "../analysis/cell_look";
import { RegionList } from "../annotations/region_list";
import { boundsOf } from "../annotations/geometry";
import { useCase } from "../api/cases";
import { useSlideReadings } from "../api/readings";
import { associatedImage } from "../api/slides";
import type { SlideDetail } from "../api/slides";
import { useSession } from "../session/session";
import { ErrorNotice } from "../ui/error_notice";
import { PatientBanner } from "../ui/patient_banner";

/** A slide on the screen with everything a reader does to it. The image comes first: every panel can be folded away. */
export function SlideReader({ slide }: { slide: SlideDetail }) {
  const { can } = useSession();
  const tiled = useStable(slide);
  const { view, canvas, navigator } = useSlideView(
    tiled,
    associatedImage(slide.id, "thumbnail"),
    tiled.colour.state === "usable",
  );
  const colour = useColour(view, tiled);
  const there = useFirstTiles(view);
  const [startsWhole] = useState(() => startOf(window.location.search, window.location.hash) === null);
  const looksFirst = !there && startsWhole && tiled.colour.state !== "usable";
  const panels = usePanels();
  const [tool, setTool] = useState<Tool>("look");
  const [shown, setShown] = useState<Record<CellGroup, boolean>>({ positive: true, negative: true, ignored: true });
  const readings = useSlideReadings(slide.id);
  const { reading, selectReading } = useReadingAtHand(readings.data);
  const session = useCellSession(reading);
  const regions = useRegions(slide);
  const hovered = useRef<number | null>(null);
  const onHover = useCallback((cell: number | null) => {
    hovered.current = cell;
  }, []);
  const row = useCaseRow(slide);

  const canWrite = can("annotation.write");
  const review = useReviewState(reading, can("reading.review"));
  const canEdit = review.open && session.loaded !== null;
  const toggleTool = (wanted: Tool): void => setTool(tool === wanted ? "look" : wanted);
  const { flip, undo, redo } = session;
  useViewerKeys(view, slide, {
    toggleOverlays: panels.overlays.toggle,
    togglePanel: panels.panel.toggle,
    toggleColour: colour.toggle,
    toggleLabel: () => panels.setLabel(!panels.label),
    drawRegion: () => {
      if (canWrite) toggleTool("freehand");
    },
    cancel: () => setTool("look"),
    previous: row.previous,
    next: row.next,
    edit: canEdit
      ? {
          flipMode: () => toggleTool("flip"),
          flipHovered: () => {
            const cell = hovered.current;
            if (cell !== null && isTurnable(session.states?.[cell] ?? 0)) flip(cell);
          },
          exclude: () => toggleTool("exclude"),
          undo,
          redo,
        }
      : null,
  });

  return (
    <div className={classes["page"]} data-testid="viewer">
      {slide.case !== null && <PatientBanner of={slide.case} />}
      {slide.status === "unmatched" && <UnmatchedBanner slide={slide} />}
      <Toolbar
        slide={slide}
        view={view}
        rail={panels.rail}
        panel={panels.panel}
        overlays={panels.overlays}
        colour={colour}
        previous={row.previous}
        next={row.next}
      >
        <LabelPopover slide={slide} opened={panels.label} onOpened={panels.setLabel} />
        {slide.case_id !== null && can("report.write") && (
          <KeyImageButton slide={{ ...slide, case_id: slide.case_id }} view={view} />
        )}
      </Toolbar>
      <div className={classes["body"]}>
        {panels.rail.shown && slide.case_id !== null && <SlideRail slides={row.slides} present={slide.id} />}
        <Stage
          slide={slide}
          view={view}
          canvas={canvas}
          navigator={navigator}
          tool={tool}
          onTool={setTool}
          overlays={panels.overlays.shown}
          regions={regions}
          session={session}
          shown={shown}
          onHover={onHover}
          canEdit={canEdit}
          behind={looksFirst && <FirstLook slide={tiled} />}
        />
        {panels.panel.shown && (
          <PanelSide empty={!there}>
            <RegionList
              regions={regions.saved}
              selected={regions.selected}
              spacing={{ x: slide.spacing_um_x, y: slide.spacing_um_y }}
              tool={tool}
              canWrite={canWrite}
              onTool={setTool}
              onSelect={regions.select}
              onShow={(geometry) => view?.fitBox(boundsOf(geometry))}
              onRemove={regions.remove}
            />
            <ErrorNotice error={regions.error} />
            <ErrorNotice error={readings.error} onRetry={() => void readings.refetch()} />
            {readings.data !== undefined && (
              <AnalysisPanel
                slide={slide}
                readings={newestFirst(readings.data)}
                session={session}
                regions={regions.saved}
                selectedRegion={regions.selected}
                onSelectRegion={regions.select}
                onSelectReading={selectReading}
                shown={shown}
                onShown={setShown}
                tool={tool}
                onTool={setTool}
                review={review}
              />
            )}
          </PanelSide>
        )}
      </div>
    </div>
  );
}

/** The column beside the slide; it has its width at once, and its contents when the slide has its first tiles. */
function PanelSide({ empty, children }: { empty: boolean; children: React.ReactNode }) {
  const { t } = useTranslation("viewer");
  return (
    <aside className={classes["panel"]} aria-label={t("panel.title")} data-testid="viewer-panel">
      <div style={{ display: "flex", flexDirection: "column", gap: 14 }}>{!empty && children}</div>
    </aside>
  );
}

interface Shown {
  shown: boolean;
  toggle: () => void;
}

function usePanels(): {
  rail: Shown;
  panel: Shown;
  overlays: Shown;
  label: boolean;
  setLabel: (opened: boolean) => void;
} {
  const [rail, setRail] = useState(true);
  const [panel, setPanel] = useState(true);
  const [overlays, setOverlays] = useState(true);
  const [label, setLabel] = useState(false);
  return {
    rail: { shown: rail, toggle: () => setRail(!rail) },
    panel: { shown: panel, toggle: () => setPanel(!panel) },
    overlays: { shown: overlays, toggle: () => setOverlays(!overlays) },
    label,
    setLabel,
  };
}

/** The slide as the viewer opened it: an answer that says the same must not open it again. */
function useStable(slide: SlideDetail): SlideDetail & { width: number; height: number } {
  const [first] = useState(slide);
  const base = first.levels[0];
  return useMemo(
    () => ({ ...first, width: first.width ?? base?.width ?? 1, height: first.height ?? base?.height ?? 1 }),
    [first, base],
  );
}

/** The slides of the case and the ways to the next and the one before. */
function useCaseRow(slide: SlideDetail) {
  const of = useCase(slide.case_id);
  const navigate = useNavigate();
  const slides = useMemo(() => (of.data === undefined ? [] : slidesOf(of.data)), [of.data]);
  const way = (step: 1 | -1): (() => void) | null => {
    const target = neighbour(slides, slide.id, step);
    return target === null ? null : () => void navigate(`/slides/${target.id}`);
  };
  return { slides, previous: way(-1), next: way(1) };
}
