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

export type Role = components["schemas"]["Role"];
export type Person = components["schemas"]["Person"];
export type PersonRef = components["schemas"]["PersonRef"];
export type Organization = components["schemas"]["Organization"];
export type PersonRegistration = components["schemas"]["PersonRegistration"];
/** A new person with the first password, which is shown once and must be changed. */
export type CreatedPerson = components["schemas"]["CreatedPerson"];
export type PersonChange = components["schemas"]["PersonChange"];

export const ROLES: readonly Role[] = [
  "technician",
  "resident",
  "pathologist",
  "senior_pathologist",
  "expert",
  "head",
  "administrator",
  "auditor",
];

export function usePeople(enabled = true): UseQueryResult<Person[], ApiError> {
  return useQuery({
    queryKey: keys.people,
    queryFn: async ({ signal }) => (await answer(http.GET("/api/v1/people", { signal }))).items,
    enabled,
    staleTime: 60_000,
  });
}

export function useRegisterPerson(): UseMutationResult<CreatedPerson, ApiError, PersonRegistration> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body) => answer(http.POST("/api/v1/people", { body })),
    gcTime: 0,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.people }),
  });
}

export function useChangePerson(): UseMutationResult<Person, ApiError, PersonChange & { id: string }> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...body }) =>
      answer(http.PATCH("/api/v1/people/{person_id}", { params: { path: { person_id: id } }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.people }),
  });
}

/** Give a person a new, generated password; the answer holds it and it is shown once. */
export function useResetPassword(): UseMutationResult<string, ApiError, string> {
  return useMutation({
    mutationFn: async (id) => {
      const params = { path: { person_id: id } };
      return (await answer(http.POST("/api/v1/people/{person_id}/password", { params }))).password;
    },
    // The password must not stay in the page's memory after the dialog is closed.
    gcTime: 0,
  });
}
