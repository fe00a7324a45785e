import { Button, Group } from "@mantine/core";
import { IconFileTypePdf } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { reportPdf } from "../api/reports";
import { LANGUAGES } from "../i18n/setup";

/** The report as PDF in each language; a draft opens beside the page, a signed one can be kept. */
export function PdfLinks({ reportId, draft }: { reportId: string; draft: boolean }) {
  const { t } = useTranslation("screen");
  return (
    <Group gap={6}>
      {LANGUAGES.map((locale) => (
        <Button
          key={locale}
          component="a"
          href={reportPdf(reportId, locale)}
          target="_blank"
          rel="noopener"
          variant="default"
          leftSection={<IconFileTypePdf size={16} aria-hidden />}
        >
          {t(draft ? `report.preview.${locale}` : `report.pdf.${locale}`)}
        </Button>
      ))}
    </Group>
  );
}
