import { Box, Button, Group, Modal, Stack, Switch, Table, Text, Title } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useChangeFolder, useRemoveFolder, useWatchedFolders, type WatchedFolder } from "../api/watch";
import { dateTime } from "../i18n/format";
import { useLanguage } from "../i18n/words";
import { useSession } from "../session/session";
import { EmptyState } from "../ui/empty_state";
import { ErrorNotice } from "../ui/error_notice";
import { Loading } from "../ui/loading";
import { usePageTitle } from "../ui/page_title";
import { Tag } from "../ui/tag";
import { WatchDialog } from "./watch_dialog";
import { WatchFiles } from "./watch_files";
import { problemsOf, stateOf, toneOf } from "./watch_state";

type Dialog = { kind: "add" } | { kind: "change" | "remove"; folder: WatchedFolder };

function Counts({ folder }: { folder: WatchedFolder }) {
  const { t } = useTranslation("screen");
  const counted = Object.entries(folder.counts).filter(([, n]) => n > 0);
  return (
    <Text size="sm">
      {counted
        .map(([outcome, n]) => t("watch.count", { outcome: t(`watch.outcome.${outcome}`), n }))
        .join(t("punctuation.list"))}
    </Text>
  );
}

function FolderRow({
  folder,
  open,
  onShow,
}: {
  folder: WatchedFolder;
  open: (dialog: Dialog) => void;
  onShow: () => void;
}) {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const { can } = useSession();
  const change = useChangeFolder();
  const state = stateOf(folder);
  const problems = problemsOf(folder);
  return (
    <Table.Tr data-testid="watched-folder">
      <Table.Td>
        <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
          {folder.path}
        </Text>
        <Text size="xs" c="dimmed">
          {folder.after_taking === "keep"
            ? t("watch.settings_keep", { after: t("watch.after_taking.keep"), quiet: folder.quiet_seconds })
            : t("watch.settings", {
                after: t(`watch.after_taking.${folder.after_taking}`),
                days: folder.after_days,
                quiet: folder.quiet_seconds,
              })}
        </Text>
      </Table.Td>
      <Table.Td>
        <Tag tone={toneOf(folder)}>{t(`watch.state_of.${state}`)}</Tag>
        <Text size="xs" c="dimmed">
          {t("watch.scanned", { at: dateTime(folder.scanned_at) || t("watch.never") })}
        </Text>
        {folder.problem !== null && <Text size="sm">{folder.problem[language]}</Text>}
      </Table.Td>
      <Table.Td>
        <Counts folder={folder} />
        {problems > 0 && (
          <Button size="compact-xs" variant="default" mt={4} onClick={onShow}>
            {t("watch.problems")}
          </Button>
        )}
      </Table.Td>
      {can("intake.manage") && (
        <Table.Td>
          <Group gap={6} wrap="nowrap" justify="end">
            <Switch
              size="xs"
              aria-label={t("watch.enabled_of", { path: folder.path })}
              checked={folder.enabled}
              disabled={change.isPending}
              onChange={(event) => change.mutate({ id: folder.id, enabled: event.currentTarget.checked })}
            />
            <Button
              size="compact-xs"
              variant="default"
              aria-label={t("watch.change_of", { path: folder.path })}
              onClick={() => open({ kind: "change", folder })}
            >
              {t("watch.change")}
            </Button>
            <Button size="compact-xs" variant="default" onClick={() => open({ kind: "remove", folder })}>
              {t("watch.remove")}
            </Button>
          </Group>
          <ErrorNotice error={change.error} />
        </Table.Td>
      )}
    </Table.Tr>
  );
}

function RemoveDialog({ folder, onClose }: { folder: WatchedFolder; onClose: () => void }) {
  const { t } = useTranslation("screen");
  const remove = useRemoveFolder();
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("watch.remove_title", { path: folder.path })}
      closeButtonProps={{ "aria-label": t("actions.close") }}
    >
      <Stack gap="sm">
        <Text size="sm">{t("watch.remove_what")}</Text>
        <ErrorNotice error={remove.error} />
        <Group justify="end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t("actions.cancel")}
          </Button>
          <Button loading={remove.isPending} onClick={() => remove.mutate(folder.id, { onSuccess: onClose })}>
            {t("watch.remove")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** Folders that scanners write to: technicians see how it goes, administrators say what is watched. */
export default function WatchPage() {
  const { t } = useTranslation("screen");
  const { can } = useSession();
  const found = useWatchedFolders();
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const [shownId, setShownId] = useState<string | null>(null);
  usePageTitle(t("watch.title"));
  const close = (): void => setDialog(null);
  const folders = found.data?.items ?? [];
  const roots = found.data?.roots ?? [];
  const shown = folders.find(({ id }) => id === shownId) ?? folders.find((folder) => problemsOf(folder) > 0);
  return (
    <Box p="sm">
      <Group justify="space-between" mb="xs">
        <Title order={1} size="h4">
          {t("watch.title")}
        </Title>
        {can("intake.manage") && (
          <Button size="xs" onClick={() => setDialog({ kind: "add" })}>
            {t("watch.add")}
          </Button>
        )}
      </Group>
      <ErrorNotice error={found.error} onRetry={() => void found.refetch()} />
      {found.isPending && <Loading />}
      {found.data !== undefined && folders.length === 0 && (
        <EmptyState title={t("watch.empty")}>
          <Text size="sm">{t("watch.empty_hint")}</Text>
        </EmptyState>
      )}
      {folders.length > 0 && (
        <Table aria-label={t("watch.title")} mb="md">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("watch.path")}</Table.Th>
              <Table.Th>{t("watch.state")}</Table.Th>
              <Table.Th>{t("watch.found")}</Table.Th>
              {can("intake.manage") && (
                <Table.Th>
                  <span className="visually-hidden">{t("actions.title")}</span>
                </Table.Th>
              )}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {folders.map((folder) => (
              <FolderRow key={folder.id} folder={folder} open={setDialog} onShow={() => setShownId(folder.id)} />
            ))}
          </Table.Tbody>
        </Table>
      )}
      {shown !== undefined && <WatchFiles key={shown.id} folder={shown} />}
      {dialog !== null && dialog.kind !== "remove" && (
        <WatchDialog folder={dialog.kind === "change" ? dialog.folder : null} roots={roots} onClose={close} />
      )}
      {dialog?.kind === "remove" && <RemoveDialog folder={dialog.folder} onClose={close} />}
    </Box>
  );
}
