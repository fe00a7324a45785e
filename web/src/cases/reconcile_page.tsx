import { Alert, Box, Button, Group, Image, Paper, Select, Stack, Text, TextInput, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { useCase, useWorklist, type CaseSummary } from "../api/cases";
import { associatedImage, useMatchSlide, useUnmatchedSlides, type SlideSummary } from "../api/slides";
import { dateTime } from "../i18n/format";
import { pick, useLanguage, useWord } from "../i18n/words";
import { EmptyState } from "../ui/empty_state";
import { ErrorNotice } from "../ui/error_notice";
import { Loading } from "../ui/loading";
import { notifyDone } from "../ui/notices";
import { usePageTitle } from "../ui/page_title";
import { PatientBanner } from "../ui/patient_banner";
import classes from "./case.module.css";

/** Find the case by its number or its patient. */
function CaseChoice({ value, onChange }: { value: CaseSummary | null; onChange: (of: CaseSummary | null) => void }) {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const [text, setText] = useState("");
  const [asked] = useDebouncedValue(text.trim(), 250);
  const found = useWorklist({
    ...(asked === "" ? {} : { q: asked }),
    sort: "received_at",
    descending: true,
    limit: 20,
  });
  const cases = found.data?.pages[0]?.items ?? [];
  const name = (of: CaseSummary): string =>
    t("reconcile.case_option", {
      accession: of.accession_number,
      patient: pick(of.patient.name, of.patient.name_en, language),
      number: of.patient.patient_number,
    });
  const known = value !== null && !cases.some((of) => of.id === value.id) ? [value, ...cases] : cases;
  return (
    <Select
      size="xs"
      label={t("reconcile.case")}
      placeholder={t("reconcile.case_hint")}
      searchable
      clearable
      clearButtonProps={{ "aria-label": t("actions.clear") }}
      nothingFoundMessage={t("reconcile.no_case")}
      // The server searches; what it found is shown as it is.
      filter={({ options }) => options}
      data={known.map((of) => ({ value: of.id, label: name(of) }))}
      value={value?.id ?? null}
      onSearchChange={(search) => {
        if (value === null || search !== name(value)) setText(search);
      }}
      onChange={(id) => onChange(known.find((of) => of.id === id) ?? null)}
    />
  );
}

function MatchForm({ slide }: { slide: SlideSummary }) {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const [of, setOf] = useState<CaseSummary | null>(null);
  const [blockId, setBlockId] = useState<string | null>(null);
  const [label, setLabel] = useState("");
  const detail = useCase(of?.id ?? null);
  const match = useMatchSlide();
  const specimens = of === null ? [] : (detail.data?.specimens ?? []);
  const blocks = specimens.map((specimen) => ({
    group: t("specimen.named", { label: specimen.label, site: pick(specimen.site_zh, specimen.site_en, language) }),
    items: specimen.blocks.map((block) => ({
      value: block.id,
      label: t("specimen.block", { label: `${specimen.label}${block.label}` }),
    })),
  }));
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (blockId === null || of === null) return;
    match.mutate(
      { slideId: slide.id, block_id: blockId, label: label.trim() },
      { onSuccess: () => notifyDone(t("reconcile.done", { accession: of.accession_number })) },
    );
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="xs">
        <CaseChoice
          value={of}
          onChange={(next) => {
            setOf(next);
            setBlockId(null);
          }}
        />
        {of !== null && <PatientBanner of={of} heading={false} />}
        <Group gap="xs" align="end">
          <Select
            size="xs"
            w={220}
            label={t("reconcile.block")}
            data={blocks}
            value={blockId}
            disabled={blocks.length === 0}
            onChange={setBlockId}
          />
          <TextInput
            size="xs"
            w={120}
            label={t("reconcile.label")}
            maxLength={64}
            value={label}
            onChange={(event) => setLabel(event.currentTarget.value)}
          />
          <Button type="submit" size="xs" loading={match.isPending} disabled={blockId === null || label.trim() === ""}>
            {t("reconcile.submit")}
          </Button>
        </Group>
        <ErrorNotice error={match.error ?? detail.error} />
      </Stack>
    </form>
  );
}

function UnmatchedSlide({ slide }: { slide: SlideSummary }) {
  const { t } = useTranslation("screen");
  const word = useWord();
  const facts = [
    [t("reconcile.barcode"), slide.barcode ?? t("reconcile.no_barcode")],
    [t("reconcile.stain"), slide.marker === null ? word("stain", slide.stain) : word("marker", slide.marker)],
    [t("reconcile.received"), dateTime(slide.received_at)],
  ];
  return (
    <Paper withBorder p="sm" component="li" style={{ listStyle: "none" }}>
      <Group align="start" gap="md" wrap="nowrap">
        <Image
          src={associatedImage(slide.id, "label")}
          fallbackSrc={associatedImage(slide.id, "thumbnail")}
          alt={t("reconcile.label_image", { label: slide.label })}
          className={classes["label_image"] ?? ""}
          fit="contain"
        />
        <Image
          src={associatedImage(slide.id, "thumbnail")}
          alt={t("slide.thumbnail", { label: slide.label })}
          className={classes["label_image"] ?? ""}
          fit="contain"
        />
        <Stack gap="xs" flex={1}>
          <Text size="sm" component="div">
            {facts.map(([name, value]) => (
              <div key={name}>{t("reconcile.fact", { name, value })}</div>
            ))}
          </Text>
          <MatchForm slide={slide} />
        </Stack>
      </Group>
    </Paper>
  );
}

/** Slides that came from a scanner and found no case: the label is read by eye and the block is named. */
export default function ReconcilePage() {
  const { t } = useTranslation("screen");
  const slides = useUnmatchedSlides();
  usePageTitle(t("reconcile.title"));
  return (
    <Box p="sm">
      <Title order={1} size="h4" mb="xs">
        {t("reconcile.title")}
      </Title>
      <Alert variant="light" mb="sm">
        {t("reconcile.what")}
      </Alert>
      <ErrorNotice error={slides.error} onRetry={() => void slides.refetch()} />
      {slides.isPending && <Loading />}
      <Stack gap="sm" component="ul" p={0} m={0}>
        {slides.data?.map((slide) => (
          <UnmatchedSlide key={slide.id} slide={slide} />
        ))}
      </Stack>
      {slides.data?.length === 0 && <EmptyState title={t("reconcile.empty")}>{t("reconcile.empty_hint")}</EmptyState>}
    </Box>
  );
}
