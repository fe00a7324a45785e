import { Alert, Group, Paper, SimpleGrid, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { StorageOverview } from "../api/storage";
import { dateTime, fileSize, number } from "../i18n/format";
import { useLanguage } from "../i18n/words";
import { Tag } from "../ui/tag";
import { SOUNDNESS_TONES, soundnessOf } from "./storage_tone";

function Fact({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Paper withBorder p="sm" component="section" aria-label={title} style={{ overflowWrap: "anywhere", minWidth: 0 }}>
      <Text size="sm" fw={600} mb={4}>
        {title}
      </Text>
      {children}
    </Paper>
  );
}

function Soundness({ state }: { state: StorageOverview }) {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const sound = soundnessOf(state);
  const last = state.last_check;
  return (
    <Fact title={t("storage.soundness")}>
      <Group gap="xs">
        <Tag tone={SOUNDNESS_TONES[sound]}>{t(`storage.sound.${sound}`)}</Tag>
        <Text size="sm" c="dimmed">
          {t("storage.cycle", { days: state.fixity_days })}
        </Text>
      </Group>
      {last !== null && (
        <Text size="sm" mt={4}>
          {t("storage.last_check", {
            at: dateTime(last.finished_at ?? last.started_at),
            checked: number(last.checked, language),
            size: fileSize(last.checked_bytes, language),
            wrong: number(last.wrong, language),
            missing: number(last.missing, language),
            repaired: number(last.repaired, language),
          })}
        </Text>
      )}
      {last?.finished_at === null && <Text size="sm">{t("storage.check_running")}</Text>}
      {last !== null && last.unreadable > 0 && (
        <Text size="sm">{t("storage.unreadable", { n: number(last.unreadable, language) })}</Text>
      )}
    </Fact>
  );
}

function Replica({ state }: { state: StorageOverview }) {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const replica = state.replica;
  return (
    <Fact title={t("storage.replica")}>
      {replica === null ? (
        <Text size="sm">{t("storage.no_replica")}</Text>
      ) : (
        <>
          <Text size="sm">{t("storage.copied", { n: number(replica.copied, language) })}</Text>
          {replica.waiting > 0 && (
            <Text size="sm">{t("storage.waiting", { n: number(replica.waiting, language) })}</Text>
          )}
          {replica.failed > 0 && (
            <Tag tone="danger">{t("storage.copy_failed", { n: number(replica.failed, language) })}</Tag>
          )}
        </>
      )}
    </Fact>
  );
}

/** Where the bytes lie and whether they are whole. */
export function StorageState({ state }: { state: StorageOverview }) {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  return (
    <>
      {(state.open_findings > 0 || state.to_release > 0) && (
        <Alert
          color={state.open_findings > 0 ? "red" : "yellow"}
          icon={<IconAlertTriangle aria-hidden />}
          role="alert"
          title={t("storage.damage_title")}
        >
          <Text size="sm">
            {t("storage.damage", {
              open: number(state.open_findings, language),
              kept: number(state.to_release, language),
            })}
          </Text>
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="sm">
        {state.tiers.map((use) => (
          <Fact key={use.tier} title={t(`storage.tier.${use.tier}`)}>
            <Text size="lg">{fileSize(use.size_bytes, language)}</Text>
            <Text size="sm" c="dimmed">
              {t("storage.files", { n: number(use.blobs, language) })}
            </Text>
          </Fact>
        ))}
        {state.remote && (
          <Fact title={t("storage.cache")}>
            <Text size="sm">
              {t("storage.cache_used", {
                used: fileSize(state.cache_used, language),
                limit: fileSize(state.cache_limit, language),
              })}
            </Text>
          </Fact>
        )}
        <Replica state={state} />
        <Soundness state={state} />
      </SimpleGrid>
    </>
  );
}
