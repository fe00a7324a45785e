import { Alert, Anchor, Group, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import type { SlideDetail } from "../api/slides";
import { useSession } from "../session/session";

/** Above a slide that stands in no case: whose tissue it is, nobody has said yet, also where a case was suggested. */
export function UnmatchedBanner({ slide }: { slide: Pick<SlideDetail, "id" | "case"> }) {
  const { t } = useTranslation("viewer");
  const { can } = useSession();
  return (
    <Alert
      color="orange"
      radius={0}
      py={6}
      role="alert"
      data-testid="unmatched-banner"
      icon={<IconAlertTriangle aria-hidden />}
    >
      <Group gap="sm">
        <Text size="sm" fw={600}>
          {t("unmatched.title")}
        </Text>
        <Text size="sm">
          {slide.case === null
            ? t("unmatched.what")
            : t("unmatched.suggested", { accession: slide.case.accession_number })}
        </Text>
        {can("slide.match") && (
          <Anchor component={Link} to={`/reconcile?slide=${slide.id}`} size="sm">
            {t("unmatched.match")}
          </Anchor>
        )}
      </Group>
    </Alert>
  );
}
