import { Badge, Group, Loader, Paper, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { CellSession } from "./cell_session";
import { isUnedited } from "./edits";
import { ResultNotes } from "./result_facts";
import { scoreText, valueText } from "./score_text";
import type { Reading, ReadingResult } from "../api/readings";
import { number } from "../i18n/format";
import { useLanguage, useWord } from "../i18n/words";
import { ALARM, ON_TINT } from "../viewer/colours";

/**
 * What a reading says. The computer's value stays in sight after edits; the reader's stands above it, at once from the
 * count on this page, then from the server. A result that is not evaluable shows its reasons and no number.
 */
export function ResultCard({ reading, session }: { reading: Reading; session: CellSession }) {
  const { t } = useTranslation("viewer");
  if (reading.result === null) return null;
  const edited = !isUnedited(session.edits);
  const recounting = edited && session.save.state !== "saved";
  return (
    <Paper withBorder p="sm" component="section" aria-label={t("result.title")} data-testid="result-card">
      <Stack gap="xs">
        <Group gap={6}>
          <Badge color="red.9" variant="outline" c={ALARM} radius="sm" tt="none">
            {t("result.not_validated")}
          </Badge>
          <DecisionBadge reading={reading} />
        </Group>
        {reading.decision === "rejected" && (
          <Text size="sm" fw={600}>
            {t("result.rejected")}
          </Text>
        )}
        {edited && (
          <section aria-label={t("result.readers")}>
            <Group gap={6}>
              <Text size="xs" fw={600}>
                {t("result.readers")}
              </Text>
              {recounting && <Loader size={12} aria-label={t("result.recounting")} />}
            </Group>
            {recounting || reading.edited_result === null ? (
              <Provisional session={session} result={reading.result} />
            ) : (
              <Value result={reading.edited_result} large />
            )}
          </section>
        )}
        <section aria-label={t("result.computers")}>
          <Text size="xs" fw={600}>
            {t("result.computers")}
          </Text>
          <Value result={reading.result} large={!edited} />
        </section>
        <ResultNotes result={(edited && !recounting ? reading.edited_result : null) ?? reading.result} />
      </Stack>
    </Paper>
  );
}

function DecisionBadge({ reading }: { reading: Reading }) {
  const word = useWord();
  const colour = { pending: "yellow", accepted: "teal", edited: "teal", rejected: "gray" }[reading.decision];
  return (
    <Badge color={colour} variant="light" c={ON_TINT} radius="sm" tt="none" data-testid="decision">
      {word("decision", reading.decision)}
    </Badge>
  );
}

/** Score with interval and counts, or why there is none. */
function Value({ result, large }: { result: ReadingResult; large: boolean }) {
  const { t } = useTranslation("viewer");
  const word = useWord();
  const language = useLanguage();
  const score = scoreText(result, language);
  if (score === null) {
    return (
      <Text fw={700} size={large ? "lg" : "sm"} c={ALARM} data-testid="not-evaluable">
        {word("evaluability", "NOT_EVALUABLE")}
      </Text>
    );
  }
  return (
    <div>
      <Text component="p" m={0} fw={large ? 700 : 500} fz={large ? 28 : 15} lh={1.2} data-testid="score">
        {score}
      </Text>
      {result.interval !== null && (
        <Text size="xs" c="dimmed">
          {t("result.interval", {
            low: number(result.interval[0], language, 1),
            high: valueText(result.interval[1], result.unit, language),
          })}
        </Text>
      )}
      <Counts positive={result.positive} negative={result.negative} n={result.n} />
      {result.category_text !== null && large && (
        <Text size="sm" fw={600} mt={4}>
          {result.category_text[language]}
        </Text>
      )}
    </div>
  );
}

/** The count on this page, until the server has answered. No category: that is the server's to say. */
function Provisional({ session, result }: { session: CellSession; result: ReadingResult }) {
  const { t } = useTranslation("viewer");
  const language = useLanguage();
  const { count } = session;
  const percent = count?.percent ?? null;
  // Edits only take cells away or turn them: what closed the gate (a failed control, too few cells) stays as it was.
  if (result.status === "NOT_EVALUABLE") return <Value result={result} large />;
  if (count === null || percent === null) {
    return (
      <Text size="sm" c="dimmed">
        {t("result.nothing_left")}
      </Text>
    );
  }
  return (
    <div>
      <Text component="p" m={0} fw={700} fz={28} lh={1.2} data-testid="score">
        {valueText(percent, result.unit, language)}
      </Text>
      <Counts positive={count.positive} negative={count.negative} n={count.n} />
      <Text size="xs" c="dimmed">
        {t("result.recounting")}
      </Text>
    </div>
  );
}

function Counts({ positive, negative, n }: { positive: number | null; negative: number | null; n: number }) {
  const { t } = useTranslation("viewer");
  const language = useLanguage();
  const shown = (value: number | null): string => (value === null ? "-" : number(value, language));
  return (
    <Text size="sm" data-testid="counts">
      {t("result.counts", { n: shown(n), positive: shown(positive), negative: shown(negative) })}
    </Text>
  );
}
