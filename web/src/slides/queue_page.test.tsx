import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { beforeEach, describe, expect, it, vi } from "vitest";

import QueuePage from "./queue_page";
import type { QueuedSlide } from "../api/slides";
import { switchLanguage } from "../i18n/setup";
import { KeyboardProvider } from "../ui/keyboard";

Element.prototype.scrollIntoView = () => undefined;

function slide(id: string, status: "unmatched" | "failed"): QueuedSlide {
  const why = status === "failed" ? { "zh-CN": "无法读取。", en: "It cannot be read." } : null;
  const mend = status === "failed" ? { "zh-CN": "重新扫描。", en: "Scan it again." } : null;
  return {
    id,
    label: id,
    barcode: null,
    stain: "other",
    marker: null,
    clone: null,
    control_status: "unknown",
    status,
    failure_code: status === "failed" ? "SLIDE_CORRUPT" : null,
    failure: why,
    failure_mend: mend,
    format: null,
    size_bytes: 1,
    received_at: "2026-11-22T10:00:00Z",
    width: null,
    height: null,
    spacing_um: null,
    objective_power: null,
    readings: [],
    original_name: `${id}.svs`,
    barcodes: [],
    reasons: [],
    pictures: [],
    case_id: null,
    set_aside_at: null,
    set_aside_reason: null,
  };
}

const other = slide("other", "unmatched");
const broken = slide("broken", "failed");

function serve(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const asked = searchParams.get("slide");
  const state = searchParams.get("state") ?? "waiting";
  const found = [other, broken].filter(({ id, status }) =>
    asked === null ? (status === "failed") === (state === "failed") : id === asked,
  );
  const items = pathname.endsWith("/unmatched") ? found : [];
  return Promise.resolve(Response.json({ items, next_after: null, total: items.length }));
}

function open(address: string): void {
  render(
    <MantineProvider>
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <KeyboardProvider>
          <MemoryRouter initialEntries={[address]}>
            <QueuePage />
          </MemoryRouter>
        </KeyboardProvider>
      </QueryClientProvider>
    </MantineProvider>,
  );
}

describe("a link to one slide of the queue", () => {
  beforeEach(async () => {
    vi.stubGlobal("fetch", serve);
    await switchLanguage("en");
  });

  it("opens the part of the queue that the slide is in, and says what to do", async () => {
    open("/reconcile?slide=broken");
    expect((await screen.findAllByText(/It cannot be read\. Scan it again\./)).length).toBeGreaterThan(0);
    expect(screen.getByRole<HTMLInputElement>("radio", { name: "Cannot be read" }).checked).toBe(true);
    expect(screen.queryByText("other.svs")).toBeNull();
  });

  it("selects nothing where the slide is not in the queue", async () => {
    open("/reconcile?slide=gone");
    expect(await screen.findByTestId("not-in-queue")).toBeTruthy();
    expect((await screen.findByTestId("queue-entry")).getAttribute("aria-current")).toBeNull();
    expect(screen.queryByRole("button", { name: "Match to this patient" })).toBeNull();
  });

  it("begins with the first slide where none is asked for", async () => {
    open("/reconcile");
    expect((await screen.findByTestId("queue-entry")).getAttribute("aria-current")).toBe("true");
  });
});
