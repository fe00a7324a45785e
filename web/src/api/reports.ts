import {
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import { answer, http } from "./client";
import type { ApiError } from "./errors";
import { keys } from "./keys";
import type { components } from "./schema";

export type Report = components["schemas"]["Report"];
export type ReportDraft = components["schemas"]["ReportDraft"];
export type ReportStatus = Report["status"];
/** A picture of the report: a field of a slide, in pixels of level 0. */
export type KeyImage = components["schemas"]["KeyImage"];
export type SignOut = components["schemas"]["SignOut"];

/** The address of a report's PDF: the stored bytes of a signed one, a page marked as draft of another. */
export function reportPdf(reportId: string, locale: "zh-CN" | "en"): string {
  return `/api/v1/reports/${reportId}/pdf?locale=${locale}`;
}

async function fetchReports(caseId: string, signal?: AbortSignal): Promise<Report[]> {
  const params = { path: { case_id: caseId } };
  const options = signal === undefined ? { params } : { params, signal };
  return (await answer(http.GET("/api/v1/cases/{case_id}/reports", options))).items;
}

export function saveDraft(caseId: string, body: ReportDraft): Promise<Report> {
  return answer(http.PUT("/api/v1/cases/{case_id}/report", { params: { path: { case_id: caseId } }, body }));
}

/** The draft as the server holds it now, or null when there is none. */
export async function loadDraft(caseId: string): Promise<Report | null> {
  return (await fetchReports(caseId)).find((report) => report.status === "draft") ?? null;
}

/** Every version of a case's report, newest first. */
export function useReports(caseId: string): UseQueryResult<Report[], ApiError> {
  return useQuery({
    queryKey: keys.caseReports(caseId),
    queryFn: ({ signal }) => fetchReports(caseId, signal),
  });
}

/** What a draft holds, ready to be sent back; an empty one where there is none yet. */
export function draftOf(report: Report | null | undefined): ReportDraft {
  if (!report) {
    return { revision: 0, diagnosis: "", microscopy: "", gross: "", comment: "", reading_ids: [], key_images: [] };
  }
  const { revision, diagnosis, microscopy, gross, comment, reading_ids, key_images } = report;
  return { revision, diagnosis, microscopy, gross, comment, reading_ids, key_images };
}

function useReportMutation<Variables>(
  send: (variables: Variables) => Promise<Report>,
): UseMutationResult<Report, ApiError, Variables> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.cases }),
  });
}

/** Put a field of a slide among the pictures of the case's draft; makes the draft where there is none. */
export function useAddKeyImage(caseId: string): UseMutationResult<Report, ApiError, KeyImage> {
  return useReportMutation(async (image) => {
    const draft = draftOf(await loadDraft(caseId));
    return saveDraft(caseId, { ...draft, key_images: [...(draft.key_images ?? []), image] });
  });
}

export function useSignReport(caseId: string): UseMutationResult<Report, ApiError, SignOut> {
  return useReportMutation((body) =>
    answer(http.POST("/api/v1/cases/{case_id}/report/sign", { params: { path: { case_id: caseId } }, body })),
  );
}

export function useAmendReport(caseId: string): UseMutationResult<Report, ApiError, string> {
  return useReportMutation((reason) =>
    answer(
      http.POST("/api/v1/cases/{case_id}/report/amend", { params: { path: { case_id: caseId } }, body: { reason } }),
    ),
  );
}
