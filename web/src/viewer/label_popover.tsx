import { ActionIcon, Image, Popover, Stack, Text, Tooltip } from "@mantine/core";
import { IconTag } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { associatedImage } from "../api/slides";
import type { SlideDetail } from "../api/slides";

interface Props {
  slide: SlideDetail;
  opened: boolean;
  onOpened: (opened: boolean) => void;
}

/** The glass slide's label and the picture of the whole glass, as the scanner took them, and what the file says. */
export function LabelPopover({ slide, opened, onOpened }: Props) {
  const { t } = useTranslation("viewer");
  const pictures = (["label", "macro"] as const).filter((name) => slide.associated.includes(name));
  const facts: [string, string | null][] = [
    [t("label.barcode"), slide.barcode],
    [t("label.file"), slide.original_name],
    [t("label.format"), [slide.format, slide.vendor, slide.scanner_model].filter(Boolean).join(" · ")],
    [t("label.size"), slide.width === null || slide.height === null ? null : `${slide.width} x ${slide.height} px`],
    [t("label.spacing"), slide.spacing_um_x === null ? t("scale.unknown") : `${slide.spacing_um_x.toFixed(4)} µm/px`],
    [t("label.objective"), slide.objective_power === null ? t("label.unknown") : `${slide.objective_power}x`],
    [t("label.clone"), slide.marker === null ? null : (slide.clone ?? t("label.unknown"))],
  ];
  return (
    <Popover opened={opened} onChange={onOpened} position="bottom-end" width={320} shadow="md" withinPortal trapFocus>
      <Popover.Target>
        <Tooltip label={t("label.open")} disabled={opened}>
          <ActionIcon
            variant={opened ? "filled" : "default"}
            size="md"
            aria-label={t("label.open")}
            aria-expanded={opened}
            onClick={() => onOpened(!opened)}
          >
            <IconTag size={17} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown aria-label={t("label.title")}>
        <Stack gap={6}>
          {pictures.length === 0 && <Text size="sm">{t("label.no_pictures")}</Text>}
          {pictures.map((name) => (
            <Image
              key={name}
              src={associatedImage(slide.id, name)}
              alt={t(`label.${name}`)}
              fit="contain"
              mah={220}
              bg="#fff"
            />
          ))}
          {facts.map(([name, value]) =>
            value === null || value === "" ? null : (
              <Text key={name} size="xs" style={{ overflowWrap: "anywhere" }}>
                <b>{name}</b> {value}
              </Text>
            ),
          )}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
