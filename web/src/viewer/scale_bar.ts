/** Length of the scale bar: a round number of micrometres or millimetres near the wished width. */

export interface ScaleBar {
  readonly lengthUm: number;
  /** Width on the screen in CSS pixels. */
  readonly width: number;
  /** "50 µm" or "2 mm". */
  readonly text: string;
}

const ROUND = [1, 2, 5] as const;

/**
 * The longest bar of 1, 2 or 5 times a power of ten that is not wider than `widest` CSS pixels.
 *
 * `spacingUm`: micrometres per level-0 pixel from the file; `pixelRatio`: CSS pixels per level-0 pixel.
 * Returns null where the spacing is unknown: a bar is never guessed.
 */
export function scaleBar(spacingUm: number | null, pixelRatio: number, widest = 160): ScaleBar | null {
  if (spacingUm === null || !(spacingUm > 0) || !(pixelRatio > 0)) return null;
  const umPerCssPixel = spacingUm / pixelRatio;
  const longestUm = umPerCssPixel * widest;
  const decade = 10 ** Math.floor(Math.log10(longestUm));
  const step = [...ROUND].reverse().find((factor) => factor * decade <= longestUm * (1 + 1e-9)) ?? 1;
  const lengthUm = step * decade;
  return { lengthUm, width: lengthUm / umPerCssPixel, text: lengthText(lengthUm) };
}

function lengthText(um: number): string {
  return um >= 1000 ? `${String(rounded(um / 1000))} mm` : `${String(rounded(um))} µm`;
}

function rounded(value: number): number {
  return Number(value.toPrecision(1));
}
