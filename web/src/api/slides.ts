import {
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
import type { Language } from "../i18n/setup";
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

/** A slide that waits for a person, with what was read on it and why nothing placed it. */
export type QueuedSlide = components["schemas"]["QueuedSlide"];
export type QueueState = "waiting" | "set_aside" | "failed";
type SlideQueue = components["schemas"]["SlideQueue"];
export type MatchSuggestion = components["schemas"]["MatchSuggestion"];
export type WaitingSlide = components["schemas"]["WaitingSlide"];
export type Contradiction = components["schemas"]["Contradiction"];

/** The queue, newest first, page after page. */
export function useQueue(state: QueueState): UseInfiniteQueryResult<InfiniteData<SlideQueue>, ApiError> {
  return useInfiniteQuery({
    queryKey: keys.queue(state),
    queryFn: ({ signal, pageParam }) => {
      const query = { state, ...(pageParam === null ? {} : { after: pageParam }) };
      return answer(http.GET("/api/v1/slides/unmatched", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_after,
  });
}

/** Why a slide cannot be read and what can be done about it; empty where nothing is wrong. */
export function failureWords(slide: SlideSummary, language: Language): string {
  const said = slide.failure?.[language] ?? slide.failure_code ?? "";
  const mend = slide.failure_mend?.[language] ?? "";
  // Chinese sentences follow each other without a space.
  return [said, mend].filter((part) => part !== "").join(language === "en" ? " " : "");
}

/** The part of the queue that a slide is in. */
export function stateOfQueued(slide: QueuedSlide): QueueState {
  if (slide.set_aside_at !== null) return "set_aside";
  return slide.status === "failed" ? "failed" : "waiting";
}

/** One slide, in whatever part of the queue it is; null where it is in none. */
export function useQueued(slideId: string | null): UseQueryResult<QueuedSlide | null, ApiError> {
  return useQuery({
    queryKey: keys.queued(slideId ?? ""),
    queryFn: async ({ signal }) => {
      const query = { slide: slideId ?? "" };
      return (await answer(http.GET("/api/v1/slides/unmatched", { params: { query }, signal }))).items[0] ?? null;
    },
    enabled: slideId !== null,
  });
}

/** Cases that a slide may belong to; with `caseId` that one alone. */
export function useCandidates(
  slideId: string,
  caseId: string | null,
  enabled = true,
): UseQueryResult<MatchSuggestion[], ApiError> {
  return useQuery({
    queryKey: keys.candidates(slideId, caseId),
    queryFn: async ({ signal }) => {
      const params = { path: { slide_id: slideId }, query: caseId === null ? {} : { case_id: caseId } };
      return (await answer(http.GET("/api/v1/slides/{slide_id}/candidates", { params, signal }))).items;
    },
    enabled,
  });
}

/** Take a slide out of the queue with a reason; without one, bring it back. */
export function useSetAside(): UseMutationResult<SlideSummary, ApiError, { slideId: string; reason: string | null }> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ slideId, reason }) => {
      const params = { path: { slide_id: slideId } };
      return reason === null
        ? answer(http.POST("/api/v1/slides/{slide_id}/bring-back", { params }))
        : answer(http.POST("/api/v1/slides/{slide_id}/set-aside", { params, body: { reason } }));
    },
    onSuccess: () => client.invalidateQueries({ queryKey: keys.unmatchedSlides }),
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
        client.invalidateQueries({ queryKey: keys.uploads }),
      ]);
    },
  });
}
