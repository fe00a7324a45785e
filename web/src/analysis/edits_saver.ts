/**
 * Carries edits to the server: waits a moment for more, sends one at a time, tries again until it succeeds, and always
 * says whether something is not saved yet. What is unsaved is also kept in this browser, so that a closed tab or a
 * crashed machine loses nothing; it holds cell numbers and outlines only, nothing of the patient.
 */

import { NO_EDITS, sameEdits } from "./edits";
import type { Edits } from "./edits";

export type SaveState = "saved" | "waiting" | "saving" | "failed";

export interface SaverOptions<R> {
  readonly key: string;
  readonly saved: Edits;
  readonly send: (edits: Edits) => Promise<R>;
  /** Called with the server's answer to the newest edits. */
  readonly onAnswer: (answer: R) => void;
  readonly onState: (state: SaveState, error: unknown) => void;
  /** Whether the server's answer is a refusal that trying again will not change. */
  readonly isRefusal?: (error: unknown) => boolean;
  readonly storage?: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  readonly delayMs?: number;
  readonly retryMs?: number;
}

const PREFIX = "coverslip.unsaved-edits.";

export class EditsSaver<R> {
  private wanted: Edits;
  private saved: Edits;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | null = null;
  private closed = false;
  private readonly options: SaverOptions<R>;

  constructor(options: SaverOptions<R>) {
    this.options = options;
    this.wanted = this.saved = options.saved;
  }

  /** Whether everything wanted stands on the server. */
  get isSaved(): boolean {
    return sameEdits(this.wanted, this.saved);
  }

  /** Save these edits soon. */
  put(edits: Edits): void {
    this.wanted = edits;
    this.remember();
    this.schedule(this.options.delayMs ?? 400);
    if (this.running === null) this.options.onState(this.isSaved ? "saved" : "waiting", null);
  }

  /** Save now and wait for it; rejects with the server's error. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    if (this.running !== null) await this.running.catch(() => undefined);
    while (!this.isSaved) await this.start();
  }

  /** Send what is left and stop trying again. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    if (!this.isSaved && this.running === null) this.start().catch(() => undefined);
  }

  private schedule(delayMs: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      // A failed attempt has reported itself and planned the next one.
      if (this.running === null) this.start().catch(() => undefined);
    }, delayMs);
  }

  private start(): Promise<void> {
    this.running = this.attempt().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async attempt(): Promise<void> {
    const sent = this.wanted;
    if (sameEdits(sent, this.saved)) {
      this.remember();
      this.options.onState("saved", null);
      return;
    }
    this.options.onState("saving", null);
    try {
      const answer = await this.options.send(sent);
      this.saved = sent;
      this.remember();
      if (this.isSaved) {
        this.options.onAnswer(answer);
        this.options.onState("saved", null);
      } else if (this.closed) {
        await this.attempt();
      } else {
        this.schedule(0);
        this.options.onState("waiting", null);
      }
    } catch (error) {
      this.options.onState("failed", error);
      const refused = this.options.isRefusal?.(error) ?? false;
      if (!this.closed && !refused) this.schedule(this.options.retryMs ?? 5000);
      throw error;
    }
  }

  private remember(): void {
    const storage = this.options.storage;
    if (storage === undefined) return;
    if (this.isSaved) storage.removeItem(PREFIX + this.options.key);
    else storage.setItem(PREFIX + this.options.key, JSON.stringify({ base: this.saved, edits: this.wanted }));
  }
}

/**
 * Edits that an earlier page could not save, or null. They are given back only where the server still holds what they
 * were made on; otherwise somebody went on elsewhere, and the server's edits stand.
 */
export function unsavedEdits(
  storage: Pick<Storage, "getItem" | "removeItem">,
  key: string,
  saved: Edits,
): Edits | null {
  const text = storage.getItem(PREFIX + key);
  if (text === null) return null;
  const kept = parse(text);
  if (kept === null || !sameEdits(kept.base, saved)) {
    storage.removeItem(PREFIX + key);
    return null;
  }
  return sameEdits(kept.edits, saved) ? null : kept.edits;
}

function parse(text: string): { base: Edits; edits: Edits } | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (typeof value !== "object" || value === null) return null;
  const { base, edits } = value as { base?: Partial<Edits>; edits?: Partial<Edits> };
  return { base: { ...NO_EDITS, ...base }, edits: { ...NO_EDITS, ...edits } };
}
