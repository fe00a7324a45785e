import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { answer, http } from "./client";
import type { ApiError } from "./errors";
import { keys } from "./keys";
import type { components } from "./schema";

export type CaseSummary = components["schemas"]["CaseSummary"];
export type CaseDetail = components["schemas"]["CaseDetail"];
export type CaseList = components["schemas"]["CaseList"];
export type CaseRegistration = components["schemas"]["CaseRegistration"];
export type CaseChange = components["schemas"]["CaseChange"];
export type Patient = components["schemas"]["Patient"];
export type Specimen = components["schemas"]["Specimen"];
export type Block = components["schemas"]["Block"];
export type CaseStatus = CaseSummary["status"];
export type Priority = CaseSummary["priority"];
export type Sex = Patient["sex"];

export const CASE_STATUSES: readonly CaseStatus[] = [
  "registered",
  "awaiting_slides",
  "ready",
  "in_reading",
  "drafted",
  "signed",
  "amending",
  "cancelled",
];
export const PRIORITIES: readonly Priority[] = ["frozen", "urgent", "routine"];
export const SEXES: readonly Sex[] = ["female", "male", "other", "unknown"];

export function useCase(id: string | null): UseQueryResult<CaseDetail, ApiError> {
  return useQuery({
    queryKey: keys.case(id ?? ""),
    queryFn: ({ signal }) =>
      answer(http.GET("/api/v1/cases/{case_id}", { params: { path: { case_id: id ?? "" } }, signal })),
    enabled: id !== null,
  });
}
