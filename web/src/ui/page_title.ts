import { useEffect } from "react";
import { useTranslation } from "react-i18next";

/** The browser tab's title: what is open, then the product. Never a patient's name: tabs are seen by passers-by. */
export function usePageTitle(title: string): void {
  const { t } = useTranslation("screen");
  const product = t("product.name");
  useEffect(() => {
    document.title = title === "" ? product : `${title} · ${product}`;
  }, [title, product]);
}
