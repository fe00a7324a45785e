import { Alert, Button, Group, Progress, Stack, Text } from "@mantine/core";
import { IconPlayerStop } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";

import { keys } from "../api/keys";
import { useProgress } from "../api/live";
import { useCancelReading } from "../api/readings";
import type { Reading } from "../api/readings";
import { number } from "../i18n/format";
import { currentLanguage } from "../i18n/setup";
import { useLanguage, useWord } from "../i18n/words";
import { ErrorNotice } from "../ui/error_notice";

/** How often the server is asked while a reading runs, in case live events do not come through. */
const POLL_MS = 3000;

/** A reading that has no result: waiting, running, failed or cancelled. */
export function ReadingProgress({ reading }: { reading: Reading }) {
  const running = reading.status === "queued" || reading.status === "running";
  usePolling(reading, running);
  if (running) return <Running reading={reading} />;
  return <Ended reading={reading} />;
}

function Running({ reading }: { reading: Reading }) {
  const { t } = useTranslation("viewer");
  const word = useWord();
  const language = useLanguage();
  const live = useProgress(reading.id);
  const cancel = useCancelReading();
  const done = Math.max(reading.tiles_done, live?.tiles_done ?? 0);
  const total = Math.max(reading.tiles_total, live?.tiles_total ?? 0);
  const percent = total === 0 ? 0 : (100 * done) / total;
  const left = live?.seconds_left ?? null;
  return (
    <Stack gap={6} role="status" aria-label={t("progress.title")}>
      <Group justify="space-between">
        <Text size="sm" fw={600}>
          {word("reading_status", reading.status)}
        </Text>
        <Text size="xs" c="dimmed">
          {total === 0
            ? t("progress.preparing")
            : t("progress.tiles", { done: number(done, language), total: number(total, language) })}
          {left !== null && ` · ${t("progress.left", { time: durationText(left) })}`}
        </Text>
      </Group>
      <Progress value={percent} animated={total === 0} aria-label={t("progress.bar")} />
      <ErrorNotice error={cancel.error} />
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconPlayerStop size={14} aria-hidden />}
        loading={cancel.isPending}
        onClick={() => cancel.mutate(reading.id)}
      >
        {t("progress.cancel")}
      </Button>
    </Stack>
  );
}

function Ended({ reading }: { reading: Reading }) {
  const { t } = useTranslation("viewer");
  const word = useWord();
  const language = useLanguage();
  if (reading.status === "cancelled") return <Alert color="gray">{t("progress.cancelled")}</Alert>;
  const words = reading.error?.error;
  return (
    <Alert color="red" role="alert" title={words?.message[language] ?? word("reading_status", reading.status)}>
      {words?.mend[language] ?? t("progress.failed")}
    </Alert>
  );
}

function usePolling(reading: Reading, running: boolean): void {
  const client = useQueryClient();
  const { id, slide_id: slideId } = reading;
  useEffect(() => {
    if (!running) return;
    const timer = window.setInterval(() => {
      void client.invalidateQueries({ queryKey: keys.reading(id), exact: true });
      void client.invalidateQueries({ queryKey: keys.slideReadings(slideId), exact: true });
    }, POLL_MS);
    return () => window.clearInterval(timer);
  }, [client, id, slideId, running]);
}

/** "45 s", "3 min 20 s" in the language of the screen. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const format = (value: number, unit: string): string =>
    new Intl.NumberFormat(currentLanguage(), { style: "unit", unit, unitDisplay: "short" }).format(value);
  if (whole < 60) return format(whole, "second");
  return `${format(Math.floor(whole / 60), "minute")} ${format(whole % 60, "second")}`;
}
