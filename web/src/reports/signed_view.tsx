import { Alert, Box, Button, Group, Modal, Paper, Stack, Text, Textarea, Title } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import type { CaseDetail } from "../api/cases";
import { useAmendReport, type Report } from "../api/reports";
import { dateTime } from "../i18n/format";
import { nameOf, useLanguage, useWord } from "../i18n/words";
import { useSession } from "../session/session";
import { ErrorNotice } from "../ui/error_notice";
import { slideNames } from "../ui/slide_name";
import { Tag } from "../ui/tag";
import { REPORT_TONES } from "../ui/tones";
import { allSlides, citable } from "./citations";
import { KeyImagesPanel } from "./key_images_panel";
import { PdfLinks } from "./pdf_links";
import { ReadingsPanel } from "./readings_panel";
import { VersionsPanel } from "./versions_panel";
import classes from "./report.module.css";

const TEXTS = ["diagnosis", "microscopy", "gross", "comment"] as const;

function AmendDialog({ caseId, onClose }: { caseId: string; onClose: () => void }) {
  const { t } = useTranslation("screen");
  const [reason, setReason] = useState("");
  const amend = useAmendReport(caseId);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    amend.mutate(reason.trim(), { onSuccess: onClose });
  };
  return (
    <Modal opened onClose={onClose} title={t("amend.title")} closeButtonProps={{ "aria-label": t("actions.close") }}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Text size="sm">{t("amend.what")}</Text>
          <ErrorNotice error={amend.error} />
          <Textarea
            label={t("amend.reason")}
            required
            data-autofocus
            autosize
            minRows={3}
            maxLength={4000}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Group justify="end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t("actions.cancel")}
            </Button>
            <Button type="submit" loading={amend.isPending} disabled={reason.trim() === ""}>
              {t("amend.submit")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Signature({ report }: { report: Report }) {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const digests = [
    { label: t("report.content_digest"), value: report.content_digest },
    { label: t("report.pdf_digest.zh-CN"), value: report.pdf_digest_zh },
    { label: t("report.pdf_digest.en"), value: report.pdf_digest_en },
  ];
  return (
    <Paper withBorder p="sm" component="section" aria-labelledby="signature" data-testid="signature">
      <Title order={2} size="h6" id="signature" mb={6}>
        {t("report.signature")}
      </Title>
      {report.signed_by !== null && (
        <Text size="sm">
          {t("report.signed_line", { person: nameOf(report.signed_by, language), at: dateTime(report.signed_at) })}
        </Text>
      )}
      {report.meaning !== null && (
        <Text size="sm">{t(`reports:meaning.${report.meaning}`, { defaultValue: report.meaning })}</Text>
      )}
      {digests.map(({ label, value }) =>
        value === null ? null : (
          <Box key={label} mt={6}>
            <Text size="xs" c="dimmed">
              {label}
            </Text>
            <code className={classes["digest"] ?? ""}>{value}</code>
          </Box>
        ),
      )}
      <Text size="xs" c="dimmed" mt={6}>
        {t("report.digest_hint")}
      </Text>
    </Paper>
  );
}

/** A report that was signed: its words, its hash, its PDF files, and the way to amend it. */
export function SignedView({ of, report, versions }: { of: CaseDetail; report: Report; versions: readonly Report[] }) {
  const { t } = useTranslation("screen");
  const word = useWord();
  const { can } = useSession();
  const [amending, setAmending] = useState(false);
  const latest = versions[0]?.id === report.id;
  return (
    <Box className={classes["columns"] ?? ""}>
      <Stack gap="sm">
        {report.status === "superseded" && (
          <Alert color="orange" role="note">
            {t("report.superseded")}
          </Alert>
        )}
        <Group justify="space-between">
          <Group gap="xs">
            <Title order={2} size="h4">
              {t("report.title")}
            </Title>
            <Tag tone={REPORT_TONES[report.status]}>
              {t("report.version_status", { n: report.version, status: word("report_status", report.status) })}
            </Tag>
          </Group>
          <Group gap="xs">
            <PdfLinks reportId={report.id} draft={false} />
            {latest && report.status === "signed" && can("report.amend") && (
              <Button variant="default" onClick={() => setAmending(true)}>
                {t("amend.title")}
              </Button>
            )}
          </Group>
        </Group>
        {report.amendment_reason !== null && (
          <Text size="sm">{t("report.reason_line", { reason: report.amendment_reason })}</Text>
        )}
        {TEXTS.filter((field) => report[field] !== "").map((field) => (
          <div key={field}>
            <Title order={2} size="h6">
              {t(`report.fields.${field}`)}
            </Title>
            <Text className={classes["signed_text"] ?? ""} fw={field === "diagnosis" ? 600 : 400}>
              {report[field]}
            </Text>
          </div>
        ))}
      </Stack>
      <Box className={classes["side"] ?? ""}>
        <Signature report={report} />
        <ReadingsPanel readings={citable(of)} cited={report.reading_ids} />
        <KeyImagesPanel images={report.key_images} slides={allSlides(of)} names={slideNames(of)} />
        <VersionsPanel versions={versions} shown={report.id} caseId={of.id} />
      </Box>
      {amending && <AmendDialog caseId={of.id} onClose={() => setAmending(false)} />}
    </Box>
  );
}
