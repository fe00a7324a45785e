import { Button, Group, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import type { CaseDetail } from "../api/cases";
import { useSignReport, type ReportDraft } from "../api/reports";
import { nameOf, pick, useLanguage, useWord } from "../i18n/words";
import { useSession } from "../session/session";
import { ErrorNotice } from "../ui/error_notice";
import { notifyDone } from "../ui/notices";
import { useScore } from "../ui/score";
import type { Citable } from "./citations";
import classes from "./report.module.css";

interface Props {
  of: CaseDetail;
  draft: ReportDraft;
  readings: readonly Citable[];
  onClose: () => void;
}

/** What is being signed, in the words that will stand in the report. */
function WhatIsSigned({ of, draft, readings }: Omit<Props, "onClose">) {
  const { t } = useTranslation("screen");
  const word = useWord();
  const language = useLanguage();
  const score = useScore();
  const cited = readings.filter(({ reading }) => draft.reading_ids?.includes(reading.id));
  return (
    <Stack gap={6} className={classes["paper"] ?? ""}>
      <Text size="sm">
        {t("sign_out.whose", {
          accession: of.accession_number,
          patient: pick(of.patient.name, of.patient.name_en, language),
          number: of.patient.patient_number,
        })}
      </Text>
      <div>
        <Text size="xs" c="dimmed">
          {t("report.fields.diagnosis")}
        </Text>
        <Text fw={600} className="keep-lines">
          {draft.diagnosis}
        </Text>
      </div>
      {cited.length > 0 && (
        <div>
          <Text size="xs" c="dimmed">
            {t("report.readings")}
          </Text>
          {cited.map(({ name, reading }) => (
            <Text key={reading.id} size="sm">
              {t("sign_out.reading", {
                name: t("report.reading_of", { marker: word("marker", reading.marker), slide: name }),
                score: score(reading.result),
                decision: word("decision", reading.decision),
              })}
            </Text>
          ))}
        </div>
      )}
      <Text size="xs" c="dimmed">
        {t("sign_out.images", { n: draft.key_images?.length ?? 0 })}
      </Text>
    </Stack>
  );
}

export function SignOutDialog({ of, draft, readings, onClose }: Props) {
  const { t } = useTranslation("screen");
  const { me } = useSession();
  const language = useLanguage();
  const [password, setPassword] = useState("");
  const sign = useSignReport(of.id);

  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    sign.mutate(
      { password, revision: draft.revision },
      {
        onSuccess: () => {
          notifyDone(t("sign_out.done", { accession: of.accession_number }));
          onClose();
        },
        onSettled: () => setPassword(""),
      },
    );
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("sign_out.title")}
      size="lg"
      closeButtonProps={{ "aria-label": t("actions.close") }}
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          <WhatIsSigned of={of} draft={draft} readings={readings} />
          <Text size="sm">{t("sign_out.meaning", { person: nameOf(me.person, language) })}</Text>
          <ErrorNotice error={sign.error} />
          <PasswordInput
            label={t("sign_out.password")}
            autoComplete="current-password"
            data-autofocus
            required
            value={password}
            visibilityToggleButtonProps={{ "aria-label": t("sign_in.show_password") }}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Group justify="end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t("actions.cancel")}
            </Button>
            <Button type="submit" loading={sign.isPending} disabled={password === ""}>
              {t("sign_out.submit")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
