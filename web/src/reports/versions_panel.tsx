import { Anchor, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Report } from "../api/reports";
import { dateTime } from "../i18n/format";
import { Tag } from "../ui/tag";
import { REPORT_TONES } from "../ui/tones";
import { nameOf, useLanguage, useWord } from "../i18n/words";

/** Every version of the report; nothing that was signed is ever lost. */
export function VersionsPanel({
  versions,
  shown,
  caseId,
}: {
  versions: readonly Report[];
  shown: string | null;
  caseId: string;
}) {
  const { t } = useTranslation("screen");
  const word = useWord();
  const language = useLanguage();
  if (versions.length < 2) return null;
  return (
    <Paper withBorder p="sm" component="section" aria-labelledby="versions">
      <Title order={2} size="h6" id="versions" mb={6}>
        {t("report.versions")}
      </Title>
      <Stack gap={6}>
        {versions.map((version) => (
          <div key={version.id}>
            <Group gap={6}>
              {version.id === shown ? (
                <Text size="sm" fw={600} aria-current="page">
                  {t("report.version", { n: version.version })}
                </Text>
              ) : (
                <Anchor component={Link} size="sm" to={`/cases/${caseId}/report?version=${version.version}`}>
                  {t("report.version", { n: version.version })}
                </Anchor>
              )}
              <Tag tone={REPORT_TONES[version.status]}>{word("report_status", version.status)}</Tag>
            </Group>
            {version.signed_by !== null && (
              <Text size="xs" c="dimmed">
                {t("report.signed_line", {
                  person: nameOf(version.signed_by, language),
                  at: dateTime(version.signed_at),
                })}
              </Text>
            )}
            {!!version.amendment_reason && (
              <Text size="xs" c="dimmed">
                {t("report.reason_line", { reason: version.amendment_reason })}
              </Text>
            )}
          </div>
        ))}
      </Stack>
    </Paper>
  );
}
