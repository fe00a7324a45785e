/** Colour: the tables by which slides are shown, and checks of what a screen was sent. */

import {
  queryOptions,
  useMutation,
  useQuery,
  type QueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";

import { answer, http } from "./client";
import type { ApiError } from "./errors";
import { keys } from "./keys";
import type { components } from "./schema";
import { parseTable, type ColourTable, type ScreenSpace } from "../viewer/colour_table";

export type ColourTarget = components["schemas"]["ColourTarget"];
export type ColourCheck = components["schemas"]["ColourCheck"];
export type NewColourCheck = components["schemas"]["NewColourCheck"];

/** The table of a slide's profile, or of the target's own for null; it never changes. */
function colourTable(slideId: string | null, space: ScreenSpace) {
  return queryOptions<ColourTable, ApiError>({
    queryKey: keys.colourTable(slideId ?? "target", space),
    staleTime: Infinity,
    queryFn: async ({ signal }) => {
      const query = { to: space };
      const data =
        slideId === null
          ? await answer(http.GET("/api/v1/colour/target/table", { params: { query }, parseAs: "arrayBuffer", signal }))
          : await answer(
              http.GET("/api/v1/slides/{slide_id}/colour", {
                params: { path: { slide_id: slideId }, query },
                parseAs: "arrayBuffer",
                signal,
              }),
            );
      return parseTable(data, space);
    },
  });
}

/** Fetched where `enabled`. */
export function useColourTable(
  slideId: string | null,
  space: ScreenSpace,
  enabled = true,
): UseQueryResult<ColourTable, ApiError> {
  return useQuery({ ...colourTable(slideId, space), enabled });
}

/** Ask for a slide's table before the page that needs it is there. */
export function prefetchColourTable(client: QueryClient, slideId: string, space: ScreenSpace): void {
  client.query(colourTable(slideId, space)).catch(() => undefined); // whoever needs it asks again and is told
}

export function useColourTarget(): UseQueryResult<ColourTarget, ApiError> {
  return useQuery({
    queryKey: keys.colourTarget,
    staleTime: Infinity,
    queryFn: ({ signal }) => answer(http.GET("/api/v1/colour/target", { signal })),
  });
}

/** Compare what the screen was sent with what LittleCMS computes. */
export function useCheckColours(): UseMutationResult<ColourCheck, ApiError, NewColourCheck> {
  return useMutation({ mutationFn: (body) => answer(http.POST("/api/v1/colour/checks", { body })) });
}
