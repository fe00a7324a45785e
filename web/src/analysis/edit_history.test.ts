import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { canRedo, canUndo, redo, startHistory, step, undo } from "./edit_history";
import { flipCell, NO_EDITS } from "./edits";
import type { Edits } from "./edits";
import { EditsSaver, unsavedEdits } from "./edits_saver";
import type { SaveState } from "./edits_saver";

describe("undo and redo", () => {
  it("walk the steps back and forth", () => {
    const two = step(step(startHistory("a"), "b"), "c");
    expect(undo(two).present).toBe("b");
    expect(undo(undo(two)).present).toBe("a");
    expect(redo(undo(two))).toEqual(two);
  });

  it("stop at either end", () => {
    const start = startHistory("a");
    expect(undo(start)).toBe(start);
    expect(redo(start)).toBe(start);
    expect(canUndo(start) || canRedo(start)).toBe(false);
  });

  it("drop what was undone once something new is done", () => {
    const branched = step(undo(step(startHistory("a"), "b")), "c");
    expect(branched.present).toBe("c");
    expect(canRedo(branched)).toBe(false);
    expect(undo(branched).present).toBe("a");
  });
});

describe("saving edits", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  function saver(send: (edits: Edits) => Promise<Edits>) {
    const states: SaveState[] = [];
    const answers: Edits[] = [];
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
    const it = new EditsSaver<Edits>({
      key: "r1",
      saved: NO_EDITS,
      send,
      onAnswer: (answer) => answers.push(answer),
      onState: (state) => states.push(state),
      storage,
    });
    return { it, states, answers, kept, storage };
  }

  const one = flipCell(NO_EDITS, 1);
  const two = flipCell(one, 2);

  it("are not sent again and again where the server refuses them, and are sent with the next edit", async () => {
    const send = vi.fn(() => Promise.reject(new Error("refused")));
    const states: SaveState[] = [];
    const edits = new EditsSaver<Edits>({
      key: "r1",
      saved: NO_EDITS,
      send,
      onAnswer: () => undefined,
      onState: (state) => states.push(state),
      isRefusal: () => true,
    });
    edits.put(one);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([send.mock.calls.length, states.at(-1)]).toEqual([1, "failed"]);
    edits.put(two);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(send).toHaveBeenLastCalledWith(two);
  });

  it("sends quick edits once, the newest", async () => {
    const send = vi.fn((edits: Edits) => Promise.resolve(edits));
    const { it: edits, states, answers } = saver(send);
    edits.put(one);
    edits.put(two);
    await vi.advanceTimersByTimeAsync(500);
    expect(send.mock.calls).toEqual([[two]]);
    expect(answers).toEqual([two]);
    expect(states.at(-1)).toBe("saved");
  });

  it("sends what was edited while saving, and takes only the answer to the newest", async () => {
    const answer: ((edits: Edits) => void)[] = [];
    const send = vi.fn(() => new Promise<Edits>((resolve) => answer.push(resolve)));
    const { it: edits, answers } = saver(send);
    edits.put(one);
    await vi.advanceTimersByTimeAsync(500);
    edits.put(two);
    await vi.advanceTimersByTimeAsync(500);
    expect(send).toHaveBeenCalledTimes(1);
    answer[0]?.(one);
    await vi.advanceTimersByTimeAsync(10);
    expect(send).toHaveBeenLastCalledWith(two);
    answer[1]?.(two);
    await vi.advanceTimersByTimeAsync(10);
    expect(answers).toEqual([two]);
    expect(edits.isSaved).toBe(true);
  });

  it("keeps failed edits, says so, and tries again until they are saved", async () => {
    const send = vi.fn((edits: Edits) => Promise.resolve(edits));
    send.mockRejectedValueOnce(new Error("offline"));
    const { it: edits, states, kept } = saver(send);
    edits.put(one);
    await vi.advanceTimersByTimeAsync(500);
    expect(states.at(-1)).toBe("failed");
    expect(kept.size).toBe(1);
    await vi.advanceTimersByTimeAsync(6000);
    expect(states.at(-1)).toBe("saved");
    expect(kept.size).toBe(0);
  });

  it("flushes at once and passes the server's refusal on", async () => {
    const send = vi.fn((edits: Edits) => Promise.resolve(edits));
    const { it: edits } = saver(send);
    edits.put(one);
    await edits.flush();
    expect(send).toHaveBeenCalledTimes(1);
    send.mockRejectedValueOnce(new Error("refused"));
    edits.put(two);
    await expect(edits.flush()).rejects.toThrow("refused");
    edits.close();
  });

  it("sends the rest when the page is left", async () => {
    const send = vi.fn((edits: Edits) => Promise.resolve(edits));
    const { it: edits } = saver(send);
    edits.put(one);
    edits.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(send).toHaveBeenCalledWith(one);
  });

  it("sends also what was edited while the last answer was on its way, when the page is left", async () => {
    const answer: (() => void)[] = [];
    const send = vi.fn((sent: Edits) => new Promise<Edits>((resolve) => answer.push(() => resolve(sent))));
    const { it: edits } = saver(send);
    edits.put(one);
    await vi.advanceTimersByTimeAsync(500);
    edits.put(two);
    edits.close();
    answer[0]?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(send).toHaveBeenLastCalledWith(two);
  });

  it("sends nothing when an edit was undone before it was sent", async () => {
    const send = vi.fn((edits: Edits) => Promise.resolve(edits));
    const { it: edits, states, kept } = saver(send);
    edits.put(one);
    edits.put(NO_EDITS);
    await vi.advanceTimersByTimeAsync(500);
    expect(send).not.toHaveBeenCalled();
    expect(states.at(-1)).toBe("saved");
    expect(kept.size).toBe(0);
  });

  it("gives edits of a closed page back, unless the server has moved on", () => {
    const { it: edits, storage } = saver((sent) => Promise.resolve(sent));
    edits.put(one);
    expect(unsavedEdits(storage, "r1", NO_EDITS)).toEqual(one);
    expect(unsavedEdits(storage, "r2", NO_EDITS)).toBeNull();
    expect(unsavedEdits(storage, "r1", two)).toBeNull();
    expect(unsavedEdits(storage, "r1", NO_EDITS)).toBeNull();
    edits.close();
  });

  it("ignores unreadable leftovers", () => {
    const { storage } = saver((sent) => Promise.resolve(sent));
    storage.setItem("coverslip.unsaved-edits.r1", "{");
    expect(unsavedEdits(storage, "r1", NO_EDITS)).toBeNull();
  });
});
