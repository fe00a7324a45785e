import { useTranslation } from "react-i18next";

import { nativePower, zoomText } from "./magnification";
import { scaleBar } from "./scale_bar";
import type { SlideView } from "./slide_view";
import { useFrame, useHoles } from "./use_slide_view";
import classes from "./viewer.module.css";
import type { SlideDetail } from "../api/slides";

/** Scale bar and magnification over the lower left corner of the slide. */
export function Readouts({ view, slide }: { view: SlideView | null; slide: SlideDetail }) {
  const { t } = useTranslation("viewer");
  const frame = useFrame(view);
  if (frame === null) return null;
  const bar = scaleBar(slide.spacing_um_x, frame.scale);
  const native = nativePower(slide);
  return (
    <div className={classes["readouts"]}>
      {bar === null ? (
        <span className={classes["warning"]} data-testid="spacing-unknown">
          {t("scale.unknown")}
        </span>
      ) : (
        <div
          className={classes["scale"]}
          role="img"
          aria-label={t("scale.label", { length: bar.text })}
          data-testid="scale-bar"
        >
          <span>{bar.text}</span>
          <i style={{ width: bar.width }} />
        </div>
      )}
      <output aria-label={t("zoom.label")} title={t(`zoom.source_${native.source}`)} data-testid="zoom">
        {zoomText(native, frame.scale)}
      </output>
      {Math.round(frame.rotation) % 360 !== 0 && (
        <span>{t("zoom.rotation", { degrees: ((Math.round(frame.rotation) % 360) + 360) % 360 })}</span>
      )}
      <Holes view={view} />
    </div>
  );
}

function Holes({ view }: { view: SlideView | null }) {
  const { t } = useTranslation("viewer");
  const holes = useHoles(view);
  if (holes.length === 0 || view === null) return null;
  return (
    <span className={classes["warning"]} role="alert" data-testid="holes">
      {t("holes.count", { n: holes.length })}{" "}
      <button type="button" className={classes["plain_button"]} onClick={() => view.retryHoles()}>
        {t("holes.retry")}
      </button>
    </span>
  );
}
