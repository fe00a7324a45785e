import { Button, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFindings, useReleaseFinding, type FixityFinding } from "../api/storage";
import { dateTime } from "../i18n/format";
import { useSession } from "../session/session";
import { ErrorNotice } from "../ui/error_notice";
import { notifyDone } from "../ui/notices";
import { Tag } from "../ui/tag";
import { StorageSection } from "./storage_section";

function FindingRow({ finding }: { finding: FixityFinding }) {
  const { t } = useTranslation("screen");
  const { can } = useSession();
  const release = useReleaseFinding();
  const open = finding.status === "open";
  const outcome =
    finding.repaired_from === null
      ? t("storage.not_repaired")
      : t("storage.repaired_from", { place: t(`storage.place.${finding.repaired_from}`) });
  return (
    <Table.Tr>
      <Table.Td>
        <Tag tone={open ? "danger" : "done"}>{t(`storage.finding_of.${finding.status}`)}</Tag>
      </Table.Td>
      <Table.Td>
        <Text size="sm">
          {t(`storage.kind.${finding.kind}`, { place: t(`storage.place.${finding.place}`) })}
          {t("punctuation.list")}
          {outcome}
        </Text>
        <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {finding.digest}
        </Text>
      </Table.Td>
      <Table.Td>{dateTime(finding.found_at)}</Table.Td>
      <Table.Td>
        {!open && finding.set_aside && can("storage.manage") && (
          <Button
            size="compact-xs"
            variant="default"
            loading={release.isPending}
            aria-label={t("storage.release_of", { digest: finding.digest.slice(0, 8) })}
            onClick={() => release.mutate(finding.id, { onSuccess: () => notifyDone(t("storage.released")) })}
          >
            {t("storage.release")}
          </Button>
        )}
        <ErrorNotice error={release.error} />
      </Table.Td>
    </Table.Tr>
  );
}

/** Damage that is open, and damaged bytes that are kept after a repair. */
export function StorageFindings() {
  const { t } = useTranslation("screen");
  const found = useFindings();
  return (
    <StorageSection title={t("storage.findings")} empty={t("storage.no_findings")} found={found}>
      {(items) => (
        <Table aria-label={t("storage.findings")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("storage.state")}</Table.Th>
              <Table.Th>{t("storage.what")}</Table.Th>
              <Table.Th>{t("storage.found_at")}</Table.Th>
              <Table.Th>
                <span className="visually-hidden">{t("actions.title")}</span>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {items.map((finding) => (
              <FindingRow key={finding.id} finding={finding} />
            ))}
          </Table.Tbody>
        </Table>
      )}
    </StorageSection>
  );
}
