import { ActionIcon, Group, Modal, Text } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import classes from "./colour.module.css";
import type { ColourCheck } from "../api/colour";

interface Props {
  patches: ColourCheck["patches"];
  at: number;
  space: ColourCheck["space"];
  onMove: (patch: number | null) => void;
}

/** One patch over the whole screen with the values a colorimeter should show; arrow keys go on. */
export function FullPatch({ patches, at, space, onMove }: Props) {
  const { t } = useTranslation("viewer");
  const patch = patches[at];
  if (patch === undefined) return null;
  const move = (step: number): void => onMove((at + step + patches.length) % patches.length);
  const [lightness, a, b] = patch.lab;
  return (
    <Modal
      opened
      fullScreen
      onClose={() => onMove(null)}
      title={t(`colour_check.patches.${patch.name}`, { defaultValue: patch.name })}
      closeButtonProps={{ "aria-label": t("actions.close") }}
      onKeyDown={(event) => {
        if (event.key === "ArrowRight") move(1);
        if (event.key === "ArrowLeft") move(-1);
      }}
    >
      <div className={classes["full"]} style={{ background: cssColour(patch.measured, space) }} />
      <Group justify="center" mt="xs">
        <ActionIcon variant="default" aria-label={t("colour_check.previous")} onClick={() => move(-1)}>
          <IconChevronLeft size={17} />
        </ActionIcon>
        <Text size="sm">{t("colour_check.lab", { l: lightness.toFixed(1), a: a.toFixed(1), b: b.toFixed(1) })}</Text>
        <ActionIcon variant="default" aria-label={t("colour_check.next")} onClick={() => move(1)}>
          <IconChevronRight size={17} />
        </ActionIcon>
      </Group>
    </Modal>
  );
}

/** A colour of the screen's space as CSS says it. */
export function cssColour(colour: readonly number[], space: ColourCheck["space"]): string {
  return `color(${space} ${colour.map((value) => (value / 255).toFixed(4)).join(" ")})`;
}
