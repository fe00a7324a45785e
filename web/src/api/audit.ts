import {
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  type InfiniteData,
  type UseInfiniteQueryResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import { answer, http } from "./client";
import type { ApiError } from "./errors";
import { keys } from "./keys";
import type { components, paths } from "./schema";

export type AuditEvent = components["schemas"]["AuditEvent"];
export type AuditPage = components["schemas"]["AuditPage"];
export type AuditQuery = Omit<NonNullable<paths["/api/v1/audit"]["get"]["parameters"]["query"]>, "cursor">;

export function useAudit(query: AuditQuery): UseInfiniteQueryResult<InfiniteData<AuditPage>, ApiError> {
  return useInfiniteQuery({
    queryKey: keys.audit(query),
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam === null ? {} : { cursor: Number(pageParam) };
      return answer(http.GET("/api/v1/audit", { params: { query: { ...query, ...cursor } }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
  });
}

export function useCaseAudit(caseId: string, enabled = true): UseQueryResult<AuditEvent[], ApiError> {
  return useQuery({
    queryKey: keys.caseAudit(caseId),
    queryFn: async ({ signal }) => {
      const params = { path: { case_id: caseId } };
      return (await answer(http.GET("/api/v1/cases/{case_id}/audit", { params, signal }))).items;
    },
    enabled,
  });
}
