import { Alert, Button, Text } from "@mantine/core";
import { Component, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

function Broken() {
  const { t } = useTranslation("screen");
  return (
    <Alert color="red" m="md" role="alert" title={t("faulty.page_broken")}>
      <Text size="sm">{t("faulty.page_broken_mend")}</Text>
      <Button size="compact-sm" variant="default" mt="xs" onClick={() => window.location.reload()}>
        {t("faulty.reload")}
      </Button>
    </Alert>
  );
}

/** A page that fails says so, and leaves the frame and the way out standing. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    return this.state.failed ? <Broken /> : this.props.children;
  }
}
