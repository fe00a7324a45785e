import { areaMm2 } from "./geometry";
import type { PolygonGeometry } from "./geometry";
import { number } from "../i18n/format";
import type { Language } from "../i18n/setup";

/** "1.25 mm²", "0.0042 mm²"; `unknown` where the slide has no spacing. */
export function areaText(
  geometry: PolygonGeometry,
  spacing: { x: number | null; y: number | null },
  unknown: string,
  language: Language,
): string {
  const area = areaMm2(geometry, spacing.x, spacing.y);
  return area === null ? unknown : `${mm2(area, language)} mm²`;
}

/** Two decimals, more for small areas: two significant figures below 0.1. */
export function mm2(area: number, language: Language): string {
  const digits = area >= 0.1 || area === 0 ? 2 : Math.min(6, 1 - Math.floor(Math.log10(area)));
  return number(area, language, digits);
}
