import { ActionIcon, ColorSwatch, Group, Select, Text, Tooltip } from "@mantine/core";
import { IconChevronDown, IconChevronUp } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { colourOf, firstLayer, isLayered, layerQuery, nextChannel, stepPlane } from "./layers";
import type { Layer, Plane } from "./layers";
import type { SlideView } from "./slide_view";
import type { SlideDetail } from "../api/slides";
import { useShortcuts } from "../ui/keyboard";

/** Focal planes (PageUp, PageDown) and fluorescence channels (K), only where the slide has something to choose. */
export function LayerControl({ slide, view }: { slide: SlideDetail; view: SlideView | null }) {
  return isLayered(slide) ? <Layers slide={slide} view={view} /> : null;
}

function Layers({ slide, view }: { slide: SlideDetail; view: SlideView | null }) {
  const { t } = useTranslation("viewer");
  const [layer, setLayer] = useState<Layer>(() => firstLayer(slide));
  const query = layerQuery(slide, layer);
  useEffect(() => view?.setTileQuery(query), [view, query]);
  const planes = slide.planes.length > 1;
  const channels = slide.channels.length > 0;
  const up = (): void => setLayer((now) => stepPlane(slide, now, 1));
  const down = (): void => setLayer((now) => stepPlane(slide, now, -1));
  useShortcuts([
    ...(planes
      ? [
          { key: "PageUp", words: t("layers.plane_up"), action: up },
          { key: "PageDown", words: t("layers.plane_down"), action: down },
        ]
      : []),
    ...(channels
      ? [{ key: "k", words: t("layers.next_channel"), action: () => setLayer((now) => nextChannel(slide, now)) }]
      : []),
  ]);
  return (
    <Group gap={6} wrap="nowrap" role="group" aria-label={t("layers.title")} data-testid="layers" data-query={query}>
      {planes && (
        <Group gap={2} wrap="nowrap">
          <Step words={t("layers.plane_down")} disabled={layer.plane === 0} onClick={down}>
            <IconChevronDown size={15} />
          </Step>
          <PlaneText planes={slide.planes} number={layer.plane} />
          <Step words={t("layers.plane_up")} disabled={layer.plane === slide.planes.length - 1} onClick={up}>
            <IconChevronUp size={15} />
          </Step>
        </Group>
      )}
      {channels && (
        <Channels
          slide={slide}
          chosen={layer.channel}
          onChoose={(channel) => setLayer((now) => ({ ...now, channel }))}
        />
      )}
    </Group>
  );
}

const ALL = "all";

function Channels(props: { slide: SlideDetail; chosen: number | null; onChoose: (channel: number | null) => void }) {
  const { slide, chosen, onChoose } = props;
  const { t } = useTranslation("viewer");
  const words = (number: number): string => {
    const channel = slide.channels[number];
    if (channel === undefined) return t("layers.all_channels");
    return channel.wavelength_nm === null
      ? channel.name
      : t("layers.channel", { name: channel.name, wavelength: Math.round(channel.wavelength_nm) });
  };
  const swatch = (value: string): ReactNode => {
    const channel = value === ALL ? undefined : slide.channels[Number(value)];
    return channel === undefined ? null : <ColorSwatch color={colourOf(channel)} size={12} withShadow />;
  };
  const value = chosen === null ? ALL : String(chosen);
  return (
    <Select
      size="xs"
      w={150}
      aria-label={t("layers.channels")}
      allowDeselect={false}
      data={[
        { value: ALL, label: t("layers.all_channels") },
        ...slide.channels.map((_, number) => ({ value: String(number), label: words(number) })),
      ]}
      value={value}
      leftSection={swatch(value)}
      renderOption={({ option }) => (
        <Group gap={6} wrap="nowrap">
          {swatch(option.value)}
          {option.label}
        </Group>
      )}
      onChange={(wanted) => onChoose(wanted === null || wanted === ALL ? null : Number(wanted))}
    />
  );
}

/** "+2 um (4/5)"; without offsets "4/5". */
function PlaneText({ planes, number }: { planes: readonly Plane[]; number: number }) {
  const { t } = useTranslation("viewer");
  const offset = planes[number]?.offset_um ?? null;
  const place = { n: number + 1, of: planes.length };
  const sign = offset === null || offset === 0 ? "" : offset > 0 ? "+" : "−";
  const rounded = String(Math.round(Math.abs(offset ?? 0) * 100) / 100);
  return (
    <Text size="xs" style={{ whiteSpace: "nowrap" }} aria-live="polite">
      {offset === null ? t("layers.plane", place) : t("layers.plane_at", { ...place, offset: sign + rounded })}
    </Text>
  );
}

function Step(props: { words: string; disabled: boolean; onClick: () => void; children: ReactNode }) {
  return (
    <Tooltip label={props.words}>
      <ActionIcon
        variant="default"
        size="sm"
        aria-label={props.words}
        disabled={props.disabled}
        onClick={props.onClick}
      >
        {props.children}
      </ActionIcon>
    </Tooltip>
  );
}
