import { Alert, Button, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { dateTime } from "../i18n/format";
import { ErrorNotice } from "../ui/error_notice";
import { notifyProblem } from "../ui/notices";
import type { DraftSaver, Saving } from "./draft_saver";

/** Whether the server holds what is on the screen. */
export function SaveLine({ saving }: { saving: Saving }) {
  const { t } = useTranslation("screen");
  const at = saving.savedAt === null ? "" : t("report.saved_at", { at: dateTime(saving.savedAt) });
  const words = saving.state === "saved" ? at || t("report.not_begun") : t(`report.save_state.${saving.state}`);
  return (
    <Text size="sm" c={saving.state === "failed" || saving.state === "conflict" ? "red.9" : "dimmed"} role="status">
      {words}
    </Text>
  );
}

/** What stands in the way of saving, and the ways out. */
export function SaveProblem({ saver, saving }: { saver: DraftSaver; saving: Saving }) {
  const { t } = useTranslation("screen");
  if (saving.state === "failed") {
    return <ErrorNotice error={saving.error} onRetry={() => void saver.flush().catch(notifyProblem)} />;
  }
  if (saving.state !== "conflict") return null;
  const fields = saving.conflicts.map((field) => t(`report.fields.${field}`)).join(t("punctuation.list"));
  return (
    <Alert color="orange" role="alert" title={t("report.conflict", { fields })}>
      {saving.conflicts.map((field) => {
        const theirs = saver.theirsOf(field);
        return typeof theirs === "string" ? (
          <Text key={field} size="sm" className="keep-lines">
            {t("report.theirs", { field: t(`report.fields.${field}`), text: theirs })}
          </Text>
        ) : null;
      })}
      <Group gap="xs" mt="xs">
        <Button size="compact-sm" onClick={() => void saver.resolve("mine").catch(notifyProblem)}>
          {t("report.keep_mine")}
        </Button>
        <Button size="compact-sm" variant="default" onClick={() => void saver.resolve("theirs").catch(notifyProblem)}>
          {t("report.take_theirs")}
        </Button>
      </Group>
    </Alert>
  );
}
