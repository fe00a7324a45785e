import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";

import type { ColourTable } from "./colour_table";
import type { SlideView } from "./slide_view";
import { isAdjusted, stateOf, useColour } from "./use_colour";
import type { SlideDetail } from "../api/slides";

const USABLE: SlideDetail["colour"] = { state: "usable", name: "Scanner", digest: "0".repeat(64), reason: null };

function slide(colour = USABLE): Pick<SlideDetail, "id" | "colour"> {
  return { id: "01890000-0000-7000-8000-000000000000", colour };
}

class FakeView {
  readonly colourBy = "graphics";
  readonly tables: (ColourTable | null)[] = [];
  readonly setColour = (table: ColourTable | null): void => {
    this.tables.push(table);
  };
  readonly setAdjustment = vi.fn();
}

function shown(view: FakeView, of = slide()) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const wrapper = ({ children }: { children: ReactNode }): ReactNode => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  return renderHook(() => useColour(view as unknown as SlideView, of), { wrapper });
}

function answerWith(status: number): void {
  const table = new Uint8Array(8 + 6 * 8);
  table.set([67, 86, 76, 49, 2]);
  vi.stubGlobal(
    "fetch",
    vi.fn(() => Promise.resolve(new Response(status === 200 ? table : "{}", { status }))),
  );
}

beforeEach(() => {
  vi.stubGlobal("matchMedia", () => ({
    matches: false,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }));
});

describe("a slide's colour profile", () => {
  it("is applied when its table has come, switched off and on again", async () => {
    answerWith(200);
    const view = new FakeView();
    const { result } = shown(view);
    expect(result.current.state).toBe("loading");
    expect(view.tables).toEqual([]);
    await waitFor(() => expect(result.current.state).toBe("applied"));
    act(() => result.current.toggle?.());
    expect(result.current.state).toBe("off");
    act(() => result.current.toggle?.());
    expect(result.current.state).toBe("applied");
    expect(view.tables.map((table) => table?.size ?? null)).toEqual([2, null, 2]);
  });

  it("that cannot be loaded leaves the slide as stored and says so", async () => {
    answerWith(422);
    const view = new FakeView();
    const { result } = shown(view);
    await waitFor(() => expect(result.current.state).toBe("failed"));
    expect(result.current.toggle).toBeNull();
    expect(view.tables).toEqual([null]);
  });

  it.each(["none", "unusable"] as const)("that is %s asks for no table", (state) => {
    answerWith(200);
    const view = new FakeView();
    const { result } = shown(view, slide({ ...USABLE, state }));
    expect(result.current.state).toBe(state);
    expect(view.tables).toEqual([null]);
    expect(fetch).not.toHaveBeenCalled();
  });

  it.each([
    ["usable", true, false, false, "loading"],
    ["usable", false, false, false, "failed"],
    ["usable", false, true, false, "applied"],
    ["usable", false, true, true, "off"],
    ["none", true, false, true, "none"],
  ] as const)("%s, pending %s, arrived %s, off %s is %s", (profile, pending, arrived, off, state) => {
    expect(stateOf(profile, pending, arrived, off)).toBe(state);
  });
});

describe("an adjustment by hand", () => {
  it("is said as soon as anything is not neutral", () => {
    expect(isAdjusted({ brightness: 0, contrast: 1, gamma: 1 })).toBe(false);
    expect(isAdjusted({ brightness: 0.01, contrast: 1, gamma: 1 })).toBe(true);
    expect(isAdjusted({ brightness: 0, contrast: 1, gamma: 0.9 })).toBe(true);
  });
});
