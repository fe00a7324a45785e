import { Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { scoreText } from "./score_text";
import type { Reading } from "../api/readings";
import { dateTime } from "../i18n/format";
import { nameOf, useLanguage, useWord } from "../i18n/words";

/** Who decided what, when, and why; nothing is overwritten. */
export function ReviewHistory({ reading }: { reading: Reading }) {
  const { t } = useTranslation("viewer");
  const language = useLanguage();
  const word = useWord();
  if (reading.reviews.length === 0) return null;
  return (
    <Stack gap={4} component="section" aria-label={t("history.title")}>
      <Text size="sm" fw={600} component="h3" m={0}>
        {t("history.title")}
      </Text>
      {reading.reviews.map((review) => (
        <Text key={review.id} size="xs" component="div">
          {dateTime(review.created_at)} · {nameOf(review.person, language)} · {t(`history.${review.action}`)}
          {review.result !== null &&
            ` · ${scoreText(review.result, language) ?? word("evaluability", review.result.status)}`}
          {review.reason !== null && review.reason !== "" && (
            <Text size="xs" c="dimmed">
              {t("history.reason", { reason: review.reason })}
            </Text>
          )}
        </Text>
      ))}
    </Stack>
  );
}
