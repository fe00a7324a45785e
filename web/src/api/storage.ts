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

export type StorageOverview = components["schemas"]["StorageOverview"];
export type FixityFinding = components["schemas"]["FixityFinding"];
export type StorageRule = components["schemas"]["StorageRule"];
export type NewStorageRule = components["schemas"]["NewStorageRule"];
export type LegalHold = components["schemas"]["LegalHold"];
export type NewLegalHold = components["schemas"]["NewLegalHold"];
export type ExpiredSlide = components["schemas"]["ExpiredSlide"];
export type Removal = components["schemas"]["Removal"];

/** How often the page looks again while it is open: checks and moves have no live events. */
const AGAIN_MS = 15_000;

export function useStorage(): UseQueryResult<StorageOverview, ApiError> {
  return useQuery({
    queryKey: keys.storage("overview"),
    queryFn: ({ signal }) => answer(http.GET("/api/v1/storage", { signal })),
    refetchInterval: AGAIN_MS,
  });
}

export function useFindings(): UseQueryResult<FixityFinding[], ApiError> {
  return useQuery({
    queryKey: keys.storage("findings"),
    queryFn: async ({ signal }) => (await answer(http.GET("/api/v1/storage/findings", { signal }))).items,
  });
}

export function useStorageRules(): UseQueryResult<StorageRule[], ApiError> {
  return useQuery({
    queryKey: keys.storage("rules"),
    queryFn: async ({ signal }) => (await answer(http.GET("/api/v1/storage/rules", { signal }))).items,
  });
}

export function useLegalHolds(): UseQueryResult<LegalHold[], ApiError> {
  return useQuery({
    queryKey: keys.storage("holds"),
    queryFn: async ({ signal }) => (await answer(http.GET("/api/v1/storage/holds", { signal }))).items,
  });
}

export function useExpiredSlides(): UseQueryResult<ExpiredSlide[], ApiError> {
  return useQuery({
    queryKey: keys.storage("expired"),
    queryFn: async ({ signal }) => (await answer(http.GET("/api/v1/storage/expired", { signal }))).items,
  });
}

function useStorageMutation<Given, Answer>(
  send: (given: Given) => Promise<Answer>,
): UseMutationResult<Answer, ApiError, Given> {
  const client = useQueryClient();
  return useMutation({ mutationFn: send, onSuccess: () => client.invalidateQueries({ queryKey: ["storage"] }) });
}

export function useAskForCheck(): UseMutationResult<unknown, ApiError, void> {
  return useStorageMutation(() => answer(http.POST("/api/v1/storage/checks", {})));
}

export function useReleaseFinding(): UseMutationResult<FixityFinding, ApiError, string> {
  return useStorageMutation((id) =>
    answer(http.POST("/api/v1/storage/findings/{finding_id}/release", { params: { path: { finding_id: id } } })),
  );
}

export function useAddRule(): UseMutationResult<StorageRule, ApiError, NewStorageRule> {
  return useStorageMutation((body) => answer(http.POST("/api/v1/storage/rules", { body })));
}

export function useEndRule(): UseMutationResult<unknown, ApiError, string> {
  return useStorageMutation((id) =>
    answer(http.DELETE("/api/v1/storage/rules/{rule_id}", { params: { path: { rule_id: id } } })),
  );
}

export function usePlaceHold(): UseMutationResult<LegalHold, ApiError, NewLegalHold> {
  return useStorageMutation((body) => answer(http.POST("/api/v1/storage/holds", { body })));
}

export function useReleaseHold(): UseMutationResult<unknown, ApiError, { id: string; reason: string }> {
  return useStorageMutation(({ id, reason }) =>
    answer(
      http.POST("/api/v1/storage/holds/{hold_id}/release", { params: { path: { hold_id: id } }, body: { reason } }),
    ),
  );
}

export function useRemoveSlides(): UseMutationResult<{ removed: number }, ApiError, Removal> {
  return useStorageMutation((body) => answer(http.POST("/api/v1/storage/removals", { body })));
}
