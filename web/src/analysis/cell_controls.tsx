import { ActionIcon, Alert, Button, Group, Stack, Text, Tooltip } from "@mantine/core";
import { IconArrowBackUp, IconArrowForwardUp, IconLassoOff, IconPointer, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { COLOURS, cssColour, GROUPS } from "./cell_look";
import type { CellGroup } from "./cell_look";
import type { CellSession } from "./cell_session";
import { SaveBadge } from "./save_badge";
import { areaText } from "../annotations/area_text";
import { ApiError } from "../api/errors";
import { number } from "../i18n/format";
import { useLanguage } from "../i18n/words";
import { ErrorNotice } from "../ui/error_notice";
import type { Tool } from "../viewer/tools";

interface Props {
  session: CellSession;
  shown: Readonly<Record<CellGroup, boolean>>;
  onShown: (shown: Record<CellGroup, boolean>) => void;
  tool: Tool;
  onTool: (tool: Tool) => void;
  canEdit: boolean;
  spacing: { x: number | null; y: number | null };
}

/** Which cells are shown, and the tools that change the count. */
export function CellControls({ session, shown, onShown, tool, onTool, canEdit, spacing }: Props) {
  const { t } = useTranslation("viewer");
  const problem = session.loadError;
  return (
    <Stack gap={6} component="section" aria-label={t("cells.title")}>
      <Group justify="space-between">
        <Text size="sm" fw={600} component="h3" m={0}>
          {t("cells.title")}
        </Text>
        {canEdit && <SaveBadge save={session.save} />}
      </Group>
      {problem instanceof ApiError && <ErrorNotice error={problem} />}
      {problem !== null && !(problem instanceof ApiError) && <Alert color="red">{t("cells.unreadable")}</Alert>}
      <Group gap={4} role="group" aria-label={t("cells.legend")}>
        {GROUPS.map((group) => (
          <Button
            key={group}
            size="compact-xs"
            variant={shown[group] ? "light" : "default"}
            color="gray"
            aria-pressed={shown[group]}
            leftSection={<Mark group={group} />}
            onClick={() => onShown({ ...shown, [group]: !shown[group] })}
          >
            {t(`cells.${group}`)}
          </Button>
        ))}
      </Group>
      {canEdit && <EditTools session={session} tool={tool} onTool={onTool} />}
      {session.restored && (
        <Alert color="blue" p="xs">
          {t("edits.restored")}
        </Alert>
      )}
      <EditList session={session} spacing={spacing} canEdit={canEdit} />
    </Stack>
  );
}

/** The same disc, ring and pale ring as on the slide. */
function Mark({ group }: { group: CellGroup }) {
  const fill = group === "positive" ? cssColour("positive") : "none";
  const stroke = group === "positive" ? cssColour("dark") : `rgb(${COLOURS[group].join(" ")})`;
  return (
    <svg width={12} height={12} aria-hidden>
      <circle
        cx={6}
        cy={6}
        r={4.5}
        fill={fill}
        stroke={stroke}
        strokeWidth={group === "negative" ? 2.2 : 1.2}
        opacity={group === "ignored" ? 0.6 : 1}
      />
    </svg>
  );
}

function EditTools({ session, tool, onTool }: { session: CellSession; tool: Tool; onTool: (tool: Tool) => void }) {
  const { t } = useTranslation("viewer");
  const toggle = (wanted: Tool): void => onTool(tool === wanted ? "look" : wanted);
  return (
    <Group gap={4} wrap="wrap">
      <Button
        size="compact-xs"
        variant={tool === "flip" ? "filled" : "default"}
        aria-pressed={tool === "flip"}
        leftSection={<IconPointer size={14} aria-hidden />}
        onClick={() => toggle("flip")}
      >
        {t("edits.flip")}
      </Button>
      <Button
        size="compact-xs"
        variant={tool === "exclude" ? "filled" : "default"}
        aria-pressed={tool === "exclude"}
        leftSection={<IconLassoOff size={14} aria-hidden />}
        onClick={() => toggle("exclude")}
      >
        {t("edits.exclude")}
      </Button>
      <Tooltip label={t("edits.undo_help")}>
        <ActionIcon
          variant="default"
          size="sm"
          aria-label={t("edits.undo")}
          disabled={!session.canUndo}
          onClick={session.undo}
        >
          <IconArrowBackUp size={15} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={t("edits.redo_help")}>
        <ActionIcon
          variant="default"
          size="sm"
          aria-label={t("edits.redo")}
          disabled={!session.canRedo}
          onClick={session.redo}
        >
          <IconArrowForwardUp size={15} />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}

function EditList({ session, spacing, canEdit }: Pick<Props, "session" | "spacing" | "canEdit">) {
  const { t } = useTranslation("viewer");
  const language = useLanguage();
  const { edits } = session;
  return (
    <>
      {edits.flipped.length > 0 && (
        <Text size="xs" data-testid="flipped-count">
          {t("edits.flipped", { n: number(edits.flipped.length, language) })}
        </Text>
      )}
      {edits.excluded_regions.map((region, i) => (
        <Group key={i} gap={4} justify="space-between">
          <Text size="xs">
            {t("edits.excluded", { n: i + 1 })} · {areaText(region, spacing, t("regions.area_unknown"), language)}
          </Text>
          {canEdit && (
            <ActionIcon
              size="xs"
              variant="subtle"
              color="gray"
              aria-label={t("edits.restore", { n: i + 1 })}
              onClick={() => session.restore(i)}
            >
              <IconX size={12} />
            </ActionIcon>
          )}
        </Group>
      ))}
    </>
  );
}
