import { Alert, Table, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { durationText } from "./reading_progress";
import { mm2 } from "../annotations/area_text";
import type { Reading, ReadingResult } from "../api/readings";
import { dateTime, number } from "../i18n/format";
import { nameOf, useLanguage } from "../i18n/words";

/** Reasons why there is no number, and what to mind about one, in words. */
export function ResultNotes({ result }: { result: ReadingResult }) {
  const { t } = useTranslation("viewer");
  return (
    <>
      <Codes codes={result.reasons} colour="red" title={t("result.reasons")} />
      <Codes codes={result.flags} colour="yellow" title={t("result.flags")} />
    </>
  );
}

function Codes({ codes, colour, title }: { codes: readonly string[]; colour: string; title: string }) {
  const { t } = useTranslation("viewer");
  if (codes.length === 0) return null;
  return (
    <Alert
      color={colour}
      variant="light"
      p="xs"
      icon={<IconAlertTriangle size={18} aria-hidden />}
      title={title}
      styles={{ title: { color: "var(--mantine-color-text)" } }}
    >
      {codes.map((code) => (
        <Text key={code} size="sm" data-code={code}>
          {t(`reports:flags.${code}`, { defaultValue: code })}
        </Text>
      ))}
    </Alert>
  );
}

/** How the number came about. */
export function Provenance({ reading, result }: { reading: Reading; result: ReadingResult }) {
  const { t } = useTranslation("viewer");
  const language = useLanguage();
  const rows: [string, string][] = [
    ...(result.method === null
      ? []
      : [
          [t("result.method"), t(`reports:method.${result.method}`, { defaultValue: result.method })] as [
            string,
            string,
          ],
        ]),
    ...(result.area_mm2 === null
      ? []
      : [[t("result.area"), `${mm2(result.area_mm2, language)} mm²`] as [string, string]]),
    ...(result.spacing_um === null
      ? []
      : [[t("result.spacing"), `${number(result.spacing_um, language, 3)} µm/px`] as [string, string]]),
    [t("result.algorithm"), `${reading.algorithm} ${reading.algorithm_version}`],
    [t("result.profile"), `${result.profile} ${result.profile_version}`],
    [t("result.requested"), `${nameOf(reading.requested_by, language)} · ${dateTime(reading.requested_at)}`],
    ...(reading.seconds === null ? [] : [[t("result.seconds"), durationText(reading.seconds)] as [string, string]]),
  ];
  return (
    <Table fz="xs" verticalSpacing={2} horizontalSpacing={4} aria-label={t("result.provenance")}>
      <Table.Tbody>
        {rows.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th fw={500} w={92}>
              {name}
            </Table.Th>
            <Table.Td style={{ overflowWrap: "anywhere" }}>{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
