import {
  ActionIcon,
  Button,
  Group,
  Paper,
  Select,
  Stack,
  Table,
  Text,
  TextInput,
  Textarea,
  Title,
} from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { CONTROL_STATUSES, MARKERS, STAINS } from "../api/slides";
import { useWord } from "../i18n/words";
import { newBlock, newSlide, nextNumber, type BlockForm, type SlideForm, type SpecimenForm } from "./registration";
import { useProcedures, useSites } from "./choices";

/** Says what is wrong with the field at this path, in words, or undefined. */
export type ProblemAt = (path: string) => string | undefined;

interface Part<Value> {
  value: Value;
  path: string;
  problemAt: ProblemAt;
  onChange: (value: Value) => void;
  onRemove: (() => void) | null;
}

function replaced<Item>(items: readonly Item[], index: number, item: Item): Item[] {
  return items.map((other, position) => (position === index ? item : other));
}

function without<Item>(items: readonly Item[], index: number): Item[] {
  return items.filter((_, position) => position !== index);
}

function SlideRow({ value: slide, path, problemAt, onChange, onRemove }: Part<SlideForm>) {
  const { t } = useTranslation("screen");
  const word = useWord();
  const stained = slide.stain === "ihc-dab";
  return (
    <Table.Tr>
      <Table.Td w={80}>
        <TextInput
          size="xs"
          aria-label={t("register.slide_label")}
          value={slide.label}
          error={problemAt(`${path}.label`)}
          onChange={(event) => onChange({ ...slide, label: event.currentTarget.value })}
        />
      </Table.Td>
      <Table.Td w={150}>
        <Select
          size="xs"
          aria-label={t("register.stain")}
          allowDeselect={false}
          data={STAINS.map((value) => ({ value, label: word("stain", value) }))}
          value={slide.stain}
          onChange={(value) => {
            const stain = STAINS.find((known) => known === value);
            if (stain !== undefined) onChange({ ...slide, stain });
          }}
        />
      </Table.Td>
      <Table.Td w={120}>
        <Select
          size="xs"
          aria-label={t("register.marker")}
          clearable
          clearButtonProps={{ "aria-label": t("register.no_marker") }}
          disabled={!stained}
          data={MARKERS.map((value) => ({ value, label: word("marker", value) }))}
          value={stained ? slide.marker : null}
          onChange={(value) => onChange({ ...slide, marker: MARKERS.find((known) => known === value) ?? null })}
        />
      </Table.Td>
      <Table.Td w={120}>
        <TextInput
          size="xs"
          aria-label={t("register.clone")}
          disabled={!stained}
          value={slide.clone}
          onChange={(event) => onChange({ ...slide, clone: event.currentTarget.value })}
        />
      </Table.Td>
      <Table.Td w={150}>
        <Select
          size="xs"
          aria-label={t("register.control")}
          allowDeselect={false}
          disabled={!stained}
          data={CONTROL_STATUSES.map((value) => ({ value, label: word("control", value) }))}
          value={slide.control_status}
          onChange={(value) =>
            onChange({ ...slide, control_status: CONTROL_STATUSES.find((known) => known === value) ?? "unknown" })
          }
        />
      </Table.Td>
      <Table.Td>
        <TextInput
          size="xs"
          aria-label={t("register.barcode")}
          value={slide.barcode}
          error={problemAt(`${path}.barcode`)}
          onChange={(event) => onChange({ ...slide, barcode: event.currentTarget.value })}
        />
      </Table.Td>
      <Table.Td w={36}>
        {onRemove && (
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t("register.remove_slide", { label: slide.label })}
            onClick={onRemove}
          >
            <IconTrash size={15} />
          </ActionIcon>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

function BlockFields({ value: block, path, problemAt, onChange, onRemove }: Part<BlockForm>) {
  const { t } = useTranslation("screen");
  const word = useWord();
  const add = (marker: SlideForm["marker"]): void =>
    onChange({
      ...block,
      slides: [...block.slides, newSlide(nextNumber(block.slides.map((slide) => slide.label)), marker)],
    });
  return (
    <Stack gap={4}>
      <Group gap="xs" align="end">
        <TextInput
          size="xs"
          w={110}
          label={t("register.block_label")}
          value={block.label}
          error={problemAt(`${path}.label`)}
          onChange={(event) => onChange({ ...block, label: event.currentTarget.value })}
        />
        <Text size="xs" c="dimmed">
          {t("register.add_slide")}
        </Text>
        <Button size="compact-xs" variant="default" onClick={() => add(null)}>
          {word("stain", "he")}
        </Button>
        {MARKERS.map((marker) => (
          <Button key={marker} size="compact-xs" variant="default" onClick={() => add(marker)}>
            {word("marker", marker)}
          </Button>
        ))}
        {onRemove && (
          <Button size="compact-xs" variant="subtle" color="gray" onClick={onRemove}>
            {t("register.remove_block", { label: block.label })}
          </Button>
        )}
      </Group>
      {block.slides.length > 0 && (
        <Table verticalSpacing={2} horizontalSpacing={4} withRowBorders={false}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("register.slide_label")}</Table.Th>
              <Table.Th>{t("register.stain")}</Table.Th>
              <Table.Th>{t("register.marker")}</Table.Th>
              <Table.Th>{t("register.clone")}</Table.Th>
              <Table.Th>{t("register.control")}</Table.Th>
              <Table.Th>{t("register.barcode")}</Table.Th>
              <Table.Th>
                <span className="visually-hidden">{t("actions.title")}</span>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {block.slides.map((slide, index) => (
              <SlideRow
                key={slide.key}
                value={slide}
                path={`${path}.slides.${index}`}
                problemAt={problemAt}
                onChange={(next) => onChange({ ...block, slides: replaced(block.slides, index, next) })}
                onRemove={() => onChange({ ...block, slides: without(block.slides, index) })}
              />
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Stack>
  );
}

/** One specimen of the form, with its blocks and expected slides. */
export function SpecimenFields({ value: specimen, path, problemAt, onChange, onRemove }: Part<SpecimenForm>) {
  const { t } = useTranslation("screen");
  const sites = useSites();
  const procedures = useProcedures();
  return (
    <Paper withBorder p="sm" component="section" aria-label={t("register.specimen", { label: specimen.label })}>
      <Group justify="space-between" mb={6}>
        <Title order={3} size="h6">
          {t("register.specimen", { label: specimen.label })}
        </Title>
        {onRemove && (
          <Button size="compact-xs" variant="subtle" color="gray" onClick={onRemove}>
            {t("register.remove_specimen", { label: specimen.label })}
          </Button>
        )}
      </Group>
      <Stack gap="xs">
        <Group gap="xs" align="start">
          <TextInput
            size="xs"
            w={80}
            label={t("register.specimen_label")}
            withAsterisk
            value={specimen.label}
            error={problemAt(`${path}.label`)}
            onChange={(event) => onChange({ ...specimen, label: event.currentTarget.value })}
          />
          <Select
            size="xs"
            w={200}
            label={t("register.site")}
            withAsterisk
            searchable
            data={sites}
            value={specimen.site_code || null}
            error={problemAt(`${path}.site_code`)}
            onChange={(value) => onChange({ ...specimen, site_code: value ?? "" })}
          />
          <Select
            size="xs"
            w={180}
            label={t("register.procedure")}
            withAsterisk
            allowDeselect={false}
            data={procedures}
            value={specimen.procedure}
            onChange={(value) => onChange({ ...specimen, procedure: value ?? specimen.procedure })}
          />
          <TextInput
            size="xs"
            w={130}
            inputMode="decimal"
            label={t("register.fixation")}
            value={specimen.fixation_hours}
            error={problemAt(`${path}.fixation_hours`)}
            onChange={(event) => onChange({ ...specimen, fixation_hours: event.currentTarget.value })}
          />
          <TextInput
            size="xs"
            w={150}
            inputMode="decimal"
            label={t("register.ischaemia")}
            value={specimen.cold_ischaemia_minutes}
            error={problemAt(`${path}.cold_ischaemia_minutes`)}
            onChange={(event) => onChange({ ...specimen, cold_ischaemia_minutes: event.currentTarget.value })}
          />
        </Group>
        <Textarea
          size="xs"
          autosize
          minRows={1}
          label={t("register.gross")}
          value={specimen.gross_description}
          onChange={(event) => onChange({ ...specimen, gross_description: event.currentTarget.value })}
        />
        {specimen.blocks.map((block, index) => (
          <BlockFields
            key={block.key}
            value={block}
            path={`${path}.blocks.${index}`}
            problemAt={problemAt}
            onChange={(next) => onChange({ ...specimen, blocks: replaced(specimen.blocks, index, next) })}
            onRemove={
              specimen.blocks.length > 1
                ? () => onChange({ ...specimen, blocks: without(specimen.blocks, index) })
                : null
            }
          />
        ))}
        <Group>
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() =>
              onChange({
                ...specimen,
                blocks: [...specimen.blocks, newBlock(nextNumber(specimen.blocks.map((block) => block.label)))],
              })
            }
          >
            {t("register.add_block")}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}
