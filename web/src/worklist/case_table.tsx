import { Group, Table, Text, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconChevronUp } from "@tabler/icons-react";
import { useEffect, useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { CaseSummary } from "../api/cases";
import { inClinicalOrder } from "../api/slides";
import { dateTime } from "../i18n/format";
import { nameOf, pick, useLanguage, useWord } from "../i18n/words";
import { useAge } from "../ui/age";
import { Tag } from "../ui/tag";
import { CASE_TONES, PRIORITY_TONES } from "../ui/tones";
import { CLOSED, type Filters, type Sort } from "./filters";
import { haste, useNow, useSpan } from "./waiting";
import classes from "./worklist.module.css";

interface TableProps {
  cases: readonly CaseSummary[];
  filters: Filters;
  current: number;
  onSort: (sort: Sort) => void;
  onOpen: (of: CaseSummary) => void;
}

interface HeadProps extends Pick<TableProps, "filters" | "onSort"> {
  sort: Sort;
  className?: string;
  children: ReactNode;
}

function Head({ sort, filters, onSort, className = "", children }: HeadProps) {
  const active = filters.sort === sort;
  const Arrow = filters.descending ? IconChevronDown : IconChevronUp;
  return (
    <Table.Th className={className} aria-sort={active ? (filters.descending ? "descending" : "ascending") : "none"}>
      <UnstyledButton className={classes["sort"] ?? ""} onClick={() => onSort(sort)}>
        {children}
        {active && <Arrow size={14} aria-hidden />}
      </UnstyledButton>
    </Table.Th>
  );
}

function Slides({ of }: { of: CaseSummary }) {
  const { t } = useTranslation("screen");
  const missing = of.slides_ready < of.slides_total;
  return (
    <Text span size="sm" className={classes["slides"] ?? ""} data-missing={missing || undefined}>
      <span aria-hidden>{t("worklist.slides_of", { ready: of.slides_ready, total: of.slides_total })}</span>
      <span className="visually-hidden">
        {t("worklist.slides_spoken", { ready: of.slides_ready, total: of.slides_total })}
      </span>
    </Text>
  );
}

function Readings({ of }: { of: CaseSummary }) {
  const { t } = useTranslation("screen");
  return (
    <Group gap={4} wrap="nowrap">
      {of.readings_running > 0 && (
        <Tag tone="working">{t("worklist.readings_running", { n: of.readings_running })}</Tag>
      )}
      {of.readings_pending > 0 && <Tag tone="wanted">{t("worklist.readings_pending", { n: of.readings_pending })}</Tag>}
    </Group>
  );
}

function Waiting({ of, now }: { of: CaseSummary; now: Date }) {
  const span = useSpan();
  if (CLOSED.includes(of.status)) return null;
  const state = haste(of, now);
  return (
    <Text span size="sm" className={classes["waiting"] ?? ""} data-haste={state}>
      {span(of.received_at, now)}
    </Text>
  );
}

function Row({
  of,
  current,
  now,
  onOpen,
}: {
  of: CaseSummary;
  current: boolean;
  now: Date;
  onOpen: TableProps["onOpen"];
}) {
  const { t } = useTranslation("screen");
  const word = useWord();
  const language = useLanguage();
  const age = useAge();
  const row = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (current) row.current?.scrollIntoView({ block: "nearest" });
  }, [current]);
  const { patient } = of;
  return (
    <Table.Tr
      ref={row}
      className={classes["row"] ?? ""}
      data-current={current || undefined}
      data-priority={of.priority}
      onClick={(event) => {
        if (!(event.target instanceof HTMLAnchorElement)) onOpen(of);
      }}
    >
      <Table.Td>
        <Link to={`/cases/${of.id}`} className={classes["accession"] ?? ""}>
          {of.accession_number}
        </Link>
      </Table.Td>
      <Table.Td>
        <Tag tone={PRIORITY_TONES[of.priority]}>{word("priority", of.priority)}</Tag>
      </Table.Td>
      <Table.Td className={classes["patient"] ?? ""}>
        <Text span fw={500}>
          {pick(patient.name, patient.name_en, language)}
        </Text>
        <Text span size="xs" c="dimmed" ml={8}>
          {[word("sex", patient.sex), age(patient.birth_date, new Date(of.received_at))]
            .filter((part) => part !== "")
            .join(t("punctuation.dot"))}
          <span className={classes["number"] ?? ""}>
            {t("punctuation.dot")}
            {patient.patient_number}
          </span>
        </Text>
      </Table.Td>
      <Table.Td className={classes["site"] ?? ""}>{pick(of.site_zh, of.site_en, language)}</Table.Td>
      <Table.Td>
        <Group gap={4} wrap="nowrap">
          {inClinicalOrder(of.markers).map((marker) => (
            <Tag key={marker} tone="outline">
              {word("marker", marker)}
            </Tag>
          ))}
        </Group>
      </Table.Td>
      <Table.Td>
        <Tag tone={CASE_TONES[of.status]}>{word("case_status", of.status)}</Tag>
      </Table.Td>
      <Table.Td>
        <Slides of={of} />
      </Table.Td>
      <Table.Td>
        <Readings of={of} />
      </Table.Td>
      <Table.Td>{of.assigned_to === null ? "" : nameOf(of.assigned_to, language)}</Table.Td>
      <Table.Td className={classes["received"] ?? ""}>{dateTime(of.received_at)}</Table.Td>
      <Table.Td className={classes["time"] ?? ""}>
        <Waiting of={of} now={now} />
      </Table.Td>
    </Table.Tr>
  );
}

export function CaseTable({ cases, filters, current, onSort, onOpen }: TableProps) {
  const { t } = useTranslation("screen");
  const now = useNow();
  const heads = { filters, onSort };
  return (
    <Table stickyHeader highlightOnHover className={classes["table"] ?? ""} aria-label={t("worklist.title")}>
      <Table.Thead>
        <Table.Tr>
          <Head sort="accession_number" {...heads}>
            {t("worklist.columns.accession_number")}
          </Head>
          <Head sort="priority" {...heads}>
            {t("worklist.columns.priority")}
          </Head>
          <Table.Th>{t("worklist.columns.patient")}</Table.Th>
          <Table.Th>{t("worklist.columns.site")}</Table.Th>
          <Table.Th>{t("worklist.columns.markers")}</Table.Th>
          <Head sort="status" {...heads}>
            {t("worklist.columns.status")}
          </Head>
          <Table.Th>{t("worklist.columns.slides")}</Table.Th>
          <Table.Th>{t("worklist.columns.readings")}</Table.Th>
          <Table.Th>{t("worklist.columns.assigned")}</Table.Th>
          <Head sort="received_at" className={classes["received"] ?? ""} {...heads}>
            {t("worklist.columns.received")}
          </Head>
          <Table.Th>{t("worklist.columns.waiting")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {cases.map((of, index) => (
          <Row key={of.id} of={of} current={index === current} now={now} onOpen={onOpen} />
        ))}
      </Table.Tbody>
    </Table>
  );
}
