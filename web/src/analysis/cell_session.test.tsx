import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { useCellSession } from "./cell_session";
import { NO_EDITS } from "./edits";
import type { Reading } from "../api/readings";

let person = "wang";
vi.mock("../session/session", () => ({ useSession: () => ({ me: { person: { id: person } } }) }));

const reading = { id: "r1", status: "queued", result: null, edits: null, decision: "pending" } as unknown as Reading;

function open(of: Reading) {
  const client = new QueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  return renderHook(() => useCellSession(of), { wrapper });
}

/** A cell is flipped, and the server is away. */
function flipOneUnsaved(): void {
  const { result, unmount } = open(reading);
  act(() => result.current.flip(7));
  unmount();
}

beforeEach(() => {
  person = "wang";
  window.localStorage.clear();
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
  flipOneUnsaved();
});

describe("edits that could not be saved", () => {
  it("are given back to who made them", () => {
    const { result } = open(reading);
    expect(result.current.edits.flipped).toEqual([7]);
    expect(result.current.restored).toBe(true);
  });

  it("are never sent in the name of the next person at this machine", () => {
    person = "li";
    const { result } = open(reading);
    expect([result.current.edits, result.current.restored]).toEqual([NO_EDITS, false]);
  });

  it("never take back a decision that was made since", () => {
    const { result } = open({ ...reading, decision: "accepted" });
    expect([result.current.edits, result.current.restored]).toEqual([NO_EDITS, false]);
  });
});
