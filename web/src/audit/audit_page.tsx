import { Box, Button, Center, Group, Select, Title } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useAudit } from "../api/audit";
import { usePeople } from "../api/people";
import { nameOf, useLanguage } from "../i18n/words";
import { useSession } from "../session/session";
import { DateField } from "../ui/date_field";
import { readDay } from "../ui/date_text";
import { EmptyState } from "../ui/empty_state";
import { ErrorNotice } from "../ui/error_notice";
import { Loading } from "../ui/loading";
import { usePageTitle } from "../ui/page_title";
import { ACTIONS } from "./actions";
import { EventTable } from "./event_table";
import { useActionWords } from "./event_words";
import { readAuditFilters, toAuditQuery, writeAuditFilters, type AuditFilters } from "./filters";

function FilterRow({ filters, onChange }: { filters: AuditFilters; onChange: (filters: AuditFilters) => void }) {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const words = useActionWords();
  const { can } = useSession();
  const people = usePeople(can("people.read"));
  return (
    <Group gap="xs" align="end">
      {can("people.read") && (
        <Select
          size="xs"
          w={180}
          label={t("audit.columns.person")}
          placeholder={t("audit.anybody")}
          searchable
          clearable
          clearButtonProps={{ "aria-label": t("audit.anybody") }}
          data={(people.data ?? []).map((person) => ({ value: person.id, label: nameOf(person, language) }))}
          value={filters.personId}
          onChange={(personId) => onChange({ ...filters, personId })}
        />
      )}
      <Select
        size="xs"
        w={200}
        label={t("audit.columns.action")}
        placeholder={t("audit.any_action")}
        searchable
        clearable
        clearButtonProps={{ "aria-label": t("audit.any_action") }}
        data={ACTIONS.map((value) => ({ value, label: words(value) }))}
        value={filters.action}
        onChange={(action) => onChange({ ...filters, action })}
      />
      <DateField
        label={t("audit.from")}
        value={filters.from ?? ""}
        onChange={(text) => onChange({ ...filters, from: readDay(text) })}
      />
      <DateField
        label={t("audit.to")}
        value={filters.to ?? ""}
        onChange={(text) => onChange({ ...filters, to: readDay(text) })}
      />
      {filters.caseId !== null && (
        <Button size="xs" variant="default" onClick={() => onChange({ ...filters, caseId: null })}>
          {t("audit.all_cases")}
        </Button>
      )}
    </Group>
  );
}

export default function AuditPage() {
  const { t } = useTranslation("screen");
  const [search, setSearch] = useSearchParams();
  const filters = useMemo(() => readAuditFilters(search), [search]);
  const trail = useAudit(toAuditQuery(filters));
  usePageTitle(t("audit.title"));
  const events = (trail.data?.pages ?? []).flatMap((page) => page.items);
  return (
    <Box p="sm">
      <Group justify="space-between" align="end" mb="xs">
        <Title order={1} size="h4">
          {t("audit.title")}
        </Title>
        <FilterRow filters={filters} onChange={(next) => setSearch(writeAuditFilters(next), { replace: true })} />
      </Group>
      <ErrorNotice error={trail.error} onRetry={() => void trail.refetch()} />
      {trail.isPending && <Loading />}
      {events.length > 0 && <EventTable events={events} withCase />}
      {trail.data && events.length === 0 && <EmptyState title={t("audit.empty")} />}
      {trail.hasNextPage && (
        <Center py="sm">
          <Button
            variant="default"
            size="compact-sm"
            loading={trail.isFetchingNextPage}
            onClick={() => void trail.fetchNextPage()}
          >
            {t("actions.more")}
          </Button>
        </Center>
      )}
    </Box>
  );
}
