import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { useWorklist, type CaseSummary } from "../api/cases";
import { pick, useLanguage } from "../i18n/words";

interface Props {
  field: RefObject<HTMLInputElement | null>;
  onChoose: (id: string) => void;
}

/** Find a case by its number or its patient. */
export function CaseSearch({ field, onChoose }: Props) {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const [text, setText] = useState("");
  const [asked] = useDebouncedValue(text.trim(), 250);
  const found = useWorklist({
    ...(asked === "" ? {} : { q: asked }),
    sort: "received_at",
    descending: true,
    limit: 20,
  });
  // Only what was found for the words that stand there now: Enter must never choose from an older list.
  const current = asked === text.trim() && !found.isPlaceholderData;
  const cases = current ? (found.data?.pages[0]?.items ?? []) : [];
  const name = (of: CaseSummary): string =>
    t("reconcile.case_option", {
      accession: of.accession_number,
      patient: pick(of.patient.name, of.patient.name_en, language),
      number: of.patient.patient_number,
    });
  return (
    <Select
      ref={field}
      size="xs"
      aria-label={t("reconcile.search")}
      placeholder={t("reconcile.search")}
      searchable
      nothingFoundMessage={current && found.isSuccess ? t("reconcile.no_case") : undefined}
      // The server searches; what it found is shown as it is.
      filter={({ options }) => options}
      data={cases.map((of) => ({ value: of.id, label: name(of) }))}
      value={null}
      searchValue={text}
      onSearchChange={setText}
      onChange={(id) => {
        if (id === null) return;
        setText("");
        onChoose(id);
        // The keys of the page work again.
        field.current?.blur();
      }}
    />
  );
}
