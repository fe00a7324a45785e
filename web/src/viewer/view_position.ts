/**
 * Where on the slide one looks, as it stands in the address: `#x=12000&y=8000&d=4&r=90`. A link to a field of the slide
 * (a key image of a report) names it in the query: `?x=100&y=200&w=1600&h=1200`.
 */

import type { Box } from "./levels";

export interface ViewPosition {
  /** Centre of the view, pixels of level 0. */
  readonly x: number;
  readonly y: number;
  /** Level-0 pixels per CSS pixel: independent of the size of the window. */
  readonly downsample: number;
  /** Degrees clockwise, 0 to below 360. */
  readonly rotation: number;
}

/** The hash of a position, with the leading `#`. */
export function formatPosition(position: ViewPosition): string {
  const rotation = ((Math.round(position.rotation) % 360) + 360) % 360;
  const parts = [
    `x=${String(Math.round(position.x))}`,
    `y=${String(Math.round(position.y))}`,
    `d=${String(Number(position.downsample.toPrecision(4)))}`,
  ];
  if (rotation !== 0) parts.push(`r=${String(rotation)}`);
  return `#${parts.join("&")}`;
}

/** The position in a hash, or null where the hash holds none or nonsense. */
export function parsePosition(hash: string): ViewPosition | null {
  const values = new URLSearchParams(hash.replace(/^#/, ""));
  const x = number(values.get("x"));
  const y = number(values.get("y"));
  const downsample = number(values.get("d"));
  if (x === null || y === null || downsample === null || downsample <= 0 || downsample > 1e5) return null;
  return { x, y, downsample, rotation: number(values.get("r")) ?? 0 };
}

/** What a viewer shows first: a position, a field that fills the screen, or the whole slide where null. */
export type Start = { readonly position: ViewPosition } | { readonly field: Box } | null;

/** The start that an address asks for. The hash wins: it is where the reader has gone from the field since. */
export function startOf(search: string, hash: string): Start {
  const position = parsePosition(hash);
  if (position !== null) return { position };
  const field = parseField(search);
  return field === null ? null : { field };
}

/** The field in a query, in pixels of level 0, or null where the query holds none or nonsense. */
export function parseField(search: string): Box | null {
  const values = new URLSearchParams(search);
  const x = number(values.get("x"));
  const y = number(values.get("y"));
  const width = number(values.get("w"));
  const height = number(values.get("h"));
  if (x === null || y === null || width === null || height === null || width <= 0 || height <= 0) return null;
  return { x, y, width, height };
}

function number(text: string | null): number | null {
  if (text === null || text.trim() === "") return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
