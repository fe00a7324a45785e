import { Button, Group, Modal, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useState, type ReactNode, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import type { ApiError } from "../api/errors";
import { ErrorNotice } from "../ui/error_notice";

interface Props {
  title: string;
  what: string;
  submit: string;
  dangerous?: boolean;
  /** Asks for the number of a case, too. */
  asksForCase?: boolean;
  error: ApiError | null;
  pending: boolean;
  children?: ReactNode;
  onSubmit: (reason: string, accessionNumber: string) => void;
  onClose: () => void;
}

/** An act that stands in the audit trail with the reason given here. */
export function ReasonDialog(props: Props) {
  const { t } = useTranslation("screen");
  const [reason, setReason] = useState("");
  const [number, setNumber] = useState("");
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    props.onSubmit(reason.trim(), number.trim());
  };
  return (
    <Modal opened onClose={props.onClose} title={props.title} closeButtonProps={{ "aria-label": t("actions.close") }}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Text size="sm">{props.what}</Text>
          {props.children}
          {props.asksForCase && (
            <TextInput
              label={t("storage.accession_number")}
              required
              data-autofocus
              maxLength={64}
              value={number}
              onChange={(event) => setNumber(event.currentTarget.value)}
            />
          )}
          <Textarea
            label={t("storage.reason")}
            required
            maxLength={2000}
            minRows={2}
            autosize
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <ErrorNotice error={props.error} />
          <Group justify="end" gap="xs">
            <Button variant="default" onClick={props.onClose}>
              {t("actions.cancel")}
            </Button>
            <Button
              type="submit"
              {...(props.dangerous ? { color: "red" } : {})}
              loading={props.pending}
              disabled={reason.trim().length < 2 || (props.asksForCase === true && number.trim() === "")}
            >
              {props.submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
