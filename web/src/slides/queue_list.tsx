import { Box, Button, Text, UnstyledButton } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { associatedImage, type QueuedSlide } from "../api/slides";
import { useLanguage } from "../i18n/words";
import { picturesOf } from "./label_picture";
import { nameOfSlide } from "./queue_facts";
import classes from "./queue.module.css";

function Entry({ slide, current, onChoose }: { slide: QueuedSlide; current: boolean; onChoose: () => void }) {
  const language = useLanguage();
  const own = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (current) own.current?.scrollIntoView({ block: "nearest" });
  }, [current]);
  const picture = picturesOf(slide)[0];
  const why = slide.failure?.[language] ?? slide.reasons[0]?.words[language] ?? "";
  return (
    <li>
      <UnstyledButton
        ref={own}
        className={classes["entry"] ?? ""}
        aria-current={current || undefined}
        data-testid="queue-entry"
        onClick={onChoose}
      >
        <span className={classes["small"] ?? ""}>
          {picture !== undefined && <img src={associatedImage(slide.id, picture)} alt="" loading="lazy" />}
        </span>
        <span className={classes["entry_text"] ?? ""}>
          <Text size="sm" fw={600} truncate>
            {nameOfSlide(slide)}
          </Text>
          <Text size="xs" c="dimmed" lineClamp={2}>
            {why}
          </Text>
        </span>
      </UnstyledButton>
    </li>
  );
}

interface Props {
  slides: readonly QueuedSlide[];
  current: string | undefined;
  hasMore: boolean;
  loading: boolean;
  onChoose: (id: string) => void;
  onMore: () => void;
}

/** Every slide that waits, by its label. */
export function QueueList({ slides, current, hasMore, loading, onChoose, onMore }: Props) {
  const { t } = useTranslation("screen");
  return (
    <Box component="nav" aria-label={t("reconcile.list")} className={classes["list"] ?? ""}>
      <ul>
        {slides.map((slide) => (
          <Entry key={slide.id} slide={slide} current={slide.id === current} onChoose={() => onChoose(slide.id)} />
        ))}
      </ul>
      {hasMore && (
        <Button size="compact-sm" variant="default" fullWidth loading={loading} onClick={onMore}>
          {t("reconcile.more")}
        </Button>
      )}
    </Box>
  );
}
