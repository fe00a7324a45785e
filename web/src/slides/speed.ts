const WINDOW_MS = 10_000;
const SHORTEST_MS = 1_000;

/** How fast bytes go, over the last ten seconds; null until a second has passed. */
export class Speed {
  private readonly seen: { at: number; bytes: number }[] = [];

  /** `bytes` in all at the moment `at` (ms). What was skipped by resuming is no speed: the first note only begins. */
  note(at: number, bytes: number): void {
    this.seen.push({ at, bytes });
    while (this.seen.length > 2 && at - (this.seen[0]?.at ?? at) > WINDOW_MS) this.seen.shift();
  }

  get bytesPerSecond(): number | null {
    const first = this.seen[0];
    const last = this.seen.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < SHORTEST_MS) return null;
    return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000;
  }
}
