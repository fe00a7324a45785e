import { Code, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { AuditEvent } from "../api/audit";
import { dateTime } from "../i18n/format";
import { nameOf, useLanguage } from "../i18n/words";
import { useSession } from "../session/session";
import { Tag } from "../ui/tag";
import { OUTCOME_TONES } from "../ui/tones";
import { useActionWords, useDetails } from "./event_words";

/** Events of the audit trail; `withCase` where they belong to several cases. */
export function EventTable({ events, withCase }: { events: readonly AuditEvent[]; withCase: boolean }) {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const words = useActionWords();
  const details = useDetails();
  const { can } = useSession();
  return (
    <Table stickyHeader aria-label={t("audit.title")}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t("audit.columns.number")}</Table.Th>
          <Table.Th>{t("audit.columns.at")}</Table.Th>
          <Table.Th>{t("audit.columns.person")}</Table.Th>
          <Table.Th>{t("audit.columns.action")}</Table.Th>
          {withCase && <Table.Th>{t("audit.columns.case")}</Table.Th>}
          <Table.Th>{t("audit.columns.outcome")}</Table.Th>
          <Table.Th>{t("audit.columns.detail")}</Table.Th>
          <Table.Th>{t("audit.columns.hash")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {events.map((event) => (
          <Table.Tr key={event.number}>
            <Table.Td>{event.number}</Table.Td>
            <Table.Td style={{ whiteSpace: "nowrap" }}>{dateTime(event.at)}</Table.Td>
            <Table.Td>{event.person === null ? t("audit.system") : nameOf(event.person, language)}</Table.Td>
            <Table.Td>{words(event.action)}</Table.Td>
            {withCase && (
              <Table.Td>
                {event.case_id !== null && can("case.read") ? (
                  <Link to={`/cases/${event.case_id}`}>{event.accession_number ?? t("audit.columns.case")}</Link>
                ) : (
                  (event.accession_number ?? "")
                )}
              </Table.Td>
            )}
            <Table.Td>
              <Tag tone={OUTCOME_TONES[event.outcome]}>{t(`audit.outcome.${event.outcome}`)}</Tag>
            </Table.Td>
            <Table.Td>
              <Text size="xs" c="dimmed" maw={360} style={{ overflowWrap: "anywhere" }}>
                {details(event.detail)}
              </Text>
            </Table.Td>
            <Table.Td>
              <Code title={event.hash}>{event.hash.slice(0, 12)}</Code>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
