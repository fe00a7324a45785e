import { Box } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useCaseAudit } from "../api/audit";
import { EmptyState } from "../ui/empty_state";
import { ErrorNotice } from "../ui/error_notice";
import { Loading } from "../ui/loading";
import { EventTable } from "./event_table";

/** Everything that happened to one case, views included, newest first. */
export function CaseTimeline({ caseId }: { caseId: string }) {
  const { t } = useTranslation("screen");
  const events = useCaseAudit(caseId);
  return (
    <Box p="sm">
      <ErrorNotice error={events.error} onRetry={() => void events.refetch()} />
      {events.isPending && <Loading />}
      {events.data && events.data.length > 0 && <EventTable events={events.data} withCase={false} />}
      {events.data?.length === 0 && <EmptyState title={t("audit.empty")} />}
    </Box>
  );
}
