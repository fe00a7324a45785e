import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";

import type { Point } from "./image_transform";
import { useRegions } from "./use_regions";
import type { Annotation } from "../api/annotations";
import type { SlideDetail } from "../api/slides";

const slide = { id: "s1", width: 1000, height: 1000 } as SlideDetail;

/** A server that keeps outlines and answers a new one only when it is let. */
let held: Annotation[];
let waiting: (() => void)[];
let number: number;

function answerOf(status: number, body: unknown): Response {
  return new Response(body === null ? null : JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/json" },
  });
}

async function serve(request: Request): Promise<Response> {
  if (request.method === "POST") {
    const body = (await request.json()) as Partial<Annotation>;
    await new Promise<void>((resolve) => waiting.push(resolve));
    number += 1;
    const added = { ...body, id: `new${number}` } as Annotation;
    held = [...held, added];
    return answerOf(201, added);
  }
  if (request.method === "DELETE") {
    held = held.filter((one) => !request.url.endsWith(`/${one.id}`));
    return answerOf(204, null);
  }
  return answerOf(200, { items: held });
}

const square = (side: number): Point[] => [
  { x: 0, y: 0 },
  { x: side, y: 0 },
  { x: side, y: side },
];

beforeEach(() => {
  const geometry = { type: "Polygon", coordinates: [square(10).map(({ x, y }) => [x, y])] };
  held = [{ id: "old", kind: "region", geometry, text: "1" } as unknown as Annotation];
  waiting = [];
  number = 0;
  vi.stubGlobal("fetch", serve);
});

async function open() {
  const client = new QueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  const page = renderHook(() => useRegions(slide), { wrapper });
  await waitFor(() => expect(page.result.current.saved.length).toBe(1));
  act(() => page.result.current.select("old"));
  return page;
}

/** Let the server answer the next new outline. */
async function letOne(): Promise<void> {
  await waitFor(() => expect(waiting.length).toBe(1));
  waiting.shift()?.();
}

describe("an outline that is changed", () => {
  it("twice before the server has answered leaves the last one alone, chosen", async () => {
    const { result } = await open();
    act(() => result.current.replace("old", square(20)));
    act(() => result.current.replace("old", square(30)));
    await letOne();
    await letOne();
    await waitFor(() => expect(held.map((one) => one.id)).toEqual(["new2"]));
    await waitFor(() => expect(result.current.selected).toBe("new2"));
  });

  it("just before the page is left does not leave both behind", async () => {
    const { result, unmount } = await open();
    act(() => result.current.replace("old", square(20)));
    unmount();
    await letOne();
    await waitFor(() => expect(held.map((one) => one.id)).toEqual(["new1"]));
  });
});
