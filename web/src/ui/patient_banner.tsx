import { Alert, Box, Group, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { CaseSummary } from "../api/cases";
import { pick, useLanguage, useWord } from "../i18n/words";
import { Tag } from "./tag";
import { CASE_TONES, PRIORITY_TONES } from "./tones";
import { useAge } from "./age";
import { useOpenElsewhere } from "./open_cases";
import classes from "./patient_banner.module.css";

function Field({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Box className={classes["field"] ?? ""}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </Box>
  );
}

interface Props {
  of: CaseSummary;
  /** Whether the banner is the page's heading; false where the page has one of its own. */
  heading?: boolean;
  children?: ReactNode;
}

/** Who this is about, on every page of a case; red when another tab shows another case. `children`: the page's actions. */
export function PatientBanner({ of, heading = true, children }: Props) {
  const { t } = useTranslation("screen");
  const word = useWord();
  const language = useLanguage();
  const age = useAge();
  const { patient } = of;
  const elsewhere = useOpenElsewhere(of.id, of.accession_number);
  return (
    <Box
      component="section"
      aria-label={t("banner.label")}
      className={classes["banner"] ?? ""}
      data-conflict={elsewhere.length > 0 || undefined}
      data-testid="patient-banner"
    >
      {heading && <h1 className="visually-hidden">{t("banner.heading", { accession: of.accession_number })}</h1>}
      <Group justify="space-between" wrap="nowrap" gap="md">
        <Group gap="2px 18px">
          <Group component="dl" gap="2px 18px" m={0}>
            <Text component="div" fw={700} size="lg">
              <dt className="visually-hidden">{t("banner.name")}</dt>
              <dd className={classes["plain"] ?? ""}>{pick(patient.name, patient.name_en, language)}</dd>
            </Text>
            <Field label={t("banner.sex")}>{word("sex", patient.sex)}</Field>
            <Field label={t("banner.age")}>
              {age(patient.birth_date, new Date(of.received_at)) || t("banner.unknown")}
            </Field>
            <Field label={t("banner.birth_date")}>{patient.birth_date ?? t("banner.unknown")}</Field>
            <Field label={t("banner.patient_number")}>{patient.patient_number}</Field>
            <Field label={t("banner.accession_number")}>
              <Link to={`/cases/${of.id}`}>{of.accession_number}</Link>
            </Field>
            <Field label={t("banner.site")}>{pick(of.site_zh, of.site_en, language) || t("banner.unknown")}</Field>
          </Group>
          <Tag tone={PRIORITY_TONES[of.priority]}>{word("priority", of.priority)}</Tag>
          <Tag tone={CASE_TONES[of.status]}>{word("case_status", of.status)}</Tag>
        </Group>
        {children !== undefined && (
          <Group gap="xs" wrap="nowrap">
            {children}
          </Group>
        )}
      </Group>
      {elsewhere.length > 0 && (
        <Alert
          role="alert"
          color="red.9"
          variant="filled"
          mt={6}
          py={6}
          icon={<IconAlertTriangle aria-hidden />}
          title={t("banner.elsewhere", { numbers: elsewhere.join(t("punctuation.list")) })}
        />
      )}
    </Box>
  );
}
