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

export type Reading = components["schemas"]["Reading"];
export type ReadingSummary = components["schemas"]["ReadingSummary"];
export type ReadingResult = components["schemas"]["ReadingResult"];
export type ReadingRequest = components["schemas"]["ReadingRequest"];
export type ReadingStatus = Reading["status"];
export type ReadingDecision = Reading["decision"];
export type Review = components["schemas"]["Review"];
export type NewReview = components["schemas"]["NewReview"];
export type ReviewAction = Review["action"];
/** Regions left out, and indices of cells whose class the reader turned over. */
export type Edits = components["schemas"]["Edits"];
export type Algorithm = components["schemas"]["Algorithm"];
/** GeoJSON in pixels of level 0, y downwards. */
export type Polygon = components["schemas"]["Polygon"];
export type MultiPolygon = components["schemas"]["MultiPolygon"];
export type Area = Polygon | MultiPolygon;

export function useAlgorithms(): UseQueryResult<Algorithm[], ApiError> {
  return useQuery({
    queryKey: keys.algorithms,
    queryFn: async ({ signal }) => (await answer(http.GET("/api/v1/algorithms", { signal }))).items,
    staleTime: 300_000,
  });
}

export function useSlideReadings(slideId: string): UseQueryResult<Reading[], ApiError> {
  return useQuery({
    queryKey: keys.slideReadings(slideId),
    queryFn: async ({ signal }) => {
      const params = { path: { slide_id: slideId } };
      return (await answer(http.GET("/api/v1/slides/{slide_id}/readings", { params, signal }))).items;
    },
  });
}

export function useReading(id: string | null): UseQueryResult<Reading, ApiError> {
  return useQuery({
    queryKey: keys.reading(id ?? ""),
    queryFn: ({ signal }) =>
      answer(http.GET("/api/v1/readings/{reading_id}", { params: { path: { reading_id: id ?? "" } }, signal })),
    enabled: id !== null,
  });
}

/** The cells of a finished reading as `CVC1` bytes (decoded by the viewer); they never change. */
export function useCells(readingId: string | null): UseQueryResult<ArrayBuffer, ApiError> {
  return useQuery({
    queryKey: keys.cells(readingId ?? ""),
    queryFn: async ({ signal }) => {
      const params = { path: { reading_id: readingId ?? "" } };
      return answer<ArrayBuffer>(
        http.GET("/api/v1/readings/{reading_id}/cells", { params, signal, parseAs: "arrayBuffer" }),
      );
    },
    enabled: readingId !== null,
    staleTime: Infinity,
  });
}

function useReadingMutation<Variables>(
  send: (variables: Variables) => Promise<Reading>,
): UseMutationResult<Reading, ApiError, Variables> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: async (reading) => {
      client.setQueryData(keys.reading(reading.id), reading);
      await Promise.all([
        client.invalidateQueries({ queryKey: keys.slideReadings(reading.slide_id) }),
        client.invalidateQueries({ queryKey: keys.cases }),
      ]);
    },
  });
}

export function useStartReading(slideId: string): UseMutationResult<Reading, ApiError, ReadingRequest> {
  return useReadingMutation((body) =>
    answer(http.POST("/api/v1/slides/{slide_id}/readings", { params: { path: { slide_id: slideId } }, body })),
  );
}

export function useCancelReading(): UseMutationResult<Reading, ApiError, string> {
  return useReadingMutation((id) =>
    answer(http.POST("/api/v1/readings/{reading_id}/cancel", { params: { path: { reading_id: id } } })),
  );
}

/** Save a reader's edits; the answer is the reading counted anew. The viewer decides when (see `EditsSaver`). */
export function saveEdits(id: string, body: Edits): Promise<Reading> {
  return answer(http.PUT("/api/v1/readings/{reading_id}/edits", { params: { path: { reading_id: id } }, body }));
}

export function useReviewReading(id: string): UseMutationResult<Reading, ApiError, NewReview> {
  return useReadingMutation((body) =>
    answer(http.POST("/api/v1/readings/{reading_id}/reviews", { params: { path: { reading_id: id } }, body })),
  );
}
