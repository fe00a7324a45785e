import { Alert, Badge, Button, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";

import classes from "./colour.module.css";
import { EyeTests } from "./eye_tests";
import { FullPatch } from "./full_patch";
import { PatchTable } from "./patch_table";
import { useCheck } from "./use_check";
import type { Checking } from "./use_check";
import type { ColourCheck } from "../api/colour";
import { useSlide } from "../api/slides";
import { dateTime } from "../i18n/format";
import { useWord } from "../i18n/words";
import { ErrorNotice } from "../ui/error_notice";
import { usePageTitle } from "../ui/page_title";
import { ON_TINT } from "../viewer/colours";
import { slideName } from "../viewer/slide_words";

/** `/colour`: what this screen is sent, compared with LittleCMS; `?slide=`: by the profile of that slide. */
export default function ColourCheckPage() {
  const { t } = useTranslation("viewer");
  const [search] = useSearchParams();
  const slideId = search.get("slide");
  usePageTitle(t("colour_check.title"));
  return <Check key={slideId ?? ""} slideId={slideId} />;
}

function Check({ slideId }: { slideId: string | null }) {
  const { t } = useTranslation("viewer");
  const [host, setHost] = useState<HTMLElement | null>(null);
  const checking = useCheck(slideId, host);
  const [shown, setShown] = useState<number | null>(null);
  const { check } = checking;
  return (
    <div className={classes["page"]} data-testid="colour-check">
      <Group justify="space-between" align="start">
        <Stack gap={2}>
          <Title order={1} size="h3">
            {t("colour_check.title")}
          </Title>
          <Text size="sm">{slideId === null ? t("colour_check.of_target") : <OfSlide id={slideId} />}</Text>
        </Stack>
        <Button
          leftSection={<IconRefresh size={16} aria-hidden />}
          disabled={checking.run === null}
          loading={checking.running}
          onClick={() => checking.run?.()}
        >
          {t("colour_check.run")}
        </Button>
      </Group>
      <ErrorNotice error={checking.error} />
      <div className={classes["columns"]}>
        <Stack gap="md">
          <div
            ref={setHost}
            className={classes["target"]}
            role="img"
            aria-label={t("colour_check.target")}
            data-testid="colour-target"
          />
          {check !== null && <Result check={check} checking={checking} />}
        </Stack>
        {check !== null && <PatchTable patches={check.patches} limit={check.limit} onShow={setShown} />}
      </div>
      <Alert color="blue" title={t("colour_check.screen_title")}>
        {t("colour_check.screen_words")}
      </Alert>
      <EyeTests />
      {check !== null && shown !== null && (
        <FullPatch patches={check.patches} at={shown} space={check.space} onMove={setShown} />
      )}
    </div>
  );
}

function OfSlide({ id }: { id: string }) {
  const { t } = useTranslation("viewer");
  const word = useWord();
  const slide = useSlide(id);
  if (slide.data === undefined) return null;
  return t("colour_check.of_slide", {
    slide: slideName(slide.data, word),
    profile: slide.data.colour.name ?? t("colour.unnamed"),
  });
}

/** Passed or not, the numbers, and on what they were taken. */
function Result({ check, checking }: { check: ColourCheck; checking: Checking }) {
  const { t } = useTranslation("viewer");
  const { screen } = checking;
  const facts: [string, string][] = [
    [t("colour_check.largest"), check.largest.toFixed(2)],
    [t("colour_check.mean"), check.mean.toFixed(2)],
    [t("colour_check.limit"), check.limit.toFixed(1)],
    [t("colour_check.profile"), check.profile || t("colour.unnamed")],
    [t("colour_check.space"), t(`colour.space.${check.space}`)],
    [t("colour_check.gamut"), t(`colour_check.gamuts.${screen?.gamut ?? "unknown"}`)],
    [t("colour_check.pixel_ratio"), String(screen?.pixelRatio ?? 1)],
    [t("colour_check.renderer"), screen?.renderer || t("colour_check.no_renderer")],
    [t("colour_check.at"), dateTime(check.at)],
  ];
  return (
    <section aria-label={t("colour_check.result")} data-testid="colour-result" data-passed={check.passed}>
      <Badge size="lg" radius="sm" tt="none" color={check.passed ? "teal" : "red"} c={ON_TINT} variant="light">
        {t(check.passed ? "colour_check.passed" : "colour_check.failed")}
      </Badge>
      <SimpleGrid component="dl" cols={2} spacing={6} verticalSpacing={2} mt="xs" className={classes["facts"] ?? ""}>
        {facts.map(([name, value]) => (
          <div key={name} className={classes["fact"]}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </SimpleGrid>
      <Text size="xs" c="dimmed" mt={4}>
        {t("colour_check.recorded")}
      </Text>
    </section>
  );
}
