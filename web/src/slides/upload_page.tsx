import { Alert, Box, Button, Group, Stack, Text, Title } from "@mantine/core";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { useCase } from "../api/cases";
import { useUploads } from "../api/uploads";
import { EmptyState } from "../ui/empty_state";
import { ErrorNotice } from "../ui/error_notice";
import { useShortcuts } from "../ui/keyboard";
import { Loading } from "../ui/loading";
import { usePageTitle } from "../ui/page_title";
import { PatientBanner } from "../ui/patient_banner";
import { BatchRow } from "./batch_row";
import { bundlesOf, type Found } from "./bundles";
import { DropZone } from "./drop_zone";
import classes from "./slides.module.css";
import { TransferRow } from "./transfer_row";
import { useAskBeforeLeaving, useSender } from "./use_sender";

/** Whom the slides are sent for, where they come from a case's page. */
function ForCase({ id }: { id: string }) {
  const { t } = useTranslation("screen");
  const found = useCase(id);
  return (
    <>
      <ErrorNotice error={found.error} />
      {found.data && (
        <>
          <PatientBanner of={found.data} heading={false} />
          <Text size="sm">{t("upload.for_case")}</Text>
        </>
      )}
    </>
  );
}

export default function UploadPage() {
  const { t } = useTranslation("screen");
  const [search] = useSearchParams();
  const caseId = search.get("case");
  const uploads = useUploads();
  const { sender, transfers } = useSender();
  const [nothing, setNothing] = useState(false);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  usePageTitle(t("upload.title"));
  useAskBeforeLeaving(sender);

  const add = (found: Found[], fromFolder: boolean): void => {
    if (found.length === 0) return;
    void bundlesOf(found, fromFolder).then((bundles) => {
      setNothing(bundles.length === 0);
      return sender.add(bundles, caseId);
    });
  };
  const going = transfers.filter(({ state }) => ["sending", "waiting", "retrying"].includes(state));
  const paused = transfers.filter(({ state }) => state === "paused");
  const toggle = (): void => {
    if (going.length > 0) for (const { key } of going) sender.pause(key);
    else for (const { key } of paused) sender.resume(key);
  };
  useShortcuts([
    { key: "o", words: t("upload.keys.files"), action: () => files.current?.click() },
    { key: "f", words: t("upload.keys.folder"), action: () => folder.current?.click() },
    { key: "p", words: t("upload.keys.pause"), action: toggle },
  ]);

  // What is on its way from here is shown as such, and not a second time as the server sees it.
  const here = new Set(transfers.filter(({ state }) => state !== "sent").map(({ key }) => key));
  const batches = (uploads.data ?? []).filter(({ key }) => !here.has(key));
  const shown = transfers.filter(({ key, state }) => state !== "sent" || !batches.some((batch) => batch.key === key));
  return (
    <Box className={classes["page"] ?? ""}>
      <Title order={1} size="h4">
        {t("upload.title")}
      </Title>
      {caseId !== null && <ForCase id={caseId} />}
      <DropZone files={files} folder={folder} onFound={add} />
      {nothing && (
        <Alert color="yellow" role="alert">
          {t("upload.nothing")}
        </Alert>
      )}
      {shown.length > 0 && (
        <Box component="section" aria-label={t("upload.sending")}>
          <Group justify="space-between" mb={6}>
            <Title order={2} size="h5">
              {t("upload.sending")}
            </Title>
            <Group gap="xs">
              {(going.length > 0 || paused.length > 0) && (
                <Button size="compact-xs" variant="default" onClick={toggle}>
                  {going.length > 0 ? t("upload.pause_all") : t("upload.resume_all")}
                </Button>
              )}
            </Group>
          </Group>
          <Stack component="ul" className={classes["rows"] ?? ""}>
            {shown.map((transfer) => (
              <TransferRow key={transfer.key} transfer={transfer} sender={sender} />
            ))}
          </Stack>
        </Box>
      )}
      <Box component="section" aria-label={t("upload.mine")}>
        <Group justify="space-between" mb={6}>
          <Title order={2} size="h5">
            {t("upload.mine")}
          </Title>
        </Group>
        <ErrorNotice error={uploads.error} onRetry={() => void uploads.refetch()} />
        {uploads.isPending && <Loading />}
        <Stack component="ul" className={classes["rows"] ?? ""}>
          {batches.map((batch) => (
            <BatchRow key={batch.id} batch={batch} />
          ))}
        </Stack>
        {uploads.data?.length === 0 && shown.length === 0 && (
          <EmptyState title={t("upload.empty")}>
            <Text size="sm">{t("upload.empty_hint")}</Text>
          </EmptyState>
        )}
      </Box>
      {caseId !== null && (
        <Text size="sm">
          <Link to={`/cases/${caseId}`}>{t("upload.back_to_case")}</Link>
        </Text>
      )}
    </Box>
  );
}
