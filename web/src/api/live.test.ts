import { QueryClient } from "@tanstack/react-query";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { keys } from "./keys";
import { applyCase, applyReading, applySlide, listen, waitBefore, type LiveReading } from "./live";

class Source {
  static opened: Source[] = [];
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  closed = false;
  readonly listeners = new Map<string, (message: { data: string }) => void>();

  constructor(readonly address: string) {
    Source.opened.push(this);
  }
  addEventListener(name: string, listener: (message: { data: string }) => void): void {
    this.listeners.set(name, listener);
  }
  close(): void {
    this.closed = true;
  }
}

const open = (address: string): EventSource => new Source(address) as unknown as EventSource;

const running: LiveReading = {
  id: "r1",
  slide_id: "s1",
  case_id: "c1",
  status: "running",
  tiles_done: 3,
  tiles_total: 10,
  seconds_left: 7,
};

let client: QueryClient;
beforeEach(() => {
  Source.opened = [];
  client = new QueryClient();
});

describe("the wait before reconnecting", () => {
  it("doubles from a second to half a minute", () => {
    expect([0, 1, 2, 3, 4, 5, 9].map((attempt) => waitBefore(attempt, () => 1))).toEqual([
      1000, 2000, 4000, 8000, 16000, 30000, 30000,
    ]);
  });

  it("is spread, so that a hundred pages do not come back at once", () => {
    expect(waitBefore(2, () => 0)).toBe(2000);
  });
});

describe("a live event", () => {
  it("of a running reading moves its progress without asking the server", async () => {
    client.setQueryData(keys.reading("r1"), { id: "r1", status: "queued", tiles_done: 0, tiles_total: 0 });
    client.setQueryData(keys.slideReadings("s1"), [
      { id: "r1", tiles_done: 0 },
      { id: "r2", tiles_done: 0 },
    ]);
    await applyReading(client, running);
    expect(client.getQueryData(keys.progress("r1"))).toEqual(running);
    expect(client.getQueryData(keys.reading("r1"))).toMatchObject({ status: "running", tiles_done: 3 });
    expect(client.getQueryData(keys.slideReadings("s1"))).toMatchObject([{ tiles_done: 3 }, { tiles_done: 0 }]);
    expect(client.getQueryState(keys.reading("r1"))?.isInvalidated).toBe(false);
  });

  it("of a finished reading makes reading, case and worklist stale", async () => {
    for (const key of [keys.reading("r1"), keys.slideReadings("s1"), keys.case("c1"), keys.worklist({})]) {
      client.setQueryData(key, {});
    }
    await applyReading(client, { ...running, status: "finished" });
    const stale = [keys.reading("r1"), keys.slideReadings("s1"), keys.case("c1"), keys.worklist({})].map(
      (key) => client.getQueryState(key)?.isInvalidated,
    );
    expect(stale).toEqual([true, true, true, true]);
  });

  it("of a slide leaves other cases alone", async () => {
    client.setQueryData(keys.case("c1"), {});
    client.setQueryData(keys.case("c2"), {});
    await applySlide(client, { id: "s1", case_id: "c1", status: "ready", tiles_done: null, tiles_total: null });
    expect(client.getQueryState(keys.case("c1"))?.isInvalidated).toBe(true);
    expect(client.getQueryState(keys.case("c2"))?.isInvalidated).toBe(false);
  });

  it("of levels being made only tells how far that is", async () => {
    client.setQueryData(keys.slide("s1"), {});
    await applySlide(client, { id: "s1", case_id: null, status: "ready", tiles_done: 3, tiles_total: 9 });
    expect(client.getQueryState(keys.slide("s1"))?.isInvalidated).toBe(false);
    expect(client.getQueryData(keys.slideLevels("s1"))).toMatchObject({ tiles_done: 3, tiles_total: 9 });
  });

  it("of a case makes its reports stale too", async () => {
    client.setQueryData(keys.caseReports("c1"), []);
    await applyCase(client, { id: "c1", status: "signed", revision: 4 });
    expect(client.getQueryState(keys.caseReports("c1"))?.isInvalidated).toBe(true);
  });
});

describe("the live stream", () => {
  it("applies what comes", async () => {
    const stop = listen(client, open);
    Source.opened[0]?.listeners.get("reading")?.({ data: JSON.stringify(running) });
    await vi.waitFor(() => expect(client.getQueryData(keys.progress("r1"))).toEqual(running));
    stop();
  });

  it("reconnects after an error, and refreshes what it may have missed", () => {
    vi.useFakeTimers();
    client.setQueryData(keys.case("c1"), {});
    client.setQueryData(keys.session, {});
    const stop = listen(client, open);
    Source.opened[0]?.onopen?.();
    expect(client.getQueryState(keys.case("c1"))?.isInvalidated).toBe(false);
    Source.opened[0]?.onerror?.();
    expect(Source.opened[0]?.closed).toBe(true);
    vi.advanceTimersByTime(1000);
    expect(Source.opened).toHaveLength(2);
    Source.opened[1]?.onopen?.();
    expect(client.getQueryState(keys.case("c1"))?.isInvalidated).toBe(true);
    expect(client.getQueryState(keys.session)?.isInvalidated).toBe(false);
    stop();
    vi.useRealTimers();
  });

  it("stays closed once the page is left", () => {
    vi.useFakeTimers();
    const stop = listen(client, open);
    Source.opened[0]?.onerror?.();
    stop();
    vi.advanceTimersByTime(60_000);
    expect(Source.opened).toHaveLength(1);
    vi.useRealTimers();
  });
});
