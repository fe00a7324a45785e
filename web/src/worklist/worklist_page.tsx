import { Box, Button, Center, Group, Text, Title } from "@mantine/core";
import { useCallback, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";
import { useWorklist } from "../api/cases";
import { useSession } from "../session/session";
import { EmptyState } from "../ui/empty_state";
import { ErrorNotice } from "../ui/error_notice";
import { useShortcuts } from "../ui/keyboard";
import { Loading } from "../ui/loading";
import { usePageTitle } from "../ui/page_title";
import { CaseTable } from "./case_table";
import { FilterBar, ScopeTabs } from "./filter_bar";
import { DEFAULTS, readFilters, sortedBy, toQuery, writeFilters, type Filters } from "./filters";
import classes from "./worklist.module.css";

export default function WorklistPage() {
  const { t } = useTranslation("screen");
  const { can } = useSession();
  const navigate = useNavigate();
  const [search, setSearch] = useSearchParams();
  const filters = useMemo(() => readFilters(search), [search]);
  const worklist = useWorklist(toQuery(filters));
  const searchField = useRef<HTMLInputElement>(null);
  const [wanted, setWanted] = useState(0);
  usePageTitle(t("worklist.title"));

  const change = useCallback(
    (next: Filters) => {
      setWanted(0);
      setSearch(writeFilters(next), { replace: true });
    },
    [setSearch],
  );

  const pages = worklist.data?.pages ?? [];
  const cases = pages.flatMap((page) => page.items);
  const first = pages[0];
  const current = Math.min(wanted, cases.length - 1);

  const open = (id: string | undefined): void => {
    if (id !== undefined) void navigate(`/cases/${id}`);
  };
  const step = (by: number): void => {
    const next = Math.max(0, Math.min(current + by, cases.length - 1));
    setWanted(next);
    if (by > 0 && next >= cases.length - 5 && worklist.hasNextPage && !worklist.isFetchingNextPage) {
      void worklist.fetchNextPage();
    }
  };
  useShortcuts([
    { key: "j", words: t("worklist.keys.next"), action: () => step(1) },
    { key: "k", words: t("worklist.keys.previous"), action: () => step(-1) },
    { key: "Enter", words: t("worklist.keys.open"), action: () => open(cases[current]?.id) },
    { key: "/", words: t("worklist.keys.search"), action: () => searchField.current?.focus() },
    { key: "m", words: t("worklist.keys.mine"), action: () => change({ ...filters, assigned: "me" }) },
    { key: "a", words: t("worklist.keys.all"), action: () => change({ ...filters, assigned: "any" }) },
  ]);

  return (
    <Box className={classes["page"] ?? ""}>
      <Group justify="space-between" px="sm" pt="xs" pb={6}>
        <Group gap="md" align="baseline">
          <Title order={1} size="h4">
            {t("worklist.title")}
          </Title>
          {first && (
            <Text size="sm" c="dimmed" role="status">
              {t("worklist.total", { n: first.total })}
            </Text>
          )}
        </Group>
        <FilterBar filters={filters} searchField={searchField} onChange={change} />
      </Group>
      <Box px="sm">
        <ScopeTabs filters={filters} counts={first?.counts} onChange={change} />
      </Box>
      <Box className={classes["scroll"] ?? ""}>
        <ErrorNotice error={worklist.error} onRetry={() => void worklist.refetch()} />
        {worklist.isPending && <Loading />}
        {cases.length > 0 && (
          <CaseTable
            cases={cases}
            filters={filters}
            current={current}
            onSort={(sort) => change(sortedBy(filters, sort))}
            onOpen={(of) => open(of.id)}
          />
        )}
        {first && cases.length === 0 && (
          <EmptyState title={t("worklist.empty")}>
            <Text size="sm">{t(can("case.register") ? "worklist.empty_register" : "worklist.empty_hint")}</Text>
            <Button mt="sm" size="compact-sm" variant="default" onClick={() => change(DEFAULTS)}>
              {t("worklist.reset")}
            </Button>
          </EmptyState>
        )}
        {worklist.hasNextPage && (
          <Center py="sm">
            <Button
              variant="default"
              size="compact-sm"
              loading={worklist.isFetchingNextPage}
              onClick={() => void worklist.fetchNextPage()}
            >
              {t("actions.more")}
            </Button>
          </Center>
        )}
      </Box>
    </Box>
  );
}
