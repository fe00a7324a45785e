import type { PolygonGeometry } from "./geometry";
import { polygonsOf } from "./geometry";
import { apply } from "../viewer/image_transform";
import type { Affine, Point } from "../viewer/image_transform";

/** An SVG path through screen points. */
export function pathOf(points: readonly Point[], closed: boolean): string {
  if (points.length === 0) return "";
  const steps = points.map((point, i) => `${i === 0 ? "M" : "L"}${point.x.toFixed(1)} ${point.y.toFixed(1)}`);
  return steps.join("") + (closed ? "Z" : "");
}

/** The SVG path of a geometry on the screen; holes are cut out by `fill-rule: evenodd`. */
export function geometryPath(geometry: PolygonGeometry, view: Affine): string {
  return polygonsOf(geometry)
    .flat()
    .map((ring) =>
      pathOf(
        ring.map((point) => apply(view, point)),
        true,
      ),
    )
    .join("");
}
