import { act, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { MemoryRouter } from "react-router";
import { describe, expect, it } from "vitest";

import { useReadingAtHand } from "./use_reading_at_hand";
import type { Reading } from "../api/readings";

const reading = (id: string, requested_at: string): Reading =>
  ({ id, requested_at, status: "finished", decision: "pending" }) as Reading;
const readings = [reading("old", "2026-03-01T08:00:00Z"), reading("new", "2026-03-02T08:00:00Z")];

function open(address: string) {
  const wrapper = ({ children }: { children: ReactNode }) => (
    <MemoryRouter initialEntries={[address]}>{children}</MemoryRouter>
  );
  return renderHook(() => useReadingAtHand(readings), { wrapper });
}

describe("the reading at hand", () => {
  it("is the one that the link names", () => {
    expect(open("/slides/1?reading=old").result.current.reading?.id).toBe("old");
  });

  it.each(["/slides/1", "/slides/1?reading=of-another-slide"])(
    "is the newest where the link %s names none here",
    (to) => {
      expect(open(to).result.current.reading?.id).toBe("new");
    },
  );

  it("is another one once the reader has chosen it", () => {
    const { result } = open("/slides/1?reading=old");
    act(() => result.current.selectReading("new"));
    expect(result.current.reading?.id).toBe("new");
  });
});
