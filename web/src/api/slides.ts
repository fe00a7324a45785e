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

export type SlideSummary = components["schemas"]["SlideSummary"];
export type SlideDetail = components["schemas"]["SlideDetail"];
/** One level of the slide's pyramid; lengths in pixels of that level. */
export type SlideLevel = components["schemas"]["SlideLevel"];
export type SlideChange = components["schemas"]["SlideChange"];
export type SlideStatus = SlideSummary["status"];
export type Stain = components["schemas"]["Stain"];
export type Marker = components["schemas"]["Marker"];
export type ControlStatus = components["schemas"]["ControlStatus"];

export const STAINS: readonly Stain[] = ["he", "ihc-dab", "fluorescence", "other"];
export const MARKERS: readonly Marker[] = ["ki67", "er", "pr", "her2", "pd-l1"];
/** Receptors first, then proliferation: the order in which they are reported. */
const CLINICAL_ORDER: readonly Marker[] = ["er", "pr", "her2", "ki67", "pd-l1"];

export function inClinicalOrder(markers: readonly Marker[]): Marker[] {
  return CLINICAL_ORDER.filter((marker) => markers.includes(marker));
}

export const CONTROL_STATUSES: readonly ControlStatus[] = ["passed", "failed", "unknown"];

/** The address of a label, macro or thumbnail picture. */
export function associatedImage(slideId: string, name: "label" | "macro" | "thumbnail"): string {
  return `/api/v1/slides/${slideId}/associated/${name}`;
}

/** `arrived`: told at once, before anything is drawn; must keep its identity. */
export function useSlide(
  id: string,
  arrived: (slide: SlideDetail) => void = () => undefined,
): UseQueryResult<SlideDetail, ApiError> {
  return useQuery({
    queryKey: keys.slide(id),
    queryFn: async ({ signal }) => {
      const asked = http.GET("/api/v1/slides/{slide_id}", { params: { path: { slide_id: id } }, signal });
      const slide = await answer(asked);
      arrived(slide);
      return slide;
    },
  });
}

export function useUnmatchedSlides(enabled = true): UseQueryResult<SlideSummary[], ApiError> {
  return useQuery({
    queryKey: keys.unmatchedSlides,
    queryFn: async ({ signal }) => (await answer(http.GET("/api/v1/slides/unmatched", { signal }))).items,
    enabled,
  });
}

export function useChangeSlide(id: string): UseMutationResult<SlideSummary, ApiError, SlideChange> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body) => answer(http.PATCH("/api/v1/slides/{slide_id}", { params: { path: { slide_id: id } }, body })),
    onSuccess: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: keys.slide(id) }),
        client.invalidateQueries({ queryKey: keys.cases }),
      ]);
    },
  });
}

export type SlideMatch = components["schemas"]["SlideMatch"] & { slideId: string };

export function useMatchSlide(): UseMutationResult<SlideSummary, ApiError, SlideMatch> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ slideId, ...body }) =>
      answer(http.POST("/api/v1/slides/{slide_id}/match", { params: { path: { slide_id: slideId } }, body })),
    onSuccess: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: keys.slides }),
        client.invalidateQueries({ queryKey: keys.cases }),
      ]);
    },
  });
}
