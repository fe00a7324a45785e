import { Badge, Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { ColourBadge } from "./colour_badge";
import { ON_TINT } from "./colours";
import { nativePower, PRESETS } from "./magnification";
import type { SlideColour } from "./use_colour";
import type { SlideDetail } from "../api/slides";
import { useWord } from "../i18n/words";

/** What must be known about a slide before its colours and sizes are trusted. */
export function SlideBadges({ slide, colour }: { slide: SlideDetail; colour: SlideColour }) {
  const { t } = useTranslation("viewer");
  const word = useWord();
  const native = nativePower(slide);
  return (
    <>
      <ColourBadge slide={slide} colour={colour} />
      {slide.spacing_um_x === null && (
        <Explained words={t("scale.unknown_why")} colour="red">
          {t("scale.unknown")}
        </Explained>
      )}
      {native.source === "unknown" && slide.spacing_um_x !== null && (
        <Explained words={t("zoom.unknown_why", { first: PRESETS[0] })} colour="yellow">
          {t("zoom.unknown")}
        </Explained>
      )}
      {slide.marker !== null && (
        <Explained
          words={t(`control.${slide.control_status}_why`)}
          colour={{ passed: "teal", failed: "red", unknown: "yellow" }[slide.control_status]}
        >
          {word("control", slide.control_status)}
        </Explained>
      )}
    </>
  );
}

function Explained({ words, colour, children }: { words: string; colour: string; children: string }) {
  return (
    <Tooltip label={words} multiline maw={300} events={{ hover: true, focus: true, touch: true }}>
      <Badge variant="light" color={colour} c={ON_TINT} radius="sm" tt="none" tabIndex={0}>
        {children}
      </Badge>
    </Tooltip>
  );
}
