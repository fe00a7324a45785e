import type { WatchedFolder } from "../api/watch";
import type { Tone } from "../ui/tag";

/** How it goes with a folder, in one word: an enabled folder that no process holds is not watched, whatever it was. */
export type WatchState = "new" | "watching" | "unreachable" | "paused" | "idle";

export function stateOf(folder: WatchedFolder): WatchState {
  if (!folder.enabled) return "paused";
  if (folder.state === "unreachable") return "unreachable";
  if (!folder.is_watched_now) return folder.scanned_at === null ? "new" : "idle";
  return folder.state;
}

const WATCH_TONES: Record<WatchState, Tone> = {
  new: "neutral",
  watching: "done",
  unreachable: "danger",
  paused: "outline",
  idle: "warning",
};

/** Nothing is green while something of the folder waits for somebody. */
export function toneOf(folder: WatchedFolder): Tone {
  const state = stateOf(folder);
  return state === "watching" && problemsOf(folder) > 0 ? "warning" : WATCH_TONES[state];
}

/** Slides, and folders that cannot be entered, that somebody has to look at. */
export function problemsOf(folder: WatchedFolder): number {
  return (folder.counts.failed ?? 0) + (folder.counts.refused ?? 0) + (folder.counts.waiting ?? 0);
}
