import { ActionIcon, Anchor, Box, Group, Image, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconArrowUp, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { KeyImage } from "../api/reports";
import { associatedImage, type SlideSummary } from "../api/slides";
import classes from "./report.module.css";

interface Props {
  images: readonly KeyImage[];
  slides: readonly SlideSummary[];
  names: ReadonlyMap<string, string>;
  onChange?: (images: KeyImage[]) => void;
}

const percent = (part: number, whole: number): string => `${(100 * part) / whole}%`;

/** Where on the slide the picture was taken: the slide's overview with a frame. */
function Place({ image, slide, name }: { image: KeyImage; slide: SlideSummary; name: string }) {
  const { t } = useTranslation("screen");
  const { width, height } = slide;
  return (
    <Box className={classes["place"] ?? ""}>
      <Image src={associatedImage(slide.id, "thumbnail")} alt={t("slide.thumbnail", { label: name })} loading="lazy" />
      {width !== null && height !== null && (
        <Box
          className={classes["frame"] ?? ""}
          aria-hidden
          left={percent(image.x, width)}
          top={percent(image.y, height)}
          w={percent(image.width, width)}
          h={percent(image.height, height)}
        />
      )}
    </Box>
  );
}

/** The pictures of the report; taken in the viewer, put in order and named here. */
export function KeyImagesPanel({ images, slides, names, onChange }: Props) {
  const { t } = useTranslation("screen");
  const replace = (index: number, image: KeyImage): void =>
    onChange?.(images.map((other, position) => (position === index ? image : other)));
  const remove = (index: number): void => onChange?.(images.filter((_, position) => position !== index));
  const raise = (index: number): void => {
    const moved = images[index];
    if (moved === undefined || index === 0) return;
    const rest = images.filter((_, position) => position !== index);
    onChange?.([...rest.slice(0, index - 1), moved, ...rest.slice(index - 1)]);
  };
  return (
    <Paper withBorder p="sm" component="section" aria-labelledby="key-images">
      <Title order={2} size="h6" id="key-images" mb={6}>
        {t("report.key_images")}
      </Title>
      <Stack gap={8}>
        {images.map((image, index) => {
          const slide = slides.find((candidate) => candidate.id === image.slide_id);
          const number = index + 1;
          const name = names.get(image.slide_id) ?? "";
          return (
            <Group
              key={`${image.slide_id}-${image.x}-${image.y}-${image.width}-${number}`}
              wrap="nowrap"
              align="start"
              gap={8}
            >
              {slide && <Place image={image} slide={slide} name={name} />}
              <Stack gap={4} flex={1}>
                <Anchor
                  component={Link}
                  size="sm"
                  to={`/slides/${image.slide_id}?x=${image.x}&y=${image.y}&w=${image.width}&h=${image.height}`}
                >
                  {t("report.image_of", { n: number, slide: name })}
                </Anchor>
                {onChange === undefined ? (
                  <Text size="sm">{image.caption}</Text>
                ) : (
                  <Group gap={4} wrap="nowrap">
                    <TextInput
                      size="xs"
                      flex={1}
                      maxLength={400}
                      aria-label={t("report.caption", { n: number })}
                      placeholder={t("report.caption_hint")}
                      value={image.caption}
                      onChange={(event) => replace(index, { ...image, caption: event.currentTarget.value })}
                    />
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      disabled={index === 0}
                      aria-label={t("report.raise_image", { n: number })}
                      onClick={() => raise(index)}
                    >
                      <IconArrowUp size={15} />
                    </ActionIcon>
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      aria-label={t("report.remove_image", { n: number })}
                      onClick={() => remove(index)}
                    >
                      <IconTrash size={15} />
                    </ActionIcon>
                  </Group>
                )}
              </Stack>
            </Group>
          );
        })}
        {images.length === 0 && (
          <Text size="sm" c="dimmed">
            {t(onChange === undefined ? "report.no_images" : "report.no_images_hint")}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}
