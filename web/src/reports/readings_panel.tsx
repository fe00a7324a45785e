import { Anchor, Checkbox, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useWord } from "../i18n/words";
import { useScore } from "../ui/score";
import { Tag } from "../ui/tag";
import { DECISION_TONES } from "../ui/tones";
import type { Citable } from "./citations";

interface Props {
  readings: readonly Citable[];
  cited: readonly string[];
  /** Absent where the report cannot be changed. */
  onChange?: (cited: string[]) => void;
}

/** The readings of the case; the ticked ones go into the report. */
export function ReadingsPanel({ readings, cited, onChange }: Props) {
  const { t } = useTranslation("screen");
  const word = useWord();
  const score = useScore();
  const toggle = (id: string): void =>
    onChange?.(cited.includes(id) ? cited.filter((other) => other !== id) : [...cited, id]);
  const shown = onChange === undefined ? readings.filter(({ reading }) => cited.includes(reading.id)) : readings;
  return (
    <Paper withBorder p="sm" component="section" aria-labelledby="cited">
      <Title order={2} size="h6" id="cited" mb={6}>
        {t("report.readings")}
      </Title>
      <Stack gap={8}>
        {shown.map(({ slide, name: slideLabel, reading }) => {
          const name = t("report.reading_of", { marker: word("marker", reading.marker), slide: slideLabel });
          return (
            <Group key={reading.id} gap={8} wrap="nowrap" align="start">
              {onChange !== undefined && (
                <Checkbox
                  size="xs"
                  mt={3}
                  aria-label={t("report.cite", { name })}
                  checked={cited.includes(reading.id)}
                  disabled={reading.decision === "rejected" && !cited.includes(reading.id)}
                  onChange={() => toggle(reading.id)}
                />
              )}
              <div>
                <Anchor component={Link} to={`/slides/${slide.id}?reading=${reading.id}`} size="sm" fw={600}>
                  {name}
                </Anchor>
                <Text size="sm">{score(reading.result)}</Text>
                <Tag tone={DECISION_TONES[reading.decision]}>{word("decision", reading.decision)}</Tag>
              </div>
            </Group>
          );
        })}
        {shown.length === 0 && (
          <Text size="sm" c="dimmed">
            {t("report.no_readings")}
          </Text>
        )}
        {shown.length > 0 && (
          <Text size="xs" c="dimmed">
            {t("report.not_sole_basis")}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}
