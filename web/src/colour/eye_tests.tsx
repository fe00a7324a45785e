import { SimpleGrid, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import classes from "./colour.module.css";

const DARK = [4, 8, 12, 16, 24, 32];
const LIGHT = [251, 247, 243, 239, 231, 223];
const GREYS = Array.from({ length: 18 }, (_, i) => i * 15);

/** What only the eye can judge: whether near black, near white and greys can be told apart. */
export function EyeTests() {
  const { t } = useTranslation("viewer");
  return (
    <section aria-label={t("colour_check.eye_title")}>
      <Text fw={600} size="sm" mb={6}>
        {t("colour_check.eye_title")}
      </Text>
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <Steps words={t("colour_check.eye_dark")} ground={0} greys={DARK} />
        <Steps words={t("colour_check.eye_light")} ground={255} greys={LIGHT} />
        <Stack gap={4}>
          <div className={classes["ramp"]} role="img" aria-label={t("colour_check.eye_ramp")}>
            {GREYS.map((grey) => (
              <span key={grey} style={{ background: greyOf(grey) }} />
            ))}
          </div>
          <Text size="xs">{t("colour_check.eye_ramp")}</Text>
        </Stack>
      </SimpleGrid>
    </section>
  );
}

function Steps({ words, ground, greys }: { words: string; ground: number; greys: readonly number[] }) {
  return (
    <Stack gap={4}>
      <div className={classes["steps"]} style={{ background: greyOf(ground) }} role="img" aria-label={words}>
        {greys.map((grey) => (
          <span key={grey} style={{ background: greyOf(grey) }} />
        ))}
      </div>
      <Text size="xs">{words}</Text>
    </Stack>
  );
}

function greyOf(value: number): string {
  return `rgb(${[value, value, value].join(" ")})`;
}
