import { FIT_MARGIN } from "./fit";
import { firstTiles } from "./first_tiles";
import type { TiledSlide } from "./tile_source";
import classes from "./viewer.module.css";

/**
 * The whole slide as it opens, drawn by the browser itself behind the viewer, which takes a tenth of a second longer to
 * be there. Only for slides whose stored colours are shown as they are: a profile needs the viewer.
 */
export function FirstLook({ slide }: { slide: TiledSlide }) {
  const margin = FIT_MARGIN * Math.max(slide.width, slide.height);
  const box = [-margin, -margin, slide.width + 2 * margin, slide.height + 2 * margin];
  return (
    <svg className={classes["first_look"]} viewBox={box.join(" ")} data-testid="first-look" aria-hidden>
      {/* Border tiles may be padded; the inner picture cuts what lies beyond the slide. */}
      <svg width={slide.width} height={slide.height}>
        {firstTiles(slide).map(({ url, x, y, step }) => (
          <image
            key={url}
            href={url}
            transform={`translate(${String(x)} ${String(y)}) scale(${String(step.x)} ${String(step.y)})`}
          />
        ))}
      </svg>
    </svg>
  );
}
