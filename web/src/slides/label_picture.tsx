import { ActionIcon, Box, Group, SegmentedControl, Text } from "@mantine/core";
import { IconRotate, IconRotateClockwise } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { associatedImage, type QueuedSlide } from "../api/slides";
import classes from "./queue.module.css";

export type PictureName = QueuedSlide["pictures"][number];

export const PICTURES: readonly PictureName[] = ["label", "macro", "thumbnail"];

/** The pictures there are, the label first. */
export function picturesOf(slide: QueuedSlide): PictureName[] {
  return PICTURES.filter((name) => slide.pictures.includes(name));
}

interface Props {
  slide: QueuedSlide;
  name: string;
  picture: PictureName | undefined;
  /** Quarter turns to the right. */
  turns: number;
  onPicture: (picture: PictureName) => void;
  onTurn: (by: number) => void;
}

/** The label as large as the page allows: it is what the match is read from. */
export function LabelPicture({ slide, name, picture, turns, onPicture, onTurn }: Props) {
  const { t } = useTranslation("screen");
  const there = picturesOf(slide);
  return (
    <Box className={classes["picture_box"] ?? ""}>
      <Group justify="space-between" wrap="nowrap">
        <SegmentedControl
          size="xs"
          aria-label={t("reconcile.pictures")}
          data={there.map((value) => ({ value, label: t(`reconcile.picture.${value}`) }))}
          value={picture ?? ""}
          onChange={(value) => onPicture(value as PictureName)}
        />
        <Group gap={4} wrap="nowrap">
          <ActionIcon variant="default" aria-label={t("reconcile.turn_left")} onClick={() => onTurn(-1)}>
            <IconRotate size={16} />
          </ActionIcon>
          <ActionIcon variant="default" aria-label={t("reconcile.turn_right")} onClick={() => onTurn(1)}>
            <IconRotateClockwise size={16} />
          </ActionIcon>
        </Group>
      </Group>
      <Box className={classes["picture"] ?? ""}>
        {picture === undefined ? (
          <Text c="dimmed">{t("reconcile.no_pictures")}</Text>
        ) : (
          <img
            key={picture}
            src={associatedImage(slide.id, picture)}
            alt={t("reconcile.picture_of", { picture: t(`reconcile.picture.${picture}`), name })}
            data-testid="queue-picture"
            data-turns={turns}
            style={{ transform: `rotate(${turns * 90}deg)` }}
          />
        )}
      </Box>
      {picture !== undefined && !there.includes("label") && (
        <Text size="xs" c="dimmed">
          {t("reconcile.no_picture")}
        </Text>
      )}
    </Box>
  );
}
