import type { Unsaved } from "./draft_saver";
import { onLeft } from "../session/leaving";

interface Kept extends Unsaved {
  person: string;
}

/**
 * Words that could not be saved before their page was gone: the session had ended, the server was away, or a conflict
 * was not settled. In the memory of this page only, and only for who wrote them; gone when that person signs out.
 */
const kept = new Map<string, Kept>();
onLeft(() => kept.clear());

export function keepDraft(caseId: string, person: string, unsaved: Unsaved): void {
  kept.set(caseId, { person, ...unsaved });
}

/** What this person could not save of a case's draft, once; null where there is nothing. */
export function takeDraft(caseId: string, person: string): Unsaved | null {
  for (const [of, { person: author }] of kept) if (author !== person) kept.delete(of);
  const found = kept.get(caseId) ?? null;
  kept.delete(caseId);
  return found;
}
