import { Group, SegmentedControl, Select, TextInput, UnstyledButton } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useState, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { CASE_STATUSES, PRIORITIES, type CaseList } from "../api/cases";
import { useWord } from "../i18n/words";
import { ASSIGNED, countOf, type Filters, type Scope } from "./filters";
import classes from "./worklist.module.css";

interface Props {
  filters: Filters;
  counts: CaseList["counts"] | undefined;
  searchField: RefObject<HTMLInputElement | null>;
  onChange: (filters: Filters) => void;
}

const SCOPES: readonly Scope[] = ["open", ...CASE_STATUSES, "all"];
const TYPING_PAUSE_MS = 300;

/** The statuses with their counts; one that holds nothing is shown dimmed, so that the row does not jump. */
export function ScopeTabs({ filters, counts, onChange }: Omit<Props, "searchField">) {
  const { t } = useTranslation("screen");
  const word = useWord();
  const name = (scope: Scope): string =>
    scope === "open" || scope === "all" ? t(`worklist.scope.${scope}`) : word("case_status", scope);
  return (
    <Group gap={2} role="group" aria-label={t("worklist.by_status")} className={classes["scopes"] ?? ""}>
      {SCOPES.map((scope) => (
        <UnstyledButton
          key={scope}
          className={classes["scope"] ?? ""}
          aria-pressed={filters.scope === scope}
          data-empty={counts !== undefined && countOf(scope, counts) === 0}
          onClick={() => onChange({ ...filters, scope })}
        >
          {name(scope)}
          {counts !== undefined && <span className={classes["count"] ?? ""}>{countOf(scope, counts)}</span>}
        </UnstyledButton>
      ))}
    </Group>
  );
}

function SearchField({ filters, searchField, onChange }: Omit<Props, "counts">) {
  const { t } = useTranslation("screen");
  const [text, setText] = useState(filters.text);
  useEffect(() => {
    if (text === filters.text) return;
    const timer = window.setTimeout(() => onChange({ ...filters, text }), TYPING_PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [text, filters, onChange]);
  return (
    <TextInput
      ref={searchField}
      w={300}
      size="xs"
      type="search"
      aria-label={t("worklist.search")}
      placeholder={t("worklist.search_hint")}
      leftSection={<IconSearch size={15} aria-hidden />}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Escape") event.currentTarget.blur();
      }}
    />
  );
}

export function FilterBar({ filters, searchField, onChange }: Omit<Props, "counts">) {
  const { t } = useTranslation("screen");
  const word = useWord();
  return (
    <Group gap="xs">
      <SegmentedControl
        size="xs"
        aria-label={t("worklist.by_assignment")}
        data={ASSIGNED.map((value) => ({ value, label: t(`worklist.assigned.${value}`) }))}
        value={filters.assigned}
        onChange={(value) => {
          const assigned = ASSIGNED.find((known) => known === value);
          if (assigned !== undefined) onChange({ ...filters, assigned });
        }}
      />
      <Select
        size="xs"
        w={150}
        aria-label={t("worklist.by_priority")}
        placeholder={t("worklist.any_priority")}
        clearable
        clearButtonProps={{ "aria-label": t("worklist.any_priority") }}
        data={PRIORITIES.map((value) => ({ value, label: word("priority", value) }))}
        value={filters.priority}
        onChange={(value) => onChange({ ...filters, priority: PRIORITIES.find((known) => known === value) ?? null })}
      />
      <SearchField filters={filters} searchField={searchField} onChange={onChange} />
    </Group>
  );
}
