import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type InfiniteData,
  type UseInfiniteQueryResult,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import { answer, http } from "./client";
import type { ApiError } from "./errors";
import { keys } from "./keys";
import type { components, paths } from "./schema";

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
export type CaseQuery = Omit<NonNullable<paths["/api/v1/cases"]["get"]["parameters"]["query"]>, "cursor">;

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

/** The worklist, page by page; what was on the screen stays while the next answer is awaited. */
export function useWorklist(query: CaseQuery): UseInfiniteQueryResult<InfiniteData<CaseList>, ApiError> {
  return useInfiniteQuery({
    queryKey: keys.worklist(query),
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam === null ? {} : { cursor: pageParam };
      return answer(http.GET("/api/v1/cases", { params: { query: { ...query, ...cursor } }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
    // The live stream tells of changes; this is for the case that a proxy swallows it.
    refetchInterval: 60_000,
  });
}

export function useCase(id: string | null): UseQueryResult<CaseDetail, ApiError> {
  return useQuery({
    queryKey: keys.case(id ?? ""),
    queryFn: ({ signal }) =>
      answer(http.GET("/api/v1/cases/{case_id}", { params: { path: { case_id: id ?? "" } }, signal })),
    enabled: id !== null,
  });
}

export function useRegisterCase(): UseMutationResult<CaseDetail, ApiError, CaseRegistration> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body) => answer(http.POST("/api/v1/cases", { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.cases }),
  });
}

export function useChangeCase(id: string): UseMutationResult<CaseDetail, ApiError, CaseChange> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body) => answer(http.PATCH("/api/v1/cases/{case_id}", { params: { path: { case_id: id } }, body })),
    onSuccess: (changed) => client.setQueryData(keys.case(id), changed),
    onSettled: () => client.invalidateQueries({ queryKey: keys.cases }),
  });
}
