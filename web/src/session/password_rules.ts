/** The shortest the server ever takes (12 characters, or 8 of all kinds); it knows the rest of the rules. */
export const SHORTEST = 8;

export interface PasswordForm {
  current: string;
  next: string;
  again: string;
}

export interface PasswordProblem {
  field: keyof PasswordForm;
  kind: "current_missing" | "too_short" | "same" | "differs";
}

/** What stands in the way of sending the form, or null. */
export function passwordProblem({ current, next, again }: PasswordForm): PasswordProblem | null {
  if (current === "") return { field: "current", kind: "current_missing" };
  if (next.length < SHORTEST) return { field: "next", kind: "too_short" };
  if (next === current) return { field: "next", kind: "same" };
  if (next !== again) return { field: "again", kind: "differs" };
  return null;
}
