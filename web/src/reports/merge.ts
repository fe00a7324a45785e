import type { ReportDraft } from "../api/reports";

/** What of a draft people write; the revision is the server's. */
export type DraftField = "diagnosis" | "microscopy" | "gross" | "comment" | "reading_ids" | "key_images";
export const DRAFT_FIELDS: readonly DraftField[] = [
  "diagnosis",
  "microscopy",
  "gross",
  "comment",
  "reading_ids",
  "key_images",
];

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

export function sameContent(one: ReportDraft, other: ReportDraft): boolean {
  return DRAFT_FIELDS.every((field) => same(one[field], other[field]));
}

/** A three-way merge: `draft` carries the newer of each field, `conflicts` names those that both sides changed. */
export interface Merge {
  draft: ReportDraft;
  conflicts: DraftField[];
}

/**
 * Bring together what stands here (`mine`) and what the server holds (`theirs`), both grown from `base`.
 * A field only one side changed is that side's. In a conflict the draft keeps mine, for the person to decide.
 */
export function mergeDrafts(base: ReportDraft, mine: ReportDraft, theirs: ReportDraft): Merge {
  const conflicts: DraftField[] = [];
  let draft: ReportDraft = { ...mine, revision: theirs.revision };
  for (const field of DRAFT_FIELDS) {
    if (same(mine[field], theirs[field]) || same(theirs[field], base[field])) continue;
    if (same(mine[field], base[field])) draft = { ...draft, [field]: theirs[field] };
    else conflicts.push(field);
  }
  return { draft, conflicts };
}
