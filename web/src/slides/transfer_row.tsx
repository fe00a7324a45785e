import { ActionIcon, Box, Group, Progress, Text } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { fileSize } from "../i18n/format";
import { useLanguage } from "../i18n/words";
import { Tag, type Tone } from "../ui/tag";
import type { Sender, Transfer, TransferState } from "./sender";
import classes from "./slides.module.css";

const TONES: Record<TransferState, Tone> = {
  waiting: "neutral",
  sending: "working",
  retrying: "warning",
  paused: "outline",
  sent: "done",
  failed: "danger",
};

/** `3 min 20 s`, `45 s`: how long it takes yet. */
function useDuration(): (seconds: number) => string {
  const { t } = useTranslation("screen");
  return (seconds) => {
    const whole = Math.max(1, Math.round(seconds));
    if (whole >= 3600) {
      return t("upload.left_hours", { hours: Math.floor(whole / 3600), minutes: Math.round((whole % 3600) / 60) });
    }
    if (whole >= 60) return t("upload.left_minutes", { minutes: Math.floor(whole / 60), seconds: whole % 60 });
    return t("upload.left_seconds", { seconds: whole });
  };
}

/** One slide on its way from this browser. */
export function TransferRow({ transfer, sender }: { transfer: Transfer; sender: Sender }) {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const duration = useDuration();
  const { key, name, state, sent, bytes, error } = transfer;
  const percent = bytes === 0 ? 100 : (sent / bytes) * 100;
  const going = state === "sending" || state === "waiting" || state === "retrying";
  const facts = [
    t("upload.sent_of", { sent: fileSize(sent, language), all: fileSize(bytes, language) }),
    transfer.files > 1 ? t("upload.files", { n: transfer.files }) : "",
    transfer.speed === null ? "" : t("upload.speed", { speed: fileSize(Math.round(transfer.speed), language) }),
    transfer.secondsLeft === null ? "" : duration(transfer.secondsLeft),
    transfer.resumed ? t("upload.resumed") : "",
  ];
  return (
    <Box component="li" className={classes["row"] ?? ""} data-testid="transfer" data-state={state}>
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <Group gap="xs" wrap="nowrap" className={classes["name"] ?? ""}>
          <Text fw={600} truncate title={name}>
            {name}
          </Text>
          <Tag tone={TONES[state]}>{t(`upload.state.${state}`)}</Tag>
        </Group>
        <Group gap={2} wrap="nowrap">
          {going && (
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t("upload.pause", { name })}
              onClick={() => sender.pause(key)}
            >
              <IconPlayerPause size={16} />
            </ActionIcon>
          )}
          {(state === "paused" || state === "failed") && (
            <ActionIcon variant="subtle" aria-label={t("upload.resume", { name })} onClick={() => sender.resume(key)}>
              <IconPlayerPlay size={16} />
            </ActionIcon>
          )}
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t("upload.stop", { name })}
            onClick={() => void sender.stop(key)}
          >
            <IconX size={16} />
          </ActionIcon>
        </Group>
      </Group>
      <Progress
        value={percent}
        size="sm"
        color={state === "failed" ? "red" : "slate"}
        aria-label={t("upload.progress", { name })}
      />
      <Text size="xs" c="dimmed">
        {facts.filter((fact) => fact !== "").join(t("punctuation.dot"))}
      </Text>
      {error !== null && (
        <Text size="sm" role="alert" className={classes["failure"] ?? ""}>
          {t("upload.error", error.words(language))}
        </Text>
      )}
    </Box>
  );
}
