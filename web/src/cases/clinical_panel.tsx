import { Paper, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { CaseDetail } from "../api/cases";
import { dateTime } from "../i18n/format";
import classes from "./case.module.css";

/** What the clinicians said. */
export function ClinicalPanel({ of }: { of: CaseDetail }) {
  const { t } = useTranslation("screen");
  const facts: [string, string | null][] = [
    [t("case.clinical_diagnosis"), of.clinical_diagnosis],
    [t("case.clinical_history"), of.clinical_history],
    [t("case.department"), of.department],
    [t("case.submitted_by"), of.submitted_by],
    [t("case.received_at"), dateTime(of.received_at)],
  ];
  return (
    <Paper withBorder p="sm" component="section" aria-labelledby="clinical">
      <Title order={2} size="h6" id="clinical" mb={6}>
        {t("case.clinical")}
      </Title>
      <dl className={classes["facts"] ?? ""}>
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              {value || (
                <Text span size="sm" c="dimmed">
                  {t("case.not_given")}
                </Text>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </Paper>
  );
}
