import { Box, Group, Switch, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCaseAudit } from "../api/audit";
import { EmptyState } from "../ui/empty_state";
import { ErrorNotice } from "../ui/error_notice";
import { Loading } from "../ui/loading";
import { EventTable } from "./event_table";
import { isView } from "./event_words";

/** Everything that happened to one case, newest first; that somebody looked at it can be left out. */
export function CaseTimeline({ caseId }: { caseId: string }) {
  const { t } = useTranslation("screen");
  const events = useCaseAudit(caseId);
  const [views, setViews] = useState(true);
  const shown = (events.data ?? []).filter((event) => views || !isView(event.action));
  return (
    <Box p="sm">
      <ErrorNotice error={events.error} onRetry={() => void events.refetch()} />
      {events.isPending && <Loading />}
      {events.data && (
        <Group justify="space-between" mb="xs">
          <Text size="sm" c="dimmed" role="status">
            {t("audit.total", { shown: shown.length, all: events.data.length })}
          </Text>
          <Switch
            size="xs"
            label={t("audit.views")}
            checked={views}
            onChange={(event) => setViews(event.currentTarget.checked)}
          />
        </Group>
      )}
      {shown.length > 0 && <EventTable events={shown} withCase={false} />}
      {events.data && shown.length === 0 && <EmptyState title={t("audit.empty")} />}
    </Box>
  );
}
