import { act, renderHook, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { takeDraft } from "./kept_drafts";
import { useDraft } from "./use_draft";
import { sayGoodbye, settled } from "../session/leaving";

let person = "wang";
vi.mock("../session/session", () => ({ useSession: () => ({ me: { person: { id: person } } }) }));

const words = { "zh-CN": "x", en: "x" };
const refused = { error: { code: "NOT_SIGNED_IN", message: words, mend: words, field: null, incident: null } };
let sent = 0;

beforeEach(() => {
  person = "wang";
  sent = 0;
  sayGoodbye();
  vi.stubGlobal("fetch", () => {
    sent += 1;
    return Promise.resolve(
      new Response(JSON.stringify(refused), { status: 401, headers: { "Content-Type": "application/json" } }),
    );
  });
});

/** Write a word, and lose the session before it is saved. */
async function writeAndLose(): Promise<void> {
  const page = renderHook(() => useDraft("c1", null));
  act(() => page.result.current.saver.change({ diagnosis: "浸润性癌" }));
  page.unmount();
  await waitFor(() => expect(sent).toBe(1));
  await act(() => Promise.resolve());
}

describe("words that were not saved when the session ended", () => {
  it("are there again for who wrote them", async () => {
    await writeAndLose();
    const again = renderHook(() => useDraft("c1", null));
    expect(again.result.current.saving.draft.diagnosis).toBe("浸润性癌");
    again.unmount();
  });

  it("are never shown to somebody else, nor to the same person after that", async () => {
    await writeAndLose();
    expect(takeDraft("c2", "li")).toBeNull();
    expect(takeDraft("c1", "wang")).toBeNull();
  });

  it("are gone once their writer signs out", async () => {
    await writeAndLose();
    sayGoodbye();
    expect(takeDraft("c1", "wang")).toBeNull();
  });
});

describe("signing out", () => {
  it("saves first, and learns that something stays unsaved", async () => {
    const page = renderHook(() => useDraft("c1", null));
    act(() => page.result.current.saver.change({ diagnosis: "a" }));
    expect(await act(settled)).toBe(false);
    expect(sent).toBe(1);
    page.unmount();
    expect(await settled()).toBe(true);
  });
});
