import { Alert, Box, Button, Checkbox, Group, Radio, Select, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useEffect, useRef, useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { useCase } from "../api/cases";
import { useCandidates, useMatchSlide, type MatchSuggestion, type QueuedSlide, type WaitingSlide } from "../api/slides";
import { useLanguage, useWord } from "../i18n/words";
import { ErrorNotice } from "../ui/error_notice";
import { useShortcuts } from "../ui/keyboard";
import { notifyDone } from "../ui/notices";
import { PatientBanner } from "../ui/patient_banner";
import { CaseSearch } from "./case_search";
import { against, blockName, blocksOf, obvious, stepped, type Place } from "./places";
import classes from "./queue.module.css";

const ELSEWHERE = "elsewhere";
const MOST_SUGGESTIONS = 6;

/** A suggested case: number, patient, why. */
function Suggestion({
  suggestion,
  number,
  chosen,
  onChoose,
}: {
  suggestion: MatchSuggestion;
  number: number;
  chosen: boolean;
  onChoose: () => void;
}) {
  const language = useLanguage();
  const { case: of } = suggestion;
  return (
    <li>
      <Button
        fullWidth
        size="compact-md"
        justify="start"
        variant={chosen ? "light" : "default"}
        aria-pressed={chosen}
        leftSection={<kbd className={classes["key"] ?? ""}>{number}</kbd>}
        className={classes["suggestion"] ?? ""}
        onClick={onChoose}
      >
        <span className={classes["suggestion_text"] ?? ""}>
          <span>
            <b>{of.accession_number}</b> {language === "en" ? (of.patient.name_en ?? of.patient.name) : of.patient.name}
          </span>
          <Text span size="xs" c="dimmed">
            {suggestion.why.map((why) => why.words[language]).join(" · ")}
          </Text>
        </span>
      </Button>
    </li>
  );
}

function useWaitingName(): (waiting: WaitingSlide) => string {
  const { t } = useTranslation("screen");
  const word = useWord();
  return (waiting) =>
    t("reconcile.waiting_slide", {
      block: blockName(waiting.specimen_label, waiting.block_label),
      label: waiting.label,
      stain: waiting.marker === null ? word("stain", waiting.stain) : word("marker", waiting.marker),
    });
}

interface ChosenProps {
  slide: QueuedSlide;
  suggestion: MatchSuggestion;
  onMatched: () => void;
}

/** The chosen case: whose it is, where the slide goes, what speaks against it, and the button that does it. */
function ChosenCase({ slide, suggestion, onMatched }: ChosenProps) {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const waitingName = useWaitingName();
  const { case: of, waiting } = suggestion;
  const [choice, setChoice] = useState<string | undefined>(
    () => obvious(waiting)?.id ?? (waiting.length === 0 ? ELSEWHERE : undefined),
  );
  const [block, setBlock] = useState<string | null>(null);
  const [label, setLabel] = useState("");
  const [seen, setSeen] = useState(false);
  const detail = useCase(choice === ELSEWHERE ? of.id : null);
  const match = useMatchSlide();
  const confirm = useRef<HTMLButtonElement>(null);
  const blocks = blocksOf(detail.data);
  const chosen = waiting.find(({ id }) => id === choice);
  const speaking = against(suggestion, chosen);
  const place: Place | null =
    chosen !== undefined
      ? { blockId: chosen.block_id, label: chosen.label }
      : choice === ELSEWHERE && block !== null && label.trim() !== ""
        ? { blockId: block, label: label.trim() }
        : null;
  const ready = place !== null && (speaking.length === 0 || seen) && !match.isPending;
  const submit = (): void => {
    if (place === null || !ready) return;
    const despite = speaking.map(({ code }) => code);
    // Not a callback of `mutate`: it is dropped where the slide leaves the queue, and this panel with it, before it runs.
    match.mutateAsync({ slideId: slide.id, block_id: place.blockId, label: place.label, despite }).then(
      () => {
        notifyDone(t("reconcile.done", { accession: of.accession_number }));
        onMatched();
      },
      () => undefined, // shown below
    );
  };
  const send = (event: SyntheticEvent): void => {
    event.preventDefault();
    submit();
  };
  const step = (by: number): void => {
    setChoice(stepped([...waiting.map(({ id }) => id), ELSEWHERE], choice, by));
    setSeen(false);
  };
  useShortcuts([
    { key: "n", words: t("reconcile.keys.place"), action: () => step(1) },
    { key: "Enter", words: t("reconcile.keys.match"), action: () => (ready ? submit() : confirm.current?.focus()) },
  ]);
  return (
    <Stack gap="xs" component="form" onSubmit={send}>
      <PatientBanner of={of} heading={false} />
      <Radio.Group
        label={t("reconcile.place")}
        value={choice ?? ""}
        onChange={(value) => {
          setChoice(value);
          setSeen(false);
        }}
      >
        <Stack gap={4} mt={4}>
          {waiting.map((one) => (
            <Radio
              key={one.id}
              size="sm"
              value={one.id}
              label={waitingName(one)}
              description={one.barcode === null ? undefined : t("reconcile.waiting_barcode", { barcode: one.barcode })}
            />
          ))}
          <Radio size="sm" value={ELSEWHERE} label={t("reconcile.elsewhere")} />
        </Stack>
      </Radio.Group>
      {choice === ELSEWHERE && (
        <Group gap="xs" align="end">
          <Select
            size="xs"
            w={150}
            label={t("reconcile.block")}
            data={blocks.map(({ id, name }) => ({ value: id, label: t("reconcile.block_option", { label: name }) }))}
            value={block}
            onChange={setBlock}
          />
          <TextInput
            size="xs"
            w={120}
            label={t("reconcile.label")}
            maxLength={64}
            value={label}
            onChange={(event) => setLabel(event.currentTarget.value)}
          />
        </Group>
      )}
      {speaking.length > 0 && (
        <Alert
          role="alert"
          color="red"
          variant="light"
          icon={<IconAlertTriangle aria-hidden />}
          title={t("reconcile.against")}
          data-testid="contradictions"
        >
          {speaking.map(({ code, words }) => (
            <Text key={code} size="sm" className={classes["sentence"] ?? ""}>
              {words[language]}
            </Text>
          ))}
          <Checkbox
            mt="xs"
            size="sm"
            label={t("reconcile.seen")}
            checked={seen}
            onChange={(event) => setSeen(event.currentTarget.checked)}
          />
        </Alert>
      )}
      <Button ref={confirm} type="submit" size="sm" loading={match.isPending} disabled={!ready}>
        {t("reconcile.submit")}
      </Button>
      <ErrorNotice error={match.error ?? detail.error} />
    </Stack>
  );
}

/** Suggested cases and the search for another; then the case that was chosen. */
export function MatchPanel({ slide, onMatched }: { slide: QueuedSlide; onMatched: () => void }) {
  const { t } = useTranslation("screen");
  const [caseId, setCaseId] = useState<string | null>(null);
  const search = useRef<HTMLInputElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const suggested = useCandidates(slide.id, null);
  const items = (suggested.data ?? []).slice(0, MOST_SUGGESTIONS);
  const known = items.find((one) => one.case.id === caseId);
  const searched = useCandidates(slide.id, caseId, caseId !== null && known === undefined);
  const chosen = caseId === null ? undefined : (known ?? searched.data?.[0]);
  useEffect(() => {
    if (caseId !== null) heading.current?.scrollIntoView({ block: "nearest" });
  }, [caseId]);
  useShortcuts([
    ...items.map((one, index) => ({
      key: String(index + 1),
      words: t("reconcile.keys.case"),
      action: () => setCaseId(one.case.id),
    })),
    { key: "/", words: t("reconcile.keys.search"), action: () => search.current?.focus() },
  ]);
  return (
    <Stack gap="sm">
      <Box component="section" aria-label={t("reconcile.suggested")}>
        <Title order={2} size="h6" mb={4} ref={heading}>
          {t("reconcile.suggested")}
        </Title>
        {suggested.data?.length === 0 && (
          <Text size="sm" c="dimmed" mb={6}>
            {t("reconcile.no_suggestion")}
          </Text>
        )}
        <ul className={classes["suggestions"] ?? ""}>
          {items.map((one, index) => (
            <Suggestion
              key={one.case.id}
              suggestion={one}
              number={index + 1}
              chosen={one.case.id === caseId}
              onChoose={() => setCaseId(one.case.id)}
            />
          ))}
        </ul>
        <CaseSearch field={search} onChoose={setCaseId} />
        <ErrorNotice error={suggested.error ?? searched.error} />
      </Box>
      {chosen !== undefined && (
        <ChosenCase key={chosen.case.id} slide={slide} suggestion={chosen} onMatched={onMatched} />
      )}
    </Stack>
  );
}
