/** Longest that idle work waits on a page that is never idle, in milliseconds. */
const LONGEST_WAIT = 1500;

/** Do something when the page has nothing else to do. Returns the way to give it up. */
export function whenIdle(work: () => void): () => void {
  // Safari has no idle callbacks.
  if (typeof window.requestIdleCallback !== "function") {
    const timer = window.setTimeout(work, LONGEST_WAIT / 5);
    return () => window.clearTimeout(timer);
  }
  const request = window.requestIdleCallback(work, { timeout: LONGEST_WAIT });
  return () => window.cancelIdleCallback(request);
}
