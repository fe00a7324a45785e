import { Alert, Box, Button, Group, Stack, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { CaseDetail } from "../api/cases";
import type { Report } from "../api/reports";
import { useWord } from "../i18n/words";
import { ClinicalPanel } from "../cases/clinical_panel";
import { useSession } from "../session/session";
import { slideNames } from "../ui/slide_name";
import { allSlides, citable, grossOf, obstacles } from "./citations";
import { KeyImagesPanel } from "./key_images_panel";
import { PdfLinks } from "./pdf_links";
import { ReadingsPanel } from "./readings_panel";
import { SaveLine, SaveProblem } from "./save_line";
import { SignOutDialog } from "./sign_out_dialog";
import { useDraft } from "./use_draft";
import { VersionsPanel } from "./versions_panel";
import classes from "./report.module.css";

const TEXTS = [
  { field: "gross", rows: 3 },
  { field: "microscopy", rows: 6 },
  { field: "diagnosis", rows: 5 },
  { field: "comment", rows: 2 },
] as const;

/** The draft of a report: written, saved by itself, previewed, signed. */
export function Editor({
  of,
  report,
  versions,
}: {
  of: CaseDetail;
  report: Report | null;
  versions: readonly Report[];
}) {
  const { t } = useTranslation("screen");
  const word = useWord();
  const { can } = useSession();
  const { saver, saving } = useDraft(of.id, report);
  const [signing, setSigning] = useState(false);
  const { draft } = saving;
  const readings = citable(of);
  const slides = allSlides(of);
  const described = grossOf(of);
  const inTheWay = obstacles(draft, readings);

  const askToSign = async (): Promise<void> => {
    await saver.flush();
    if (saver.snapshot().state === "saved") setSigning(true);
  };

  return (
    <Box className={classes["columns"] ?? ""}>
      <Stack gap="sm">
        {report?.amendment_reason && (
          <Alert color="orange" variant="light">
            {t("report.amending", { version: report.version, reason: report.amendment_reason })}
          </Alert>
        )}
        <SaveProblem saver={saver} saving={saving} />
        {TEXTS.map(({ field, rows }) => (
          <Stack key={field} gap={4} align="stretch">
            <Textarea
              label={t(`report.fields.${field}`)}
              autosize
              minRows={rows}
              maxLength={50_000}
              withAsterisk={field === "diagnosis"}
              value={draft[field] ?? ""}
              onChange={(event) => saver.change({ [field]: event.currentTarget.value })}
              onBlur={() => void saver.flush()}
            />
            {field === "gross" && (draft.gross ?? "") === "" && described !== "" && (
              <Group>
                <Button size="compact-xs" variant="default" onClick={() => saver.change({ gross: described })}>
                  {t("report.take_gross")}
                </Button>
              </Group>
            )}
          </Stack>
        ))}
        <Group justify="space-between">
          <SaveLine saving={saving} />
          <Group gap="xs">
            {report !== null && <PdfLinks reportId={report.id} draft />}
            {can("report.sign") && (
              <Button
                onClick={() => void askToSign()}
                disabled={inTheWay.length > 0}
                loading={saving.state === "saving"}
              >
                {t("report.sign_out")}
              </Button>
            )}
          </Group>
        </Group>
        {can("report.sign") && inTheWay.length > 0 && (
          <Alert color="gray" variant="light" title={t("report.before_signing")}>
            <ul className={classes["obstacles"] ?? ""}>
              {inTheWay.map((obstacle) => (
                <li key={JSON.stringify(obstacle)}>
                  {obstacle.kind === "diagnosis_missing"
                    ? t("report.obstacle.diagnosis_missing")
                    : t(`report.obstacle.${obstacle.kind}`, {
                        marker: word("marker", obstacle.marker),
                        slide: obstacle.slide,
                      })}
                </li>
              ))}
            </ul>
          </Alert>
        )}
      </Stack>
      <Box className={classes["side"] ?? ""}>
        <ReadingsPanel
          readings={readings}
          cited={draft.reading_ids ?? []}
          onChange={(reading_ids) => saver.change({ reading_ids })}
        />
        <KeyImagesPanel
          images={draft.key_images ?? []}
          slides={slides}
          names={slideNames(of)}
          onChange={(key_images) => saver.change({ key_images })}
        />
        <ClinicalPanel of={of} />
        <VersionsPanel versions={versions} shown={report?.id ?? null} caseId={of.id} />
      </Box>
      {signing && <SignOutDialog of={of} draft={draft} readings={readings} onClose={() => setSigning(false)} />}
    </Box>
  );
}
