import { Anchor, Badge, Button, Group, Popover, Slider, Stack, Switch, Text, UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { NEUTRAL } from "./colour_painter";
import type { Adjustment } from "./colour_painter";
import { ON_TINT } from "./colours";
import { isAdjusted } from "./use_colour";
import type { SlideColour } from "./use_colour";
import type { SlideDetail } from "../api/slides";
import { useLanguage } from "../i18n/words";

const TONES = { applied: "teal", off: "orange", loading: "gray", none: "gray", unusable: "red", failed: "red" };

/** Whether the colours on the screen are the scanner's by its profile, and what was changed by hand. */
export function ColourBadge({ slide, colour }: { slide: SlideDetail; colour: SlideColour }) {
  const { t } = useTranslation("viewer");
  const name = slide.colour.name ?? t("colour.unnamed");
  const space = t(`colour.space.${colour.space}`);
  return (
    <Popover position="bottom-start" width={320} withArrow shadow="md" trapFocus>
      <Popover.Target>
        <UnstyledButton data-testid="colour-badge" data-state={colour.state} data-space={colour.space}>
          <Group gap={4} wrap="nowrap">
            <Badge variant="light" color={TONES[colour.state]} c={ON_TINT} radius="sm" tt="none">
              {t(`colour.${colour.state}`, { space })}
            </Badge>
            {isAdjusted(colour.adjustment) && (
              <Badge variant="light" color="orange" c={ON_TINT} radius="sm" tt="none" data-testid="colour-adjusted">
                {t("colour.adjusted")}
              </Badge>
            )}
          </Group>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown aria-label={t("colour.title")}>
        <Stack gap="xs">
          <Explanation slide={slide} colour={colour} name={name} space={space} />
          {colour.toggle !== null && (
            <Switch
              label={t("colour.apply")}
              checked={colour.state === "applied"}
              onChange={colour.toggle}
              data-autofocus
            />
          )}
          {colour.adjust !== null && <Adjustments adjustment={colour.adjustment} onChange={colour.adjust} />}
          <Anchor component={Link} size="sm" to={checkAddress(slide)}>
            {t("colour.check")}
          </Anchor>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

/** The colour check, with the slide's own profile where it has one. */
function checkAddress(slide: SlideDetail): string {
  return slide.colour.state === "usable" ? `/colour?slide=${slide.id}` : "/colour";
}

interface Facts {
  slide: SlideDetail;
  colour: SlideColour;
  name: string;
  space: string;
}

function Explanation({ slide, colour, name, space }: Facts) {
  const { t } = useTranslation("viewer");
  const language = useLanguage();
  return (
    <>
      {slide.colour.state === "usable" && (
        <Text size="sm" fw={600}>
          {name}
        </Text>
      )}
      <Text size="sm">
        {colour.state === "unusable"
          ? (slide.colour.reason?.[language] ?? t("colour.failed_why"))
          : t(`colour.${colour.state}_why`, { space })}
      </Text>
      {colour.state === "applied" && colour.by === "worker" && <Text size="sm">{t("colour.by_worker")}</Text>}
      {(colour.state === "applied" || colour.state === "off") && (
        <Text size="xs" c="dimmed">
          {t("colour.pictures")}
        </Text>
      )}
    </>
  );
}

const SLIDERS = [
  { name: "brightness", min: -0.3, max: 0.3, step: 0.01 },
  { name: "contrast", min: 0.6, max: 1.6, step: 0.02 },
  { name: "gamma", min: 0.6, max: 1.6, step: 0.02 },
] as const;

function Adjustments({ adjustment, onChange }: { adjustment: Adjustment; onChange: (next: Adjustment) => void }) {
  const { t } = useTranslation("viewer");
  return (
    <Stack gap={6} role="group" aria-label={t("colour.adjust")}>
      <Text size="sm" fw={600}>
        {t("colour.adjust")}
      </Text>
      {SLIDERS.map(({ name, min, max, step }) => (
        <Group key={name} gap="xs" wrap="nowrap">
          <Text size="xs" w={64}>
            {t(`colour.${name}`)}
          </Text>
          <Slider
            style={{ flex: 1 }}
            size="sm"
            thumbLabel={t(`colour.${name}`)}
            label={null}
            min={min}
            max={max}
            step={step}
            value={adjustment[name]}
            onChange={(value) => onChange({ ...adjustment, [name]: value })}
          />
        </Group>
      ))}
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Text size="xs" c="dimmed">
          {t("colour.adjust_words")}
        </Text>
        <Button size="compact-xs" variant="default" onClick={() => onChange(NEUTRAL)}>
          {t("colour.reset")}
        </Button>
      </Group>
    </Stack>
  );
}
