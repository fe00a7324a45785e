import { Button, Table, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useRetryFile, useWatchedFiles, type WatchedFile, type WatchedFolder } from "../api/watch";
import { dateTime } from "../i18n/format";
import { useLanguage } from "../i18n/words";
import { ErrorNotice } from "../ui/error_notice";
import { Loading } from "../ui/loading";
import { notifyDone } from "../ui/notices";
import { Tag } from "../ui/tag";
import { problemsOf } from "./watch_state";

function FileRow({ file }: { file: WatchedFile }) {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const retry = useRetryFile();
  const name = file.name ?? t("watch.hidden");
  return (
    <Table.Tr>
      <Table.Td>{name}</Table.Td>
      <Table.Td>
        <Tag tone={file.outcome === "waiting" ? "working" : "danger"}>{t(`watch.outcome.${file.outcome}`)}</Tag>
      </Table.Td>
      <Table.Td>
        {file.error !== null && (
          <>
            <Text size="sm">{file.error.error.message[language]}</Text>
            <Text size="sm" c="dimmed">
              {file.error.error.mend[language]}
            </Text>
          </>
        )}
        {file.next_try_at !== null && (
          <Text size="xs" c="dimmed">
            {t("watch.next", { at: dateTime(file.next_try_at) })}
          </Text>
        )}
      </Table.Td>
      <Table.Td>{dateTime(file.noted_at)}</Table.Td>
      <Table.Td>
        <Button
          size="compact-xs"
          variant="default"
          loading={retry.isPending}
          aria-label={t("watch.retry_of", { name })}
          onClick={() => retry.mutate(file.id, { onSuccess: () => notifyDone(t("watch.retried")) })}
        >
          {t("watch.retry")}
        </Button>
        <ErrorNotice error={retry.error} />
      </Table.Td>
    </Table.Tr>
  );
}

/** What was found in a folder and needs somebody. */
export function WatchFiles({ folder }: { folder: WatchedFolder }) {
  const { t } = useTranslation("screen");
  const files = useWatchedFiles(folder.id);
  return (
    <section aria-label={t("watch.problems")}>
      <Title order={2} size="h5" mb={4}>
        {t("watch.problems_of", { path: folder.path, n: problemsOf(folder) })}
      </Title>
      <ErrorNotice error={files.error} onRetry={() => void files.refetch()} />
      {files.isPending && <Loading />}
      {files.data?.length === 0 && <Text size="sm">{t("watch.no_problems")}</Text>}
      {files.data !== undefined && files.data.length > 0 && (
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("watch.file")}</Table.Th>
              <Table.Th>{t("watch.state")}</Table.Th>
              <Table.Th>{t("watch.what")}</Table.Th>
              <Table.Th>{t("watch.noted")}</Table.Th>
              <Table.Th>
                <span className="visually-hidden">{t("actions.title")}</span>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {files.data.map((file) => (
              <FileRow key={file.id} file={file} />
            ))}
          </Table.Tbody>
        </Table>
      )}
    </section>
  );
}
