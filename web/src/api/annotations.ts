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

export type Annotation = components["schemas"]["Annotation"];
export type NewAnnotation = components["schemas"]["NewAnnotation"];
export type AnnotationKind = Annotation["kind"];

export function useAnnotations(slideId: string): UseQueryResult<Annotation[], ApiError> {
  return useQuery({
    queryKey: keys.annotations(slideId),
    queryFn: async ({ signal }) => {
      const params = { path: { slide_id: slideId } };
      return (await answer(http.GET("/api/v1/slides/{slide_id}/annotations", { params, signal }))).items;
    },
  });
}

export function useAddAnnotation(slideId: string): UseMutationResult<Annotation, ApiError, NewAnnotation> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body) =>
      answer(http.POST("/api/v1/slides/{slide_id}/annotations", { params: { path: { slide_id: slideId } }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.annotations(slideId) }),
  });
}

export function useRemoveAnnotation(slideId: string): UseMutationResult<unknown, ApiError, string> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id) =>
      answer(http.DELETE("/api/v1/annotations/{annotation_id}", { params: { path: { annotation_id: id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.annotations(slideId) }),
  });
}
