import { Anchor, Box, Button, Group, Progress, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { ErrorBody } from "../api/errors";
import { useEndUpload, useRetryUpload, useUploadProgress, type UploadBatch, type UploadResult } from "../api/uploads";
import { dateTime, fileSize } from "../i18n/format";
import { useLanguage } from "../i18n/words";
import { useSession } from "../session/session";
import { ErrorNotice } from "../ui/error_notice";
import { Tag, type Tone } from "../ui/tag";
import classes from "./slides.module.css";

const STATUS_TONES: Record<UploadBatch["status"], Tone> = {
  receiving: "warning",
  queued: "neutral",
  taking_in: "working",
  finished: "done",
  failed: "danger",
  aborted: "outline",
  expired: "outline",
};

const OUTCOME_TONES: Record<UploadResult["outcome"], Tone> = {
  matched: "done",
  unmatched: "warning",
  duplicate: "neutral",
  failed: "danger",
  refused: "danger",
};

function Fault({ of }: { of: ErrorBody }) {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const { message, mend } = of.error;
  return (
    <Text size="sm" className={classes["failure"] ?? ""}>
      {t("upload.error", { message: message[language], mend: mend[language] })}
    </Text>
  );
}

/** What became of one slide: its case, or why it waits, or what is wrong with it. */
function Result({ of, isNamed }: { of: UploadResult; isNamed: boolean }) {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const { can } = useSession();
  const placed = of.is_placed && of.case_id !== null && of.accession_number !== null;
  const matchedSince = placed && of.outcome === "unmatched";
  // The same bytes as those of a slide that cannot be read are no success either.
  const failedBefore = of.outcome === "duplicate" && of.error !== null;
  const shown = matchedSince ? "matched" : failedBefore ? "failed" : of.outcome;
  return (
    <Box data-testid="upload-result" data-outcome={shown}>
      <Group gap="xs">
        {isNamed && (
          <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
            {of.label === null || of.file.startsWith(of.label)
              ? of.file
              : [of.file, of.label].join(t("punctuation.dot"))}
          </Text>
        )}
        <Tag tone={OUTCOME_TONES[shown]}>{t(`upload.outcome.${shown}`)}</Tag>
        {placed && (
          <Anchor component={Link} to={`/cases/${of.case_id ?? ""}`} size="sm">
            {t("upload.matched_to", { accession: of.accession_number, label: of.label })}
          </Anchor>
        )}
        {of.slide_id !== null && of.queue !== null && (
          <>
            {of.queue !== "failed" && <Text size="sm">{t(`upload.in_queue.${of.queue}`)}</Text>}
            {can("slide.match") && (
              <Anchor component={Link} to={`/reconcile?slide=${of.slide_id}`} size="sm">
                {t(`upload.to_queue.${of.queue}`)}
              </Anchor>
            )}
          </>
        )}
      </Group>
      {!matchedSince &&
        of.reasons.map((reason) => (
          <Text key={reason.code} size="sm" c="dimmed">
            {reason.words[language]}
          </Text>
        ))}
      {of.error !== null && <Fault of={of.error} />}
    </Box>
  );
}

/** One batch as the server knows it: also those of another day and another computer. */
export function BatchRow({ batch }: { batch: UploadBatch }) {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const live = useUploadProgress(batch.id);
  const retry = useRetryUpload();
  const end = useEndUpload();
  const { status, name } = batch;
  // While it is taken in: how far that has come; before: how much has arrived.
  const done = status === "taking_in" ? (live?.bytes_done ?? 0) : batch.bytes_received;
  const all = status === "taking_in" ? (live?.bytes_total ?? 0) : batch.bytes_total;
  const percent = (done / Math.max(1, all)) * 100;
  return (
    <Box component="li" className={classes["row"] ?? ""} data-testid="batch" data-status={status}>
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <Group gap="xs" wrap="nowrap" className={classes["name"] ?? ""}>
          <Text fw={600} truncate title={name}>
            {name}
          </Text>
          {status !== "finished" && batch.results.length === 0 && (
            <Tag tone={STATUS_TONES[status]}>{t(`upload.status.${status}`)}</Tag>
          )}
        </Group>
        <Text size="xs" c="dimmed" className={classes["when"] ?? ""}>
          {[fileSize(batch.bytes_total, language), dateTime(batch.created_at)].join(t("punctuation.dot"))}
        </Text>
      </Group>
      {(status === "receiving" || status === "taking_in") && (
        <Progress
          value={percent}
          size="sm"
          color="slate"
          striped={status === "taking_in"}
          aria-label={t("upload.progress", { name })}
        />
      )}
      {status === "receiving" && (
        <Group gap="sm" justify="space-between" wrap="nowrap">
          <Text size="sm">{t("upload.choose_again", { at: dateTime(batch.expires_at) })}</Text>
          <Button
            size="compact-xs"
            variant="default"
            loading={end.isPending}
            aria-label={t("upload.stop", { name })}
            onClick={() => end.mutate(batch.unfinished)}
          >
            {t("upload.give_up")}
          </Button>
        </Group>
      )}
      {batch.results.map((result) => (
        <Result key={`${result.file} ${result.slide_id ?? ""}`} of={result} isNamed={batch.results.length > 1} />
      ))}
      {batch.error !== null && batch.results.length === 0 && <Fault of={batch.error} />}
      {batch.may_be_tried_again && (
        <Group gap="xs">
          <Button size="compact-xs" loading={retry.isPending} onClick={() => retry.mutate(batch.id)}>
            {t("upload.try_again")}
          </Button>
          <Text size="xs" c="dimmed">
            {t("upload.kept", { at: dateTime(batch.expires_at) })}
          </Text>
        </Group>
      )}
      <ErrorNotice error={retry.error ?? end.error} />
    </Box>
  );
}
