import { Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { CaseDetail } from "../api/cases";
import { dateTime } from "../i18n/format";
import { nameOf, useLanguage, useWord } from "../i18n/words";
import { Tag } from "../ui/tag";
import { REPORT_TONES } from "../ui/tones";
import { useSession } from "../session/session";

/** The report as it stands, and the way to it. */
export function ReportPanel({ of }: { of: CaseDetail }) {
  const { t } = useTranslation("screen");
  const word = useWord();
  const language = useLanguage();
  const { can } = useSession();
  if (!can("report.read")) return null;
  const { report } = of;
  const label =
    report === null ? "case.write_report" : report.status === "draft" ? "case.continue_report" : "case.open_report";
  const useful = report !== null || can("report.write");
  return (
    <Paper withBorder p="sm" component="section" aria-labelledby="report">
      <Group justify="space-between" mb={6}>
        <Title order={2} size="h6" id="report">
          {t("case.report")}
        </Title>
        {report !== null && (
          <Tag tone={REPORT_TONES[report.status]}>
            {t("case.report_version", { version: report.version, status: word("report_status", report.status) })}
          </Tag>
        )}
      </Group>
      <Stack gap={6}>
        {report === null && (
          <Text size="sm" c="dimmed">
            {t("case.no_report")}
          </Text>
        )}
        {report !== null && report.diagnosis !== "" && (
          <Text size="sm" lineClamp={6} className="keep-lines">
            {report.diagnosis}
          </Text>
        )}
        {report?.signed_by && (
          <Text size="xs" c="dimmed">
            {t("case.signed_line", { person: nameOf(report.signed_by, language), at: dateTime(report.signed_at) })}
          </Text>
        )}
        {useful && (
          <Button
            component={Link}
            to={`/cases/${of.id}/report`}
            variant={report?.status === "signed" ? "default" : "filled"}
          >
            {t(label)}
          </Button>
        )}
      </Stack>
    </Paper>
  );
}
