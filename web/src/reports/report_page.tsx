import { Box } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { useCase } from "../api/cases";
import { useReports, type Report } from "../api/reports";
import { useSession } from "../session/session";
import { EmptyState } from "../ui/empty_state";
import { ErrorNotice } from "../ui/error_notice";
import { useShortcuts } from "../ui/keyboard";
import { Loading } from "../ui/loading";
import { usePageTitle } from "../ui/page_title";
import { PatientBanner } from "../ui/patient_banner";
import { Editor } from "./editor";
import { SignedView } from "./signed_view";

/** The version asked for, or the newest; null where there is no report yet. */
export function chosenVersion(reports: readonly Report[], version: string | null): Report | null {
  return reports.find((report) => String(report.version) === version) ?? reports[0] ?? null;
}

export default function ReportPage() {
  const { t } = useTranslation("screen");
  const { id = "" } = useParams();
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const { can } = useSession();
  const of = useCase(id);
  const reports = useReports(id);
  usePageTitle(of.data === undefined ? t("report.title") : t("report.page", { accession: of.data.accession_number }));
  useShortcuts([{ key: "u", words: t("report.keys.up"), action: () => void navigate(`/cases/${id}`) }]);

  if (of.data === undefined || reports.data === undefined) {
    const error = of.error ?? reports.error;
    if (error === null) return <Loading />;
    return (
      <Box p="md" maw={640}>
        <ErrorNotice error={error} onRetry={() => void Promise.all([of.refetch(), reports.refetch()])} />
      </Box>
    );
  }
  const report = chosenVersion(reports.data, search.get("version"));
  const writable = report === null || report.status === "draft";
  return (
    <>
      <PatientBanner of={of.data} />
      {writable && can("report.write") && (
        <Editor key={report?.version ?? 1} of={of.data} report={report} versions={reports.data} />
      )}
      {report !== null && !(writable && can("report.write")) && (
        <SignedView of={of.data} report={report} versions={reports.data} />
      )}
      {report === null && !can("report.write") && <EmptyState title={t("case.no_report")} />}
    </>
  );
}
