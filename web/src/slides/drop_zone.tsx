import { Button, Group, Paper, Text } from "@mantine/core";
import { IconFolderOpen, IconUpload } from "@tabler/icons-react";
import { useRef, useState, type DragEvent, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { chosen, dropped, type Found } from "./bundles";
import classes from "./slides.module.css";

interface Props {
  files: RefObject<HTMLInputElement | null>;
  folder: RefObject<HTMLInputElement | null>;
  onFound: (found: Found[], fromFolder: boolean) => void;
}

/** Where slides are dropped; both buttons open the browser's own dialogs. */
export function DropZone({ files, folder, onFound }: Props) {
  const { t } = useTranslation("screen");
  const [over, setOver] = useState(false);
  const depth = useRef(0);
  const take = (input: HTMLInputElement, fromFolder: boolean): void => {
    onFound(chosen(input.files ?? []), fromFolder);
    input.value = ""; // the same file may be chosen again
  };
  const leave = (by: number): void => {
    depth.current = Math.max(0, depth.current + by);
    setOver(depth.current > 0);
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    depth.current = 0;
    setOver(false);
    void dropped(event.dataTransfer).then(({ found, fromFolder }) => onFound(found, fromFolder));
  };
  return (
    <Paper
      withBorder
      className={classes["drop"] ?? ""}
      data-over={over || undefined}
      data-testid="drop-zone"
      onDragEnter={() => leave(1)}
      onDragLeave={() => leave(-1)}
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
    >
      <IconUpload size={30} stroke={1.4} aria-hidden />
      <Text fw={600}>{t("upload.drop")}</Text>
      <Group gap="xs" justify="center">
        <Button size="xs" leftSection={<IconUpload size={14} aria-hidden />} onClick={() => files.current?.click()}>
          {t("upload.choose_files")}
        </Button>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconFolderOpen size={14} aria-hidden />}
          onClick={() => folder.current?.click()}
        >
          {t("upload.choose_folder")}
        </Button>
      </Group>
      <Text size="xs" c="dimmed">
        {t("upload.what")}
      </Text>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label={t("upload.choose_files")}
        onChange={(event) => take(event.currentTarget, false)}
      />
      <input
        ref={folder}
        type="file"
        multiple
        hidden
        aria-label={t("upload.choose_folder")}
        {...{ webkitdirectory: "" }}
        onChange={(event) => take(event.currentTarget, true)}
      />
    </Paper>
  );
}
