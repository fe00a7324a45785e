import { Badge, Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { CellSession } from "./cell_session";
import { ApiError } from "../api/errors";
import { useLanguage } from "../i18n/words";
import { ON_TINT } from "../viewer/colours";

const COLOURS = { saved: "teal", waiting: "yellow", saving: "yellow", failed: "red" } as const;

/** Whether the edits stand on the server. */
export function SaveBadge({ save }: { save: CellSession["save"] }) {
  const { t } = useTranslation("viewer");
  const language = useLanguage();
  const why = save.error instanceof ApiError ? save.error.words(language).message : t("edits.failed_why");
  return (
    <Tooltip label={save.state === "failed" ? why : t(`edits.${save.state}_why`)} multiline maw={260}>
      <Badge
        size="sm"
        variant="light"
        color={COLOURS[save.state]}
        c={ON_TINT}
        radius="sm"
        tt="none"
        role="status"
        data-save={save.state}
      >
        {t(`edits.${save.state}`)}
      </Badge>
    </Tooltip>
  );
}
