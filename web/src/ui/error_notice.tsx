import { Alert, Button, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { ApiError } from "../api/errors";
import { currentLanguage } from "../i18n/setup";

/** What went wrong, what to do, and where the administrator finds it. */
export function ErrorNotice({ error, onRetry }: { error: ApiError | null | undefined; onRetry?: () => void }) {
  const { t } = useTranslation("screen");
  if (!error) return null;
  const { message, mend } = error.words(currentLanguage());
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle aria-hidden />} title={message} role="alert">
      <Text size="sm">{mend}</Text>
      {error.detail.incident !== null && (
        <Text size="sm" mt={4}>
          {t("faulty.incident", { incident: error.detail.incident })}
        </Text>
      )}
      {onRetry && (
        <Button size="compact-sm" variant="default" mt="xs" onClick={onRetry}>
          {t("faulty.retry")}
        </Button>
      )}
    </Alert>
  );
}
