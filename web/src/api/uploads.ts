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
import type { LiveUpload } from "./live";
import type { components } from "./schema";

/** What one person sent together, and what became of it. */
export type UploadBatch = components["schemas"]["UploadBatch"];
export type UploadResult = components["schemas"]["UploadResult"];

export const TUS_ENDPOINT = "/api/v1/uploads";

export function fetchUploads(signal?: AbortSignal): Promise<UploadBatch[]> {
  const asked = http.GET("/api/v1/uploads", signal === undefined ? {} : { signal });
  return answer(asked).then(({ items }) => items);
}

export function useUploads(): UseQueryResult<UploadBatch[], ApiError> {
  return useQuery({ queryKey: keys.uploads, queryFn: ({ signal }) => fetchUploads(signal) });
}

export function useRetryUpload(): UseMutationResult<UploadBatch, ApiError, string> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id) =>
      answer(http.POST("/api/v1/uploads/batches/{batch_id}/retry", { params: { path: { batch_id: id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.uploads }),
  });
}

/** Have the server delete what has arrived of these files. */
export async function endUploads(ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const params = { path: { upload_id: id }, header: { "Tus-Resumable": "1.0.0" } };
    await answer(http.DELETE("/api/v1/uploads/{upload_id}", { params }));
  }
}

/** Give a batch up. */
export function useEndUpload(): UseMutationResult<void, ApiError, readonly string[]> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: endUploads,
    onSettled: () => client.invalidateQueries({ queryKey: keys.uploads }),
  });
}

/** How far taking a batch in has come, by the last live event; null before the first. */
export function useUploadProgress(id: string): LiveUpload | null {
  const { data } = useQuery<LiveUpload | null>({
    queryKey: keys.uploadProgress(id),
    queryFn: () => null,
    enabled: false,
    initialData: null,
  });
  return data;
}
