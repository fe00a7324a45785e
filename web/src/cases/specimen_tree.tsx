import { Box, Button, Group, Paper, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { CaseDetail, Specimen } from "../api/cases";
import { pick, useLanguage, useWord } from "../i18n/words";
import { useSession } from "../session/session";
import { EmptyState } from "../ui/empty_state";
import { slideNames } from "../ui/slide_name";
import { SlideCard } from "./slide_card";
import classes from "./case.module.css";

function SpecimenHead({ specimen }: { specimen: Specimen }) {
  const { t } = useTranslation("screen");
  const word = useWord();
  const language = useLanguage();
  const facts = [
    word("procedure", specimen.procedure),
    specimen.fixation_hours === null
      ? t("specimen.fixation_unknown")
      : t("specimen.fixation", { hours: specimen.fixation_hours }),
    specimen.cold_ischaemia_minutes === null
      ? t("specimen.ischaemia_unknown")
      : t("specimen.ischaemia", { minutes: specimen.cold_ischaemia_minutes }),
  ];
  return (
    <>
      <Title order={3} size="h6">
        {t("specimen.named", { label: specimen.label, site: pick(specimen.site_zh, specimen.site_en, language) })}
      </Title>
      <Text size="xs" c="dimmed">
        {facts.join(t("punctuation.dot"))}
      </Text>
      {!!specimen.gross_description && (
        <Text size="sm" mt={4}>
          {specimen.gross_description}
        </Text>
      )}
    </>
  );
}

/** Specimens, their blocks, their slides. */
export function SpecimenTree({ of }: { of: CaseDetail }) {
  const { t } = useTranslation("screen");
  const { can } = useSession();
  const names = slideNames(of);
  return (
    <Box component="section" aria-labelledby="specimens">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h5" id="specimens">
          {t("case.specimens")}
        </Title>
        {can("slide.ingest") && (
          <Button component={Link} to={`/upload?case=${of.id}`} size="compact-xs" variant="default">
            {t("case.upload")}
          </Button>
        )}
      </Group>
      {of.specimens.map((specimen) => (
        <Paper key={specimen.id} withBorder p="sm" mb="sm">
          <SpecimenHead specimen={specimen} />
          {specimen.blocks.map((block) => (
            <Box key={block.id} mt="xs">
              <Text size="sm" fw={600}>
                {t("specimen.block", { label: `${specimen.label}${block.label}` })}
              </Text>
              <Box component="ul" className={classes["slides"] ?? ""}>
                {block.slides.map((slide) => (
                  <SlideCard key={slide.id} slide={slide} name={names.get(slide.id) ?? slide.label} />
                ))}
              </Box>
              {block.slides.length === 0 && (
                <Text size="sm" c="dimmed">
                  {t("specimen.no_slides")}
                </Text>
              )}
            </Box>
          ))}
        </Paper>
      ))}
      {of.unplaced_slides.length > 0 && (
        <Paper withBorder p="sm">
          <Title order={3} size="h6">
            {t("case.unplaced")}
          </Title>
          <Box component="ul" className={classes["slides"] ?? ""}>
            {of.unplaced_slides.map((slide) => (
              <SlideCard key={slide.id} slide={slide} name={names.get(slide.id) ?? slide.label} />
            ))}
          </Box>
        </Paper>
      )}
      {of.specimens.length === 0 && of.unplaced_slides.length === 0 && <EmptyState title={t("case.no_specimens")} />}
    </Box>
  );
}
