/**
 * Zoom as a pathologist names it: the objective through which a microscope would show the same.
 *
 * A slide scanned at 40x shows "40x" when one of its pixels fills one CSS pixel of the screen. The power comes from the
 * file. Where the file gives no objective but a spacing, 10 um per pixel count as 1x (0.25 um/px = 40x, 0.5 um/px =
 * 20x): the rule scanners themselves follow. Without both there is no power, only a percentage of native pixels.
 */

export interface PowerFacts {
  readonly objective_power: number | null;
  readonly spacing_um_x: number | null;
}

export type PowerSource = "file" | "spacing" | "unknown";

/** Micrometres per pixel that a 1x objective stands for. */
export const SPACING_UM_AT_1X = 10;

/** Powers of the keys 1 to 6. */
export const PRESETS = [1.25, 2.5, 5, 10, 20, 40] as const;

export interface NativePower {
  readonly power: number | null;
  readonly source: PowerSource;
}

/** The objective power at which one pixel of level 0 fills one CSS pixel. */
export function nativePower(slide: PowerFacts): NativePower {
  if (slide.objective_power !== null && slide.objective_power > 0) {
    return { power: slide.objective_power, source: "file" };
  }
  if (slide.spacing_um_x !== null && slide.spacing_um_x > 0) {
    return { power: SPACING_UM_AT_1X / slide.spacing_um_x, source: "spacing" };
  }
  return { power: null, source: "unknown" };
}

/** "12.5x" where the power is known, else "31 %" of native pixels. `pixelRatio`: CSS pixels per level-0 pixel. */
export function zoomText(native: NativePower, pixelRatio: number): string {
  if (native.power === null) return `${significant(pixelRatio * 100)} %`;
  return `${significant(native.power * pixelRatio)}x`;
}

/** CSS pixels per level-0 pixel that show a power; without a known power, presets halve from 100 % = the last key. */
export function pixelRatioOf(native: NativePower, power: number): number {
  return power / (native.power ?? PRESETS[PRESETS.length - 1] ?? 40);
}

/** A preset as its button names it: the power, or the share of native pixels where the power is unknown. */
export function presetText(native: NativePower, power: number): string {
  return native.power === null ? zoomText(native, pixelRatioOf(native, power)) : `${power}x`;
}

/** Two decimals below 1, one below 10, else none; trailing zeros dropped ("1.25", "2.5", "20"). */
function significant(value: number): string {
  const decimals = value < 2 ? 2 : value < 20 ? 1 : 0;
  return String(Number(value.toFixed(decimals)));
}
