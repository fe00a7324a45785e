import { Center, Loader } from "@mantine/core";
import { useTranslation } from "react-i18next";

export function Loading() {
  const { t } = useTranslation("screen");
  return (
    <Center py="xl" role="status" aria-label={t("status.loading")}>
      <Loader size="sm" />
    </Center>
  );
}
