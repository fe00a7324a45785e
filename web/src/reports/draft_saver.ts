import { ApiError } from "../api/errors";
import type { Report, ReportDraft } from "../api/reports";
import { draftOf } from "../api/reports";
import { mergeDrafts, sameContent, type DraftField } from "./merge";

export type SaveState = "saved" | "changed" | "saving" | "failed" | "conflict";

/** What the editor shows of a draft and its way to the server. */
export interface Saving {
  draft: ReportDraft;
  state: SaveState;
  conflicts: DraftField[];
  error: ApiError | null;
  savedAt: string | null;
}

interface Server {
  save: (draft: ReportDraft) => Promise<Report>;
  /** The draft as the server holds it now, or null when there is none. */
  load: () => Promise<Report | null>;
}

/** Words that the server does not hold yet, with the draft they grew from. */
export interface Unsaved {
  base: ReportDraft;
  draft: ReportDraft;
}

const PAUSE_MS = 900;
/** How long to wait before the next attempt where the server could not be reached or failed. */
const RETRY_MS = 5_000;
/** How often a save that lost a race is merged and tried again before the person is asked. */
const MERGE_ATTEMPTS = 3;

/**
 * Saves a draft while it is written: one request at a time, after a pause in typing. A draft that changed elsewhere is
 * merged field by field; where both sides changed the same field nothing is overwritten and the person decides.
 */
export class DraftSaver {
  private base: ReportDraft;
  private view: Saving;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | null = null;
  private theirs: ReportDraft | null = null;
  private attended = true;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly server: Server,
    report: Report | null,
  ) {
    this.base = draftOf(report);
    this.view = { draft: this.base, state: "saved", conflicts: [], error: null, savedAt: report?.updated_at ?? null };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  readonly snapshot = (): Saving => this.view;

  get dirty(): boolean {
    return !sameContent(this.view.draft, this.base);
  }

  /** What the server does not hold; null where it holds everything. */
  unsaved(): Unsaved | null {
    return this.dirty ? { base: this.base, draft: this.view.draft } : null;
  }

  /** Take up what an earlier page could not save, merged with what the server holds now. */
  recover({ base, draft }: Unsaved): void {
    const theirs = this.base;
    this.base = base;
    this.show({ draft });
    this.takeIn(theirs);
    if (this.view.state === "changed") this.schedule(PAUSE_MS);
  }

  /** Whether somebody has the draft before them. What was left behind is not tried again: another may sit here now. */
  attend(attended: boolean): void {
    this.attended = attended;
    if (!attended) clearTimeout(this.timer);
  }

  change(part: Partial<ReportDraft>): void {
    const draft = { ...this.view.draft, ...part };
    this.show({ draft, ...(this.view.state === "conflict" ? {} : { state: "changed" as const }) });
    clearTimeout(this.timer);
    if (this.view.state !== "conflict") this.schedule(PAUSE_MS);
  }

  /** Save now; resolves when the server holds what is shown, or when `state` says why it does not. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    while (this.running !== null) await this.running;
    if (this.view.state === "conflict") return;
    if (!this.dirty) {
      if (this.view.state === "changed") this.show({ state: "saved" });
      return;
    }
    this.running = this.send();
    try {
      await this.running;
    } finally {
      this.running = null;
    }
    if (this.view.state === "changed") await this.flush();
  }

  /** Take in a draft that the server announced (a key image from the viewer, a colleague's words). */
  observe(report: Report): void {
    if (this.running !== null || report.revision <= this.base.revision || this.view.state === "conflict") return;
    this.takeIn(draftOf(report));
    if (this.dirty) this.schedule(PAUSE_MS);
  }

  /** End a conflict: keep what stands here, or what the server holds, in the fields that both changed. */
  async resolve(side: "mine" | "theirs"): Promise<void> {
    const { theirs } = this;
    if (theirs === null) return;
    let draft = this.view.draft;
    if (side === "theirs") for (const field of this.view.conflicts) draft = { ...draft, [field]: theirs[field] };
    this.base = theirs;
    this.theirs = null;
    this.show({ draft, state: "changed", conflicts: [] });
    await this.flush();
  }

  /** What the server holds in a field that both changed. */
  theirsOf(field: DraftField): unknown {
    return this.theirs?.[field];
  }

  private schedule(delayMs: number): void {
    clearTimeout(this.timer);
    if (this.attended) this.timer = setTimeout(() => void this.flush(), delayMs);
  }

  private fail(error: ApiError): void {
    this.show({ state: "failed", error });
    // A refusal stays one; a server that was not reached or failed may answer the next time.
    if (error.status === 0 || error.status >= 500) this.schedule(RETRY_MS);
  }

  private show(part: Partial<Saving>): void {
    this.view = { ...this.view, ...part };
    for (const listener of this.listeners) listener();
  }

  private takeIn(theirs: ReportDraft): void {
    const { draft, conflicts } = mergeDrafts(this.base, this.view.draft, theirs);
    if (conflicts.length > 0) {
      this.theirs = theirs;
      this.show({ draft, state: "conflict", conflicts });
      return;
    }
    this.base = theirs;
    this.show({ draft, state: this.dirtyAgainst(draft) ? "changed" : "saved" });
  }

  private dirtyAgainst(draft: ReportDraft): boolean {
    return !sameContent(draft, this.base);
  }

  private async send(): Promise<void> {
    for (let attempt = 0; attempt < MERGE_ATTEMPTS; attempt += 1) {
      const sent = { ...this.view.draft, revision: this.base.revision };
      this.show({ state: "saving", error: null });
      try {
        const report = await this.server.save(sent);
        this.base = { ...sent, revision: report.revision };
        // What is signed names the revision that the server holds.
        const draft = { ...this.view.draft, revision: report.revision };
        this.show({ draft, state: this.dirty ? "changed" : "saved", savedAt: report.updated_at });
        return;
      } catch (problem) {
        if (!(problem instanceof ApiError)) throw problem;
        if (problem.code !== "STALE_REVISION") {
          this.fail(problem);
          return;
        }
        if (!(await this.catchUp())) return;
      }
    }
    this.show({ state: "changed" });
  }

  /** After a lost race: merge what the server holds. False when the person must decide, or the server fails. */
  private async catchUp(): Promise<boolean> {
    try {
      this.takeIn(draftOf(await this.server.load()));
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      this.fail(problem);
      return false;
    }
    return this.snapshot().state !== "conflict";
  }
}
