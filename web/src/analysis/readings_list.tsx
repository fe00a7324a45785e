import { Group, Stack, Text, UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { scoreText } from "./score_text";
import type { Reading } from "../api/readings";
import { dateTime } from "../i18n/format";
import { nameOf, useLanguage, useWord } from "../i18n/words";

interface Props {
  readings: readonly Reading[];
  selected: string | null;
  onSelect: (id: string) => void;
}

/** Every reading of the slide, newest first. */
export function ReadingsList({ readings, selected, onSelect }: Props) {
  const { t } = useTranslation("viewer");
  if (readings.length === 0) return null;
  return (
    <Stack gap={2} component="section" aria-label={t("readings.title")}>
      <Text size="sm" fw={600} component="h2" m={0}>
        {t("readings.title")}
      </Text>
      {readings.map((reading) => (
        <ReadingRow key={reading.id} reading={reading} isSelected={reading.id === selected} onSelect={onSelect} />
      ))}
    </Stack>
  );
}

function ReadingRow({
  reading,
  isSelected,
  onSelect,
}: {
  reading: Reading;
  isSelected: boolean;
  onSelect: (id: string) => void;
}) {
  const { t } = useTranslation("viewer");
  const word = useWord();
  const language = useLanguage();
  const result = reading.edited_result ?? reading.result;
  const outcome =
    result === null
      ? word("reading_status", reading.status)
      : (scoreText(result, language) ?? word("evaluability", result.status));
  return (
    <UnstyledButton
      px={8}
      py={4}
      aria-pressed={isSelected}
      aria-label={t("readings.choose", {
        marker: word("marker", reading.marker),
        when: dateTime(reading.requested_at),
      })}
      style={{ borderRadius: 4, background: isSelected ? "var(--mantine-primary-color-light)" : undefined }}
      onClick={() => onSelect(reading.id)}
    >
      <Group justify="space-between" wrap="nowrap" gap={6}>
        <Text size="sm" fw={500}>
          {word("marker", reading.marker)} {outcome}
        </Text>
        <Text size="xs" c="dimmed">
          {t(reading.region === null ? "start.whole" : "readings.region")}
        </Text>
      </Group>
      <Text size="xs" c="dimmed">
        {dateTime(reading.requested_at)} · {nameOf(reading.requested_by, language)}
        {reading.result !== null && ` · ${word("decision", reading.decision)}`}
      </Text>
    </UnstyledButton>
  );
}
