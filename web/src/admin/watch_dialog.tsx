import { Alert, Button, Checkbox, Group, Modal, NumberInput, Radio, Stack, Text, TextInput } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { AFTER_TAKING, useAddFolder, useChangeFolder, type AfterTaking, type WatchedFolder } from "../api/watch";
import { ErrorNotice } from "../ui/error_notice";
import { notifyDone } from "../ui/notices";

interface Props {
  /** Null: a new one. */
  folder: WatchedFolder | null;
  roots: readonly string[];
  onClose: () => void;
}

/** Name a folder, or change what is done with its files. Moving and deleting need a word of understanding. */
export function WatchDialog({ folder, roots, onClose }: Props) {
  const { t } = useTranslation("screen");
  const [path, setPath] = useState(folder?.path ?? "");
  const [after, setAfter] = useState<AfterTaking>(folder?.after_taking ?? "keep");
  const [days, setDays] = useState(folder?.after_days ?? 7);
  const [quiet, setQuiet] = useState(folder?.quiet_seconds ?? 30);
  const [skip, setSkip] = useState(false);
  const [seen, setSeen] = useState(after === folder?.after_taking);
  const add = useAddFolder();
  const change = useChangeFolder();
  const dangerous = after !== "keep";
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const values = { after_taking: after, after_days: days, quiet_seconds: quiet };
    const done = {
      onSuccess: () => {
        notifyDone(t("watch.added"));
        onClose();
      },
    };
    if (folder === null) add.mutate({ path: path.trim(), skip_existing: skip, ...values }, done);
    else change.mutate({ id: folder.id, ...values }, done);
  };
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      title={folder === null ? t("watch.add") : t("watch.change_of", { path: folder.path })}
      closeButtonProps={{ "aria-label": t("actions.close") }}
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          {folder === null && (
            <>
              <TextInput
                label={t("watch.path")}
                required
                data-autofocus
                maxLength={1024}
                disabled={roots.length === 0}
                value={path}
                onChange={(event) => setPath(event.currentTarget.value)}
              />
              <Text size="xs" c="dimmed">
                {roots.length === 0
                  ? t("watch.no_roots")
                  : t("watch.roots", { roots: roots.join(t("punctuation.list")) })}
              </Text>
            </>
          )}
          <Radio.Group
            label={t("watch.after")}
            value={after}
            onChange={(value) => {
              setAfter(value);
              setSeen(value === folder?.after_taking);
            }}
          >
            <Stack gap={4} mt={4}>
              {AFTER_TAKING.map((value) => (
                <Radio key={value} size="sm" value={value} label={t(`watch.after_taking.${value}`)} />
              ))}
            </Stack>
          </Radio.Group>
          {dangerous && (
            <Alert color={after === "delete" ? "red" : "yellow"} icon={<IconAlertTriangle aria-hidden />} role="alert">
              <Text size="sm">{after === "delete" ? t("watch.warn_delete") : t("watch.warn_move")}</Text>
              <Checkbox
                mt="xs"
                size="sm"
                label={t("watch.warn_seen")}
                checked={seen}
                onChange={(event) => setSeen(event.currentTarget.checked)}
              />
            </Alert>
          )}
          <Group gap="sm" grow>
            {dangerous && (
              <NumberInput
                size="xs"
                label={t("watch.days")}
                min={0}
                max={3650}
                allowDecimal={false}
                value={days}
                onChange={(value) => setDays(Number(value))}
              />
            )}
            <NumberInput
              size="xs"
              label={t("watch.quiet")}
              min={1}
              max={3600}
              allowDecimal={false}
              value={quiet}
              onChange={(value) => setQuiet(Number(value))}
            />
          </Group>
          {folder === null && (
            <Checkbox
              size="sm"
              label={t("watch.skip")}
              checked={skip}
              onChange={(event) => setSkip(event.currentTarget.checked)}
            />
          )}
          <ErrorNotice error={add.error ?? change.error} />
          <Group justify="end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t("actions.cancel")}
            </Button>
            <Button
              type="submit"
              loading={add.isPending || change.isPending}
              disabled={(dangerous && !seen) || path.trim() === "" || (folder === null && roots.length === 0)}
            >
              {t("watch.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
