import { Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { IconCheck, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import classes from "./analysis.module.css";
import { mutable, type CellSession } from "./cell_session";
import { isUnedited } from "./edits";
import { ApiError } from "../api/errors";
import { useReviewReading } from "../api/readings";
import type { Reading, ReviewAction } from "../api/readings";
import { ErrorNotice } from "../ui/error_notice";
import { notifyDone } from "../ui/notices";
import { useShortcuts } from "../ui/keyboard";

/** Accept, accept as edited, or reject. A decision waits until the edits it rests on are saved. */
export function ReviewBar({
  reading,
  session,
  isPlaced,
  onDecided,
}: {
  reading: Reading;
  session: CellSession;
  /** Whether the slide is matched to a case; a result of one that is not belongs to no patient yet. */
  isPlaced: boolean;
  onDecided: () => void;
}) {
  const { t } = useTranslation("viewer");
  const review = useReviewReading(reading.id);
  const [rejecting, setRejecting] = useState(false);
  const [saveError, setSaveError] = useState<ApiError | null>(null);
  const edited = !isUnedited(session.edits);

  const decide = async (action: ReviewAction, reason?: string): Promise<void> => {
    setSaveError(null);
    try {
      await session.flush();
      // Awaited, not handed to mutate(): the bar is gone once the decision stands, and callbacks would go with it.
      // The edits on this page go with it: the server refuses a decision on edits that somebody else has saved since.
      await review.mutateAsync({ action, edits: mutable(session.edits), ...(reason === undefined ? {} : { reason }) });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setSaveError(error);
      return;
    }
    setRejecting(false);
    onDecided();
    notifyDone(t(`review.done.${action}`));
  };
  const accept = (): void => void decide(edited ? "edit" : "accept");
  // Shift is asked for: a plain "a" moves the slide, and a decision is not to be made by a slip.
  const acceptByKey = (): void => {
    if (!review.isPending) accept();
  };
  useShortcuts(
    isPlaced ? [{ key: "A", words: t(edited ? "keys.accept_edits" : "keys.accept"), action: acceptByKey }] : [],
  );

  return (
    <Stack gap={6} component="section" aria-label={t("review.title")} className={classes["review"] ?? ""}>
      {!rejecting && <ErrorNotice error={saveError} />}
      <Group gap={6} wrap="nowrap">
        {isPlaced && (
          <Button
            flex={1}
            px="xs"
            color="teal.9"
            leftSection={<IconCheck size={16} aria-hidden />}
            loading={review.isPending}
            onClick={accept}
          >
            {t(edited ? "review.accept_edits" : "review.accept")}
          </Button>
        )}
        <Button
          px="sm"
          variant="default"
          leftSection={<IconX size={16} aria-hidden />}
          onClick={() => setRejecting(true)}
        >
          {t("review.reject")}
        </Button>
      </Group>
      <Text size="xs" c="dimmed">
        {t(isPlaced ? "review.responsibility" : "review.unplaced")}
      </Text>
      <RejectDialog
        opened={rejecting}
        pending={review.isPending}
        error={saveError}
        onClose={() => setRejecting(false)}
        onReject={(reason) => void decide("reject", reason)}
      />
    </Stack>
  );
}

interface DialogProps {
  opened: boolean;
  pending: boolean;
  error: ApiError | null;
  onClose: () => void;
  onReject: (reason: string) => void;
}

function RejectDialog({ opened, pending, error, onClose, onReject }: DialogProps) {
  const { t } = useTranslation("viewer");
  const [reason, setReason] = useState("");
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("review.reject_title")}
      closeButtonProps={{ "aria-label": t("actions.close") }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (reason.trim() !== "") onReject(reason.trim());
        }}
      >
        <Stack gap="sm">
          <Textarea
            label={t("review.reason")}
            description={t("review.reason_help")}
            required
            autosize
            minRows={3}
            maxLength={2000}
            data-autofocus
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <ErrorNotice error={error} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t("actions.cancel")}
            </Button>
            <Button type="submit" color="red.9" loading={pending} disabled={reason.trim() === ""}>
              {t("review.reject_confirm")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
