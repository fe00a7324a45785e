/** Which focal plane and fluorescence channel of a slide is on the screen. */

export interface Plane {
  readonly offset_um: number | null;
}

export interface Channel {
  readonly name: string;
  readonly wavelength_nm: number | null;
  readonly colour: readonly number[];
}

export interface LayeredSlide {
  readonly planes: readonly Plane[];
  /** The plane that the slide shows by itself. */
  readonly shown_plane: number;
  readonly channels: readonly Channel[];
}

/** `channel` null: all of them over each other. */
export interface Layer {
  readonly plane: number;
  readonly channel: number | null;
}

export function firstLayer(slide: LayeredSlide): Layer {
  return { plane: slide.shown_plane, channel: null };
}

export function isLayered(slide: LayeredSlide): boolean {
  return slide.planes.length > 1 || slide.channels.length > 0;
}

/** What a tile's address needs to be of this layer; nothing for what the slide shows by itself. */
export function layerQuery(slide: LayeredSlide, layer: Layer): string {
  const parts = [
    ...(layer.plane === slide.shown_plane ? [] : [`plane=${String(layer.plane)}`]),
    ...(layer.channel === null ? [] : [`channel=${String(layer.channel)}`]),
  ];
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

/** The plane above (+1) or below (-1); the last one again at the end. */
export function stepPlane(slide: LayeredSlide, layer: Layer, step: 1 | -1): Layer {
  return { ...layer, plane: Math.min(slide.planes.length - 1, Math.max(0, layer.plane + step)) };
}

/** The next channel; after the last all together again. */
export function nextChannel(slide: LayeredSlide, layer: Layer): Layer {
  const next = layer.channel === null ? 0 : layer.channel + 1;
  return { ...layer, channel: next < slide.channels.length ? next : null };
}

/** `#rrggbb`. */
export function colourOf(channel: Channel): string {
  return `#${channel.colour.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}
