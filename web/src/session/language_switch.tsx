import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api/errors";
import { isLanguage } from "../i18n/setup";
import { useLanguage } from "../i18n/words";
import { ErrorNotice } from "../ui/error_notice";
import { useSessionState } from "./session";

/** Each language under its own name, so that it is found by who cannot read the other. */
const NAMES = [
  { value: "zh-CN", label: "中文" },
  { value: "en", label: "English" },
];

export function LanguageSwitch() {
  const { t } = useTranslation("screen");
  const language = useLanguage();
  const { setLanguage } = useSessionState();
  const [error, setError] = useState<ApiError | null>(null);

  const choose = async (value: string): Promise<void> => {
    if (!isLanguage(value)) return;
    try {
      await setLanguage(value);
      setError(null);
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      setError(problem);
    }
  };
  return (
    <>
      <SegmentedControl
        size="xs"
        aria-label={t("account.language")}
        data={NAMES}
        value={language}
        onChange={(value) => void choose(value)}
      />
      <ErrorNotice error={error} />
    </>
  );
}
