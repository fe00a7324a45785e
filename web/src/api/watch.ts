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

export type WatchedFolder = components["schemas"]["WatchedFolder"];
export type WatchedFolders = components["schemas"]["WatchedFolders"];
export type NewWatchedFolder = components["schemas"]["NewWatchedFolder"];
export type WatchedFolderChange = components["schemas"]["WatchedFolderChange"];
export type WatchedFile = components["schemas"]["WatchedFile"];
export type AfterTaking = WatchedFolder["after_taking"];

export const AFTER_TAKING: readonly AfterTaking[] = ["keep", "move", "delete"];
/** How often the page looks again: folders have no live events. */
const AGAIN_MS = 10_000;

export function useWatchedFolders(): UseQueryResult<WatchedFolders, ApiError> {
  return useQuery({
    queryKey: keys.watchedFolders,
    queryFn: ({ signal }) => answer(http.GET("/api/v1/watched-folders", { signal })),
    refetchInterval: AGAIN_MS,
  });
}

export function useWatchedFiles(folderId: string): UseQueryResult<WatchedFile[], ApiError> {
  return useQuery({
    queryKey: keys.watchedFiles(folderId),
    queryFn: async ({ signal }) => {
      const params = { path: { folder_id: folderId } };
      return (await answer(http.GET("/api/v1/watched-folders/{folder_id}/files", { params, signal }))).items;
    },
  });
}

function useFolderMutation<Given, Answer>(
  send: (given: Given) => Promise<Answer>,
): UseMutationResult<Answer, ApiError, Given> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.watchedFolders }),
  });
}

export function useAddFolder(): UseMutationResult<WatchedFolder, ApiError, NewWatchedFolder> {
  return useFolderMutation((body) => answer(http.POST("/api/v1/watched-folders", { body })));
}

export function useChangeFolder(): UseMutationResult<WatchedFolder, ApiError, WatchedFolderChange & { id: string }> {
  return useFolderMutation(({ id, ...body }) =>
    answer(http.PATCH("/api/v1/watched-folders/{folder_id}", { params: { path: { folder_id: id } }, body })),
  );
}

export function useRemoveFolder(): UseMutationResult<unknown, ApiError, string> {
  return useFolderMutation((id) =>
    answer(http.DELETE("/api/v1/watched-folders/{folder_id}", { params: { path: { folder_id: id } } })),
  );
}

export function useRetryFile(): UseMutationResult<WatchedFile, ApiError, string> {
  return useFolderMutation((id) =>
    answer(http.POST("/api/v1/watched-files/{file_id}/retry", { params: { path: { file_id: id } } })),
  );
}
