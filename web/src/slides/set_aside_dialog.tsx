import { Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { useSetAside, type QueuedSlide } from "../api/slides";
import { ErrorNotice } from "../ui/error_notice";
import { nameOfSlide } from "./queue_facts";

/** Take a slide out of the queue: only with a reason. */
export function SetAsideDialog({
  slide,
  onClose,
  onDone,
}: {
  slide: QueuedSlide;
  onClose: () => void;
  onDone: () => void;
}) {
  const { t } = useTranslation("screen");
  const [reason, setReason] = useState("");
  const setAside = useSetAside();
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    // See match_panel.tsx; what is refused is shown in the dialog.
    setAside.mutateAsync({ slideId: slide.id, reason: reason.trim() }).then(onDone, () => undefined);
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("reconcile.set_aside_title", { name: nameOfSlide(slide) })}
      closeButtonProps={{ "aria-label": t("actions.close") }}
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Text size="sm">{t("reconcile.set_aside_what")}</Text>
          <Textarea
            label={t("reconcile.reason")}
            required
            autosize
            minRows={2}
            maxLength={1000}
            data-autofocus
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <ErrorNotice error={setAside.error} />
          <Group justify="end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t("actions.cancel")}
            </Button>
            <Button type="submit" loading={setAside.isPending} disabled={reason.trim() === ""}>
              {t("reconcile.set_aside")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
