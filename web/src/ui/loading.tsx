import { Center, Loader } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

/** A page that comes sooner comes without a flicker, and nothing moves while it is being drawn. */
const SHOWN_AFTER = 300;

export function Loading() {
  const { t } = useTranslation("screen");
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setLate(true), SHOWN_AFTER);
    return () => window.clearTimeout(timer);
  }, []);
  return (
    <Center py="xl" mih={86} role="status" aria-label={t("status.loading")}>
      {late && <Loader size="sm" />}
    </Center>
  );
}
