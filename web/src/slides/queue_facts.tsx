import { Anchor, Box, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { failureWords, type QueuedSlide } from "../api/slides";
import { dateTime } from "../i18n/format";
import { useLanguage } from "../i18n/words";
import classes from "./queue.module.css";

/** What the slide calls itself. */
export function nameOfSlide(slide: QueuedSlide): string {
  return slide.original_name ?? slide.label;
}

/** What was read on the slide, and why nothing placed it. */
export function QueueFacts({ slide }: { slide: QueuedSlide }) {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const given = slide.set_aside_reason ?? "";
  const whySetAside = given === "REPLACED" ? t("reconcile.was_replaced") : given;
  return (
    <Box component="dl" className={classes["facts"] ?? ""}>
      <dt>{t("reconcile.why")}</dt>
      <dd>
        {slide.set_aside_at !== null && (
          <Text size="sm">
            {t("reconcile.was_set_aside", { at: dateTime(slide.set_aside_at), reason: whySetAside })}
          </Text>
        )}
        {slide.failure !== null && (
          <Text size="sm" className={classes["failure"] ?? ""}>
            {failureWords(slide, language)}
          </Text>
        )}
        {slide.reasons.map((reason) => (
          <Text key={reason.code} size="sm" data-testid="reason">
            {reason.words[language]}
          </Text>
        ))}
      </dd>
      <dt>{t("reconcile.barcode")}</dt>
      <dd className={slide.barcodes.length > 0 ? (classes["code"] ?? "") : ""}>
        {slide.barcodes.length > 0 ? slide.barcodes.join(t("punctuation.list")) : t("reconcile.no_barcode")}
      </dd>
      <dt>{t("reconcile.file")}</dt>
      <dd className={classes["code"] ?? ""}>{nameOfSlide(slide)}</dd>
      <dt>{t("reconcile.received")}</dt>
      <dd>
        {dateTime(slide.received_at)}
        {slide.status === "unmatched" && (
          <Anchor component={Link} to={`/slides/${slide.id}`} size="sm" ml="sm">
            {t("reconcile.open")}
          </Anchor>
        )}
      </dd>
    </Box>
  );
}
