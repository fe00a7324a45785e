import { ActionIcon, Button, Group, Paper, Stack, Text, Tooltip, UnstyledButton } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconFocusCentered, IconLasso, IconPencil, IconRectangle, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { areaText } from "./area_text";
import type { PolygonGeometry } from "./geometry";
import type { Annotation } from "../api/annotations";
import { useLanguage } from "../i18n/words";
import { nameOf } from "../i18n/words";
import type { Tool } from "../viewer/tools";

/** A saved region of the slide, with its outline. */
export interface SavedRegion {
  readonly annotation: Annotation;
  readonly geometry: PolygonGeometry;
  /** "R1", in the order of drawing. */
  readonly name: string;
}

interface Props {
  regions: readonly SavedRegion[];
  selected: string | null;
  spacing: { x: number | null; y: number | null };
  tool: Tool;
  canWrite: boolean;
  onTool: (tool: Tool) => void;
  onSelect: (id: string | null) => void;
  onShow: (geometry: PolygonGeometry) => void;
  onRemove: (id: string) => void;
}

/** The regions of a slide: draw, choose, find, adjust and remove them. */
export function RegionList({ regions, selected, spacing, tool, canWrite, onTool, onSelect, onShow, onRemove }: Props) {
  const { t } = useTranslation("viewer");
  const toggle = (wanted: Tool): void => onTool(tool === wanted ? "look" : wanted);
  return (
    <Stack gap={6} component="section" aria-label={t("regions.title")}>
      <Group justify="space-between">
        <Text fw={600} size="sm" component="h2" m={0}>
          {t("regions.title")}
        </Text>
        {canWrite && (
          <Group gap={4}>
            <Button
              size="compact-xs"
              variant={tool === "freehand" ? "filled" : "default"}
              aria-pressed={tool === "freehand"}
              leftSection={<IconLasso size={14} aria-hidden />}
              onClick={() => toggle("freehand")}
            >
              {t("regions.freehand")}
            </Button>
            <Button
              size="compact-xs"
              variant={tool === "rectangle" ? "filled" : "default"}
              aria-pressed={tool === "rectangle"}
              leftSection={<IconRectangle size={14} aria-hidden />}
              onClick={() => toggle("rectangle")}
            >
              {t("regions.rectangle")}
            </Button>
          </Group>
        )}
      </Group>
      {regions.length === 0 && (
        <Text size="xs" c="dimmed">
          {t("regions.none")}
        </Text>
      )}
      {regions.map((region) => (
        <RegionRow
          key={region.annotation.id}
          region={region}
          isSelected={region.annotation.id === selected}
          spacing={spacing}
          tool={tool}
          canWrite={canWrite}
          onTool={onTool}
          onSelect={onSelect}
          onShow={onShow}
          onRemove={onRemove}
        />
      ))}
    </Stack>
  );
}

type RowProps = Omit<Props, "regions" | "selected"> & { region: SavedRegion; isSelected: boolean };

function RegionRow({ region, isSelected, spacing, tool, canWrite, onTool, onSelect, onShow, onRemove }: RowProps) {
  const { t } = useTranslation("viewer");
  const language = useLanguage();
  const { annotation, geometry, name } = region;
  const adjusting = isSelected && tool === "adjust";
  const remove = (): void => {
    modals.openConfirmModal({
      title: t("regions.remove_title", { name }),
      children: <Text size="sm">{t("regions.remove_words")}</Text>,
      labels: { confirm: t("regions.remove"), cancel: t("actions.cancel") },
      confirmProps: { color: "red" },
      onConfirm: () => onRemove(annotation.id),
    });
  };
  return (
    <Paper withBorder px="xs" py={4} {...(isSelected ? { bg: "var(--mantine-primary-color-light)" } : {})}>
      <Group justify="space-between" wrap="nowrap" gap={4}>
        <UnstyledButton
          style={{ flex: 1 }}
          aria-pressed={isSelected}
          aria-label={t("regions.choose", { name })}
          onClick={() => onSelect(isSelected ? null : annotation.id)}
        >
          <Text size="sm" component="span" fw={600}>
            {name}
          </Text>{" "}
          <Text size="sm" component="span">
            {areaText(geometry, spacing, t("regions.area_unknown"), language)}
          </Text>
          <Text size="xs" c="dimmed">
            {nameOf(annotation.person, language)}
          </Text>
        </UnstyledButton>
        <IconAction words={t("regions.show", { name })} onClick={() => onShow(geometry)}>
          <IconFocusCentered size={16} />
        </IconAction>
        {canWrite && geometry.type === "Polygon" && (
          <IconAction
            words={t("regions.adjust", { name })}
            pressed={adjusting}
            onClick={() => {
              onSelect(annotation.id);
              onTool(adjusting ? "look" : "adjust");
            }}
          >
            <IconPencil size={16} />
          </IconAction>
        )}
        {canWrite && (
          <IconAction words={t("regions.remove_one", { name })} onClick={remove}>
            <IconTrash size={16} />
          </IconAction>
        )}
      </Group>
    </Paper>
  );
}

function IconAction({
  words,
  pressed,
  onClick,
  children,
}: {
  words: string;
  pressed?: boolean;
  onClick: () => void;
  children: React.ReactNode;
}) {
  return (
    <Tooltip label={words}>
      <ActionIcon
        variant={pressed === true ? "filled" : "subtle"}
        color="gray"
        aria-label={words}
        aria-pressed={pressed}
        onClick={onClick}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
