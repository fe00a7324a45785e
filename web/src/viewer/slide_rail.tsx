import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { slideName } from "./slide_words";
import classes from "./viewer.module.css";
import { associatedImage } from "../api/slides";
import type { SlideSummary } from "../api/slides";
import { useWord } from "../i18n/words";

/** The slides of the case, each by its picture; those that cannot be read yet say so. */
export function SlideRail({ slides, present }: { slides: readonly SlideSummary[]; present: string }) {
  const { t } = useTranslation("viewer");
  const word = useWord();
  return (
    <nav className={classes["rail"]} aria-label={t("rail.title")} data-testid="slide-rail">
      {slides.map((slide) => {
        const name = slideName(slide, word);
        if (slide.status !== "ready") {
          return (
            <div key={slide.id} className={classes["rail_slide"]} data-status={slide.status}>
              <div className={classes["rail_empty"]}>{word("slide_status", slide.status)}</div>
              <Text size="xs">{name}</Text>
            </div>
          );
        }
        return (
          <Link
            key={slide.id}
            to={`/slides/${slide.id}`}
            className={classes["rail_slide"]}
            aria-current={slide.id === present ? "page" : undefined}
          >
            <img src={associatedImage(slide.id, "thumbnail")} alt="" loading="lazy" />
            <Text size="xs" component="span">
              {name}
            </Text>
          </Link>
        );
      })}
    </nav>
  );
}
