import { ActionIcon, Button, Group, Modal, Stack, Text, TextInput, Tooltip } from "@mantine/core";
import { IconPhotoPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Box } from "./levels";
import { nativePower, zoomText } from "./magnification";
import type { SlideView } from "./slide_view";
import { slideName } from "./slide_words";
import { useAddKeyImage } from "../api/reports";
import type { SlideDetail } from "../api/slides";
import { useWord } from "../i18n/words";
import { ErrorNotice } from "../ui/error_notice";
import { notifyDone } from "../ui/notices";

/** Put what the screen shows among the pictures of the report. */
export function KeyImageButton({ slide, view }: { slide: SlideDetail & { case_id: string }; view: SlideView | null }) {
  const { t } = useTranslation("viewer");
  const word = useWord();
  const add = useAddKeyImage(slide.case_id);
  const [box, setBox] = useState<Box | null>(null);
  const [caption, setCaption] = useState("");
  const open = (): void => {
    const shown = view?.viewBox() ?? null;
    const scale = view?.frame()?.scale;
    if (shown === null || scale === undefined) return;
    setCaption(`${slideName(slide, word)}, ${zoomText(nativePower(slide), scale)}`);
    setBox(shown);
    add.reset();
  };
  const save = (): void => {
    if (box === null) return;
    const image = { slide_id: slide.id, ...box, caption: caption.trim() };
    add.mutate(image, {
      onSuccess: () => {
        setBox(null);
        notifyDone(t("key_image.done"));
      },
    });
  };
  return (
    <>
      <Tooltip label={t("key_image.add")}>
        <ActionIcon variant="default" size="md" aria-label={t("key_image.add")} disabled={view === null} onClick={open}>
          <IconPhotoPlus size={17} />
        </ActionIcon>
      </Tooltip>
      <Modal
        opened={box !== null}
        onClose={() => setBox(null)}
        title={t("key_image.title")}
        closeButtonProps={{ "aria-label": t("actions.close") }}
      >
        <form
          onSubmit={(event) => {
            event.preventDefault();
            save();
          }}
        >
          <Stack gap="sm">
            <Text size="sm">{t("key_image.words")}</Text>
            <TextInput
              label={t("key_image.caption")}
              maxLength={300}
              data-autofocus
              value={caption}
              onChange={(event) => setCaption(event.currentTarget.value)}
            />
            <ErrorNotice error={add.error} />
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={() => setBox(null)}>
                {t("actions.cancel")}
              </Button>
              <Button type="submit" loading={add.isPending}>
                {t("key_image.save")}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
