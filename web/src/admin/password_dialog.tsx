import { Button, Code, CopyButton, Group, Modal, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Person } from "../api/people";
import { useResetPassword } from "../api/people";
import { nameOf, useLanguage } from "../i18n/words";
import { ErrorNotice } from "../ui/error_notice";

interface Props {
  person: Person;
  /** The first password of a person just registered; null: a new one is made here. */
  first: string | null;
  onClose: () => void;
}

/** A generated password of a person. It is shown here once and cannot be asked for again. */
export function PasswordDialog({ person, first, onClose }: Props) {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const reset = useResetPassword();
  const password = first ?? reset.data;
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("people.password_title", { name: nameOf(person, language) })}
      closeOnClickOutside={password === undefined}
      closeButtonProps={{ "aria-label": t("actions.close") }}
    >
      <Stack gap="sm">
        <ErrorNotice error={reset.error} />
        {password === undefined ? (
          <>
            <Text size="sm">{t("people.password_what")}</Text>
            <Group justify="end" gap="xs">
              <Button variant="default" onClick={onClose}>
                {t("actions.cancel")}
              </Button>
              <Button loading={reset.isPending} onClick={() => reset.mutate(person.id)}>
                {t("people.password_make")}
              </Button>
            </Group>
          </>
        ) : (
          <>
            <Text size="sm">{t("people.password_once")}</Text>
            <Group>
              <Code fz="lg" data-testid="generated-password">
                {password}
              </Code>
              <CopyButton value={password}>
                {({ copied, copy }) => (
                  <Button size="compact-sm" variant="default" onClick={copy}>
                    {copied ? t("actions.copied") : t("actions.copy")}
                  </Button>
                )}
              </CopyButton>
            </Group>
            <Group justify="end">
              <Button onClick={onClose}>{t("people.password_done")}</Button>
            </Group>
          </>
        )}
      </Stack>
    </Modal>
  );
}
