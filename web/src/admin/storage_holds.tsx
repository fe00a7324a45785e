import { Button, Table, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLegalHolds, usePlaceHold, useReleaseHold, type LegalHold } from "../api/storage";
import { dateTime } from "../i18n/format";
import { nameOf, useLanguage } from "../i18n/words";
import { useSession } from "../session/session";
import { notifyDone } from "../ui/notices";
import { ReasonDialog } from "./storage_reason";
import { StorageSection } from "./storage_section";

function PlaceDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("screen");
  const place = usePlaceHold();
  return (
    <ReasonDialog
      title={t("storage.place_hold")}
      what={t("storage.hold_what")}
      submit={t("storage.place_hold")}
      asksForCase
      error={place.error}
      pending={place.isPending}
      onClose={onClose}
      onSubmit={(reason, accession_number) =>
        place.mutate(
          { reason, accession_number },
          {
            onSuccess: () => {
              notifyDone(t("storage.hold_placed"));
              onClose();
            },
          },
        )
      }
    />
  );
}

function ReleaseDialog({ hold, onClose }: { hold: LegalHold; onClose: () => void }) {
  const { t } = useTranslation("screen");
  const release = useReleaseHold();
  return (
    <ReasonDialog
      title={t("storage.release_hold_of", { number: hold.accession_number ?? hold.slide_label ?? "" })}
      what={t("storage.release_hold_what")}
      submit={t("storage.release_hold")}
      error={release.error}
      pending={release.isPending}
      onClose={onClose}
      onSubmit={(reason) =>
        release.mutate(
          { id: hold.id, reason },
          {
            onSuccess: () => {
              notifyDone(t("storage.hold_released"));
              onClose();
            },
          },
        )
      }
    />
  );
}

/** What must not be removed, by whose word and why. */
export function StorageHolds() {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const { can } = useSession();
  const found = useLegalHolds();
  const [placing, setPlacing] = useState(false);
  const [releasing, setReleasing] = useState<LegalHold | null>(null);
  const button = can("storage.hold") && (
    <Button size="compact-sm" variant="default" onClick={() => setPlacing(true)}>
      {t("storage.place_hold")}
    </Button>
  );
  return (
    <>
      <StorageSection title={t("storage.holds")} empty={t("storage.no_holds")} found={found} action={button}>
        {(items) => (
          <Table aria-label={t("storage.holds")}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("storage.held")}</Table.Th>
                <Table.Th>{t("storage.reason")}</Table.Th>
                <Table.Th>{t("storage.made_by")}</Table.Th>
                <Table.Th>
                  <span className="visually-hidden">{t("actions.title")}</span>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((hold) => (
                <Table.Tr key={hold.id}>
                  <Table.Td>
                    <Text size="sm">{hold.accession_number ?? t("storage.no_case")}</Text>
                    <Text size="xs" c="dimmed">
                      {hold.slide_label === null
                        ? t("storage.whole_case")
                        : t("storage.one_slide", { label: hold.slide_label })}
                    </Text>
                  </Table.Td>
                  <Table.Td>{hold.reason}</Table.Td>
                  <Table.Td>
                    {nameOf(hold.placed_by, language)} {dateTime(hold.placed_at)}
                  </Table.Td>
                  <Table.Td>
                    {can("storage.hold") && (
                      <Button
                        size="compact-xs"
                        variant="default"
                        aria-label={t("storage.release_hold_of", {
                          number: hold.accession_number ?? hold.slide_label ?? "",
                        })}
                        onClick={() => setReleasing(hold)}
                      >
                        {t("storage.release_hold")}
                      </Button>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </StorageSection>
      {placing && <PlaceDialog onClose={() => setPlacing(false)} />}
      {releasing !== null && <ReleaseDialog hold={releasing} onClose={() => setReleasing(null)} />}
    </>
  );
}
