import { Accordion, Button, NumberInput, Radio, Select, Stack, Switch, Text, TextInput } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { changedParameters, parameterFields } from "./parameters";
import type { ParameterField } from "./parameters";
import { areaText } from "../annotations/area_text";
import type { SavedRegion } from "../annotations/region_list";
import { useStartReading } from "../api/readings";
import type { Algorithm, Area, Reading } from "../api/readings";
import type { SlideDetail } from "../api/slides";
import { useLanguage, useWord } from "../i18n/words";
import { ErrorNotice } from "../ui/error_notice";
import { ALARM } from "../viewer/colours";

interface Props {
  slide: SlideDetail;
  algorithms: readonly Algorithm[];
  regions: readonly SavedRegion[];
  /** The region chosen in the list; null for the whole slide. */
  selected: string | null;
  onSelect: (id: string | null) => void;
  onStarted: (reading: Reading) => void;
}

const WHOLE = "";

/** Start a reading: marker, region, parameters. Only what an installed algorithm can read is offered. */
export function StartForm({ slide, algorithms, regions, selected, onSelect, onStarted }: Props) {
  const { t } = useTranslation("viewer");
  const word = useWord();
  const language = useLanguage();
  const start = useStartReading(slide.id);
  const [chosen, setChosen] = useState<string | null>(null);
  const [values, setValues] = useState<Record<string, unknown>>({});
  const preferred = algorithms.find((algorithm) => algorithm.marker === slide.marker) ?? algorithms[0];
  const algorithm = algorithms.find((candidate) => keyOf(candidate) === chosen) ?? preferred;
  if (algorithm === undefined)
    return (
      <Text size="sm" c="dimmed">
        {t("start.no_algorithm")}
      </Text>
    );

  if (slide.stain === "fluorescence" || slide.channels.length > 0)
    return (
      <Text size="sm" c="dimmed">
        {t("start.fluorescence")}
      </Text>
    );

  const fields = parameterFields(algorithm.parameters_schema);
  const region = regions.find((candidate) => candidate.annotation.id === selected) ?? null;
  const spacing = { x: slide.spacing_um_x, y: slide.spacing_um_y };
  const submit = (): void => {
    start.mutate(
      {
        marker: algorithm.marker,
        algorithm: algorithm.name,
        region: region === null ? null : (region.annotation.geometry as Area),
        parameters: changedParameters(fields, values),
      },
      { onSuccess: onStarted },
    );
  };
  return (
    <Stack
      gap="xs"
      component="form"
      aria-label={t("start.title")}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Select
        label={t("start.marker")}
        data={algorithms.map((candidate) => ({
          value: keyOf(candidate),
          label: `${word("marker", candidate.marker)} · ${candidate.name} ${candidate.version}`,
        }))}
        value={keyOf(algorithm)}
        allowDeselect={false}
        onChange={setChosen}
      />
      {slide.status !== "unmatched" && slide.marker !== algorithm.marker && (
        <Text size="xs" c={ALARM} role="note">
          {t("start.other_marker", {
            slide: slide.marker === null ? word("stain", slide.stain) : word("marker", slide.marker),
            marker: word("marker", algorithm.marker),
          })}
        </Text>
      )}
      <Radio.Group
        label={t("start.where")}
        value={region?.annotation.id ?? WHOLE}
        onChange={(value) => onSelect(value === WHOLE ? null : value)}
      >
        <Stack gap={4} mt={4}>
          <Radio value={WHOLE} label={t("start.whole")} />
          {regions.map((candidate) => (
            <Radio
              key={candidate.annotation.id}
              value={candidate.annotation.id}
              label={`${candidate.name} · ${areaText(candidate.geometry, spacing, t("regions.area_unknown"), language)}`}
            />
          ))}
        </Stack>
      </Radio.Group>
      {fields.length > 0 && (
        <Accordion variant="contained" chevronPosition="left">
          <Accordion.Item value="parameters">
            <Accordion.Control>
              <Text size="xs">{t("start.advanced")}</Text>
            </Accordion.Control>
            <Accordion.Panel>
              <Stack gap="xs">
                {fields.map((field) => (
                  <ParameterInput
                    key={field.name}
                    field={field}
                    value={values[field.name] ?? field.initial}
                    onChange={(value) => setValues({ ...values, [field.name]: value })}
                  />
                ))}
              </Stack>
            </Accordion.Panel>
          </Accordion.Item>
        </Accordion>
      )}
      <ErrorNotice error={start.error} />
      <Button
        type="submit"
        loading={start.isPending}
        disabled={slide.spacing_um_x === null}
        leftSection={<IconPlayerPlay size={16} aria-hidden />}
      >
        {t("start.go")}
      </Button>
      {slide.spacing_um_x === null && (
        <Text size="xs" c={ALARM} role="note">
          {t("start.no_spacing")}
        </Text>
      )}
    </Stack>
  );
}

function keyOf(algorithm: Algorithm): string {
  return `${algorithm.name} ${algorithm.version} ${algorithm.marker}`;
}

function ParameterInput({
  field,
  value,
  onChange,
}: {
  field: ParameterField;
  value: unknown;
  onChange: (value: unknown) => void;
}) {
  const { t } = useTranslation("viewer");
  const label = t(`parameters.${field.name}`, { defaultValue: field.title });
  const description = t(`parameters.${field.name}_help`, { defaultValue: field.description });
  switch (field.kind) {
    case "number":
      return (
        <NumberInput
          size="xs"
          label={label}
          description={description}
          value={typeof value === "number" ? value : ""}
          allowDecimal={!field.whole}
          {...(field.least === undefined ? {} : { min: field.least })}
          {...(field.most === undefined ? {} : { max: field.most })}
          onChange={onChange}
        />
      );
    case "choice":
      return (
        <Select
          size="xs"
          label={label}
          description={description}
          data={[...field.choices]}
          value={typeof value === "string" ? value : null}
          allowDeselect={false}
          onChange={onChange}
        />
      );
    case "switch":
      return (
        <Switch
          size="xs"
          label={label}
          description={description}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "text":
      return (
        <TextInput
          size="xs"
          label={label}
          description={description}
          value={typeof value === "string" ? value : ""}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}
