import { Box, Tabs } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { useCase, type CaseDetail } from "../api/cases";
import type { SlideSummary } from "../api/slides";
import { useSession } from "../session/session";
import { ErrorNotice } from "../ui/error_notice";
import { useShortcuts } from "../ui/keyboard";
import { Loading } from "../ui/loading";
import { usePageTitle } from "../ui/page_title";
import { PatientBanner } from "../ui/patient_banner";
import { CaseTimeline } from "../audit/case_timeline";
import { AssignmentPanel } from "./assignment";
import { ClinicalPanel } from "./clinical_panel";
import { ReportPanel } from "./report_panel";
import { SpecimenTree } from "./specimen_tree";
import classes from "./case.module.css";

/** The slides that can be opened, in the order of the page. */
export function readableSlides(of: CaseDetail): SlideSummary[] {
  const placed = of.specimens.flatMap((specimen) => specimen.blocks.flatMap((block) => block.slides));
  return [...placed, ...of.unplaced_slides].filter((slide) => slide.status === "ready");
}

function Case({ of }: { of: CaseDetail }) {
  const { t } = useTranslation("screen");
  const { can } = useSession();
  const navigate = useNavigate();
  const [tab, setTab] = useState<string | null>("case");
  usePageTitle(of.accession_number);
  const first = readableSlides(of)[0];
  useShortcuts([
    ...(first && can("slide.read")
      ? [{ key: "s", words: t("case.keys.slide"), action: () => void navigate(`/slides/${first.id}`) }]
      : []),
    ...(can("report.read")
      ? [{ key: "r", words: t("case.keys.report"), action: () => void navigate(`/cases/${of.id}/report`) }]
      : []),
    ...(can("slide.ingest")
      ? [{ key: "i", words: t("case.keys.upload"), action: () => void navigate(`/upload?case=${of.id}`) }]
      : []),
    { key: "u", words: t("case.keys.up"), action: () => void navigate("/") },
  ]);
  return (
    <>
      <PatientBanner of={of} />
      <Tabs value={tab} onChange={setTab} keepMounted={false}>
        {can("audit.case") && (
          <Tabs.List px="sm">
            <Tabs.Tab value="case">{t("case.tab")}</Tabs.Tab>
            <Tabs.Tab value="audit">{t("case.audit_tab")}</Tabs.Tab>
          </Tabs.List>
        )}
        <Tabs.Panel value="case">
          <Box className={classes["columns"] ?? ""}>
            <SpecimenTree of={of} />
            <Box className={classes["side"] ?? ""}>
              <ReportPanel of={of} />
              <AssignmentPanel of={of} />
              <ClinicalPanel of={of} />
            </Box>
          </Box>
        </Tabs.Panel>
        <Tabs.Panel value="audit">
          <CaseTimeline caseId={of.id} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

export default function CasePage() {
  const { id = "" } = useParams();
  const found = useCase(id);
  if (found.isPending) return <Loading />;
  if (found.data === undefined) {
    return (
      <Box p="md" maw={640}>
        <ErrorNotice error={found.error} onRetry={() => void found.refetch()} />
      </Box>
    );
  }
  return <Case key={found.data.id} of={found.data} />;
}
