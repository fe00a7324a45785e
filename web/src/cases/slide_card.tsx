import { Anchor, Box, Group, Image, Text } from "@mantine/core";
import { IconPhotoOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { associatedImage, failureWords, type SlideSummary } from "../api/slides";
import { useProgress } from "../api/live";
import type { ReadingSummary } from "../api/readings";
import { dateTime, fileSize, number } from "../i18n/format";
import { useLanguage, useWord } from "../i18n/words";
import { useScore } from "../ui/score";
import { Tag } from "../ui/tag";
import { CONTROL_TONES, DECISION_TONES, READING_TONES, SLIDE_TONES } from "../ui/tones";
import classes from "./case.module.css";

function ReadingLine({ slide, reading }: { slide: SlideSummary; reading: ReadingSummary }) {
  const { t } = useTranslation("screen");
  const word = useWord();
  const score = useScore();
  const progress = useProgress(reading.id);
  const done = progress?.tiles_done ?? reading.tiles_done;
  const total = progress?.tiles_total ?? reading.tiles_total;
  const running = reading.status === "running" && total > 0;
  return (
    <Group gap="0 6px">
      <Anchor
        component={Link}
        to={`/slides/${slide.id}?reading=${reading.id}`}
        size="sm"
        fw={600}
        className={classes["above"] ?? ""}
      >
        {word("marker", reading.marker)}
      </Anchor>
      {reading.status === "finished" ? (
        <>
          <Text size="sm">{score(reading.result)}</Text>
          <Tag tone={DECISION_TONES[reading.decision]}>{word("decision", reading.decision)}</Tag>
        </>
      ) : (
        <Tag tone={READING_TONES[reading.status]}>
          {word("reading_status", reading.status)}
          {running && ` ${t("reading.percent", { n: Math.floor((100 * done) / total) })}`}
        </Tag>
      )}
    </Group>
  );
}

function Thumbnail({ slide, name }: { slide: SlideSummary; name: string }) {
  const { t } = useTranslation("screen");
  if (slide.status !== "ready" && slide.status !== "unmatched") {
    return (
      <Box className={classes["thumbnail"] ?? ""} data-missing>
        <IconPhotoOff size={22} stroke={1.2} aria-hidden />
      </Box>
    );
  }
  return (
    <Box className={classes["thumbnail"] ?? ""}>
      <Image
        src={associatedImage(slide.id, "thumbnail")}
        alt={t("slide.thumbnail", { label: name })}
        fit="contain"
        h="100%"
        loading="lazy"
      />
    </Box>
  );
}

/** The scanned area in millimetres; in pixels where the file does not say how large a pixel is. */
function useExtent(): (slide: SlideSummary) => string {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  return ({ width, height, spacing_um: spacing }) => {
    if (width === null || height === null) return "";
    if (spacing === null) return t("slide.pixels", { width, height });
    const mm = (pixels: number): string => number((pixels * spacing) / 1000, language, 1);
    return t("slide.extent", { width: mm(width), height: mm(height) });
  };
}

/** What the file is, in one line: power, spacing, extent, bytes. */
function useFileLine(): (slide: SlideSummary) => string {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const extent = useExtent();
  return (slide) =>
    [
      slide.objective_power === null ? "" : t("slide.power", { power: slide.objective_power }),
      slide.spacing_um === null ? "" : t("slide.spacing", { spacing: number(slide.spacing_um, language, 3) }),
      extent(slide),
      fileSize(slide.size_bytes, language),
    ]
      .filter((part) => part !== "")
      .join(t("punctuation.dot"));
}

/** `name`: the slide's name on the bench. */
export function SlideCard({ slide, name }: { slide: SlideSummary; name: string }) {
  const { t } = useTranslation("screen");
  const word = useWord();
  const language = useLanguage();
  const fileLine = useFileLine();
  const readable = slide.status === "ready";
  const failure = failureWords(slide, language);
  const stain = slide.marker === null ? word("stain", slide.stain) : word("marker", slide.marker);
  return (
    <Box component="li" className={classes["slide"] ?? ""} data-status={slide.status} data-testid="slide">
      <Thumbnail slide={slide} name={name} />
      <Box className={classes["slide_text"] ?? ""}>
        <Group gap={6}>
          {readable ? (
            <Anchor component={Link} to={`/slides/${slide.id}`} fw={600} className={classes["slide_link"] ?? ""}>
              {t("slide.named", { label: name, stain })}
            </Anchor>
          ) : (
            <Text fw={600}>{t("slide.named", { label: name, stain })}</Text>
          )}
          <Tag tone={SLIDE_TONES[slide.status]}>{word("slide_status", slide.status)}</Tag>
          {slide.stain === "ihc-dab" && slide.control_status !== "passed" && (
            <Tag tone={CONTROL_TONES[slide.control_status]}>{word("control", slide.control_status)}</Tag>
          )}
        </Group>
        {slide.clone !== null && <Text size="xs">{t("slide.clone", { clone: slide.clone })}</Text>}
        <Text size="xs" c="dimmed">
          {fileLine(slide)}
        </Text>
        {slide.width !== null && slide.spacing_um === null && (
          <Text size="xs" className={classes["warning"] ?? ""}>
            {t("slide.spacing_unknown")}
          </Text>
        )}
        {slide.received_at !== null && (
          <Text size="xs" c="dimmed">
            {t("slide.received", { at: dateTime(slide.received_at) })}
          </Text>
        )}
        {slide.status === "failed" && (
          <Text size="sm" className={classes["failure"] ?? ""} role="note">
            {t("slide.failed_because", { reason: failure })}
          </Text>
        )}
        {slide.readings.map((reading) => (
          <ReadingLine key={reading.id} slide={slide} reading={reading} />
        ))}
      </Box>
    </Box>
  );
}
