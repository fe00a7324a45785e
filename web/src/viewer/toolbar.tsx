import { ActionIcon, Badge, Group, SegmentedControl, Text, Tooltip, VisuallyHidden } from "@mantine/core";
import {
  IconChevronLeft,
  IconChevronRight,
  IconEye,
  IconEyeOff,
  IconLayoutSidebar,
  IconLayoutSidebarRight,
  IconMaximize,
  IconRotateClockwise,
  IconZoomIn,
  IconZoomOut,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { SlideBadges } from "./badges";
import { LayerControl } from "./layer_control";
import { nativePower, pixelRatioOf, PRESETS, presetText } from "./magnification";
import { LARGEST_SCALE } from "./slide_view";
import type { SlideView } from "./slide_view";
import type { SlideColour } from "./use_colour";
import { useFrame } from "./use_slide_view";
import classes from "./viewer.module.css";
import type { SlideDetail } from "../api/slides";
import { useWord } from "../i18n/words";

interface Props {
  slide: SlideDetail;
  view: SlideView | null;
  rail: { shown: boolean; toggle: () => void };
  panel: { shown: boolean; toggle: () => void };
  overlays: { shown: boolean; toggle: () => void };
  colour: SlideColour;
  previous: (() => void) | null;
  next: (() => void) | null;
  /** Label popover and key image. */
  children: ReactNode;
}

/** Which slide this is, and everything that moves it. */
export function Toolbar({ slide, view, rail, panel, overlays, colour, previous, next, children }: Props) {
  const { t } = useTranslation("viewer");
  return (
    <div className={classes["toolbar"]} role="toolbar" aria-label={t("toolbar.title")}>
      <Group gap={6} wrap="nowrap" style={{ minWidth: 0 }}>
        <Tool
          words={t(rail.shown ? "toolbar.hide_rail" : "toolbar.show_rail")}
          pressed={rail.shown}
          onClick={rail.toggle}
        >
          <IconLayoutSidebar size={17} />
        </Tool>
        <Tool words={t("toolbar.previous")} disabled={previous === null} onClick={() => previous?.()}>
          <IconChevronLeft size={17} />
        </Tool>
        <Tool words={t("toolbar.next")} disabled={next === null} onClick={() => next?.()}>
          <IconChevronRight size={17} />
        </Tool>
        <SlideIdentity slide={slide} />
        <div className={classes["badges"]}>
          <SlideBadges slide={slide} colour={colour} />
        </div>
      </Group>
      <Group gap={4} wrap="nowrap">
        <LayerControl slide={slide} view={view} />
        <Tool words={t("toolbar.zoom_out")} onClick={() => view?.zoomBy(1 / 1.5)}>
          <IconZoomOut size={17} />
        </Tool>
        <Presets slide={slide} view={view} />
        <Tool words={t("toolbar.zoom_in")} onClick={() => view?.zoomBy(1.5)}>
          <IconZoomIn size={17} />
        </Tool>
        <Tool words={t("toolbar.fit")} onClick={() => view?.fit()}>
          <IconMaximize size={17} />
        </Tool>
        <Tool words={t("toolbar.rotate")} onClick={() => view?.rotateBy(90)}>
          <IconRotateClockwise size={17} />
        </Tool>
        <Tool
          words={t(overlays.shown ? "toolbar.hide_overlays" : "toolbar.show_overlays")}
          pressed={overlays.shown}
          onClick={overlays.toggle}
        >
          {overlays.shown ? <IconEye size={17} /> : <IconEyeOff size={17} />}
        </Tool>
        {children}
        <Tool
          words={t(panel.shown ? "toolbar.hide_panel" : "toolbar.show_panel")}
          pressed={panel.shown}
          onClick={panel.toggle}
        >
          <IconLayoutSidebarRight size={17} />
        </Tool>
      </Group>
    </div>
  );
}

/** Label, block, stain and clone: always in sight. */
function SlideIdentity({ slide }: { slide: SlideDetail }) {
  const { t } = useTranslation("viewer");
  const word = useWord();
  const block = slide.specimen_label === null ? null : `${slide.specimen_label}${slide.block_label ?? ""}`;
  return (
    <Group gap={8} wrap="nowrap" component="h1" m={0} fz="sm" fw={400} data-testid="slide-identity">
      <VisuallyHidden>{t("slide.title")}</VisuallyHidden>
      <Text component="span" fw={700} size="md" style={{ whiteSpace: "nowrap" }}>
        {slide.label}
      </Text>
      {block !== null && (
        <Text component="span" size="sm" style={{ whiteSpace: "nowrap" }}>
          {t("slide.block", { block })}
        </Text>
      )}
      <Badge variant="outline" radius="sm" tt="none">
        {slide.marker === null ? word("stain", slide.stain) : word("marker", slide.marker)}
      </Badge>
      {slide.marker !== null && (
        <Text component="span" size="sm" className={classes["narrow_hidden"] ?? ""}>
          {slide.clone === null ? t("slide.clone_unknown") : t("slide.clone", { clone: slide.clone })}
        </Text>
      )}
    </Group>
  );
}

/** The powers of the keys 1 to 6; those beyond what the slide holds are not offered. */
function Presets({ slide, view }: { slide: SlideDetail; view: SlideView | null }) {
  const { t } = useTranslation("viewer");
  const frame = useFrame(view);
  const native = nativePower(slide);
  const offered = PRESETS.filter((power) => pixelRatioOf(native, power) <= LARGEST_SCALE);
  const near = offered.find(
    (power) => frame !== null && Math.abs(Math.log2(frame.scale / pixelRatioOf(native, power))) < 0.02,
  );
  return (
    <SegmentedControl
      size="xs"
      className={classes["presets"] ?? ""}
      aria-label={t("zoom.presets")}
      data={offered.map((power) => ({ value: String(power), label: presetText(native, power) }))}
      value={near === undefined ? "" : String(near)}
      onChange={(value) => view?.setScale(pixelRatioOf(native, Number(value)))}
    />
  );
}

interface ToolProps {
  words: string;
  pressed?: boolean;
  disabled?: boolean;
  onClick: () => void;
  children: ReactNode;
}

function Tool({ words, pressed, disabled = false, onClick, children }: ToolProps) {
  return (
    <Tooltip label={words}>
      <ActionIcon
        variant={pressed === true ? "light" : "default"}
        size="md"
        aria-label={words}
        aria-pressed={pressed}
        disabled={disabled}
        onClick={onClick}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
