import { useTranslation } from "react-i18next";
import { age } from "../i18n/format";

/** A patient's age at `day` in words; "" where the birth date is unknown. */
export function useAge(): (birthDate: string | null, day: Date) => string {
  const { t } = useTranslation("screen");
  return (birthDate, day) =>
    age(birthDate, day, {
      years: (count) => t("age.years", { n: count }),
      months: (count) => t("age.months", { n: count }),
      days: (count) => t("age.days", { n: count }),
    });
}
