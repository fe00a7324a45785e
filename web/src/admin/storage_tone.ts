import type { StorageOverview } from "../api/storage";
import type { Tone } from "../ui/tag";

export type Soundness = "damaged" | "unreadable" | "overdue" | "unchecked" | "sound";

export const SOUNDNESS_TONES: Record<Soundness, Tone> = {
  damaged: "danger",
  unreadable: "warning",
  overdue: "warning",
  unchecked: "neutral",
  sound: "done",
};

/** What the checks say of all bytes together: the worst first. */
export function soundnessOf(state: StorageOverview): Soundness {
  if (state.open_findings > 0) return "damaged";
  if ((state.last_check?.unreadable ?? 0) > 0) return "unreadable";
  if (state.overdue) return "overdue";
  return state.last_check === null ? "unchecked" : "sound";
}
