import { Button, Checkbox, Table } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useExpiredSlides, useRemoveSlides } from "../api/storage";
import { date, fileSize, number } from "../i18n/format";
import { useLanguage } from "../i18n/words";
import { useSession } from "../session/session";
import { notifyDone } from "../ui/notices";
import { ReasonDialog } from "./storage_reason";
import { StorageSection } from "./storage_section";

/** Slides whose time of keeping is over: looked at, chosen, and removed with a reason. */
export function StorageExpired() {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const { can } = useSession();
  const found = useExpiredSlides();
  const remove = useRemoveSlides();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [asking, setAsking] = useState(false);
  const listed = found.data?.filter((slide) => chosen.includes(slide.slide_id)) ?? [];
  const n = number(listed.length, language);
  const toggle = (id: string): void =>
    setChosen((before) => (before.includes(id) ? before.filter((other) => other !== id) : [...before, id]));
  const button = can("storage.remove") && (found.data?.length ?? 0) > 0 && (
    <Button
      size="compact-sm"
      color="red"
      variant="light"
      disabled={listed.length === 0}
      onClick={() => setAsking(true)}
    >
      {t("storage.remove", { n })}
    </Button>
  );
  return (
    <>
      <StorageSection title={t("storage.expired")} empty={t("storage.no_expired")} found={found} action={button}>
        {(items) => (
          <Table aria-label={t("storage.expired")}>
            <Table.Thead>
              <Table.Tr>
                {can("storage.remove") && (
                  <Table.Th>
                    <span className="visually-hidden">{t("storage.choose")}</span>
                  </Table.Th>
                )}
                <Table.Th>{t("storage.slide")}</Table.Th>
                <Table.Th>{t("storage.size")}</Table.Th>
                <Table.Th>{t("storage.until")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((slide) => {
                const name = t("storage.slide_of", { number: slide.accession_number, label: slide.slide_label });
                return (
                  <Table.Tr key={slide.slide_id}>
                    {can("storage.remove") && (
                      <Table.Td>
                        <Checkbox
                          size="xs"
                          aria-label={t("storage.choose_of", { slide: name })}
                          checked={chosen.includes(slide.slide_id)}
                          onChange={() => toggle(slide.slide_id)}
                        />
                      </Table.Td>
                    )}
                    <Table.Td>{name}</Table.Td>
                    <Table.Td>{fileSize(slide.size_bytes, language)}</Table.Td>
                    <Table.Td>{date(slide.until)}</Table.Td>
                  </Table.Tr>
                );
              })}
            </Table.Tbody>
          </Table>
        )}
      </StorageSection>
      {asking && (
        <ReasonDialog
          title={t("storage.remove", { n })}
          what={t("storage.remove_what")}
          submit={t("storage.remove", { n })}
          dangerous
          error={remove.error}
          pending={remove.isPending}
          onClose={() => setAsking(false)}
          onSubmit={(reason) =>
            remove.mutate(
              { slide_ids: listed.map(({ slide_id }) => slide_id), reason },
              {
                onSuccess: () => {
                  notifyDone(t("storage.removed"));
                  setChosen([]);
                  setAsking(false);
                },
              },
            )
          }
        />
      )}
    </>
  );
}
