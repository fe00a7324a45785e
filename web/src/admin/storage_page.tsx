import { Box, Button, Group, Stack, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useAskForCheck, useStorage } from "../api/storage";
import { useSession } from "../session/session";
import { ErrorNotice } from "../ui/error_notice";
import { Loading } from "../ui/loading";
import { notifyDone } from "../ui/notices";
import { usePageTitle } from "../ui/page_title";
import { StorageExpired } from "./storage_expired";
import { StorageFindings } from "./storage_findings";
import { StorageHolds } from "./storage_holds";
import { StorageRules } from "./storage_rules";
import { StorageState } from "./storage_state";

/** How the hospital's slides are kept: where they lie, whether they are whole, how long they stay. */
export default function StoragePage() {
  const { t } = useTranslation("screen");
  const { can } = useSession();
  const found = useStorage();
  const ask = useAskForCheck();
  usePageTitle(t("storage.title"));
  return (
    <Box p="sm" maw={1200}>
      <Group justify="space-between" mb="xs">
        <Title order={1} size="h4">
          {t("storage.title")}
        </Title>
        {can("storage.manage") && (
          <Button
            size="xs"
            variant="default"
            loading={ask.isPending}
            onClick={() => ask.mutate(undefined, { onSuccess: () => notifyDone(t("storage.check_asked")) })}
          >
            {t("storage.check_now")}
          </Button>
        )}
      </Group>
      <ErrorNotice error={found.error ?? ask.error} onRetry={() => void found.refetch()} />
      {found.isPending && <Loading />}
      {found.data !== undefined && (
        <Stack gap="lg">
          <StorageState state={found.data} />
          <StorageFindings />
          <StorageRules coldThere={found.data.cold_there} />
          <StorageHolds />
          <StorageExpired />
        </Stack>
      )}
    </Box>
  );
}
