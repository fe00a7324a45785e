import { Anchor } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { EmptyState } from "./empty_state";
import { usePageTitle } from "./page_title";

export default function NotFoundPage() {
  const { t } = useTranslation("screen");
  usePageTitle(t("not_found.title"));
  return (
    <EmptyState title={t("not_found.title")}>
      <Anchor component={Link} to="/">
        {t("not_found.back")}
      </Anchor>
    </EmptyState>
  );
}
