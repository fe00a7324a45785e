import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { keys } from "./keys";
import type { Reading } from "./readings";
import type { components } from "./schema";

export type LiveReading = components["schemas"]["LiveReading"];
export type LiveSlide = components["schemas"]["LiveSlide"];
export type LiveCase = components["schemas"]["LiveCase"];
export type LiveUpload = components["schemas"]["LiveUpload"];

const ADDRESS = "/api/v1/live";
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/** How long to wait before the `attempt`-th reconnection (from 0): doubled each time, with jitter in [0.5, 1]. */
export function waitBefore(attempt: number, random: () => number = Math.random): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt) * (0.5 + random() / 2);
}

function withProgress(reading: Reading, event: LiveReading): Reading {
  const { status, tiles_done, tiles_total } = event;
  return { ...reading, status, tiles_done, tiles_total };
}

/** Bring what the page shows up to date with one live event. */
export async function applyReading(client: QueryClient, event: LiveReading): Promise<void> {
  client.setQueryData<LiveReading>(keys.progress(event.id), event);
  if (event.status === "running") {
    client.setQueryData<Reading>(keys.reading(event.id), (old) => (old ? withProgress(old, event) : old));
    client.setQueryData<Reading[]>(keys.slideReadings(event.slide_id), (old) =>
      old?.map((reading) => (reading.id === event.id ? withProgress(reading, event) : reading)),
    );
    return;
  }
  await Promise.all([
    client.invalidateQueries({ queryKey: keys.reading(event.id) }),
    client.invalidateQueries({ queryKey: keys.slideReadings(event.slide_id) }),
    client.invalidateQueries({ queryKey: ["cases", "list"] }),
    ...(event.case_id === null ? [] : [client.invalidateQueries({ queryKey: keys.case(event.case_id) })]),
  ]);
}

export async function applySlide(client: QueryClient, event: LiveSlide): Promise<void> {
  client.setQueryData(keys.slideLevels(event.id), event);
  // Levels being made change nothing that a page shows; the event without numbers at their end does.
  if (event.tiles_total !== null) return;
  await Promise.all([
    client.invalidateQueries({ queryKey: keys.slide(event.id), exact: true }),
    client.invalidateQueries({ queryKey: keys.unmatchedSlides }),
    client.invalidateQueries({ queryKey: keys.uploads }),
    client.invalidateQueries({ queryKey: ["cases", "list"] }),
    ...(event.case_id === null ? [] : [client.invalidateQueries({ queryKey: keys.case(event.case_id), exact: true })]),
  ]);
}

export async function applyCase(client: QueryClient, event: LiveCase): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: ["cases", "list"] }),
    client.invalidateQueries({ queryKey: keys.case(event.id) }),
  ]);
}

export async function applyUpload(client: QueryClient, event: LiveUpload): Promise<void> {
  client.setQueryData<LiveUpload>(keys.uploadProgress(event.id), event);
  if (event.bytes_done === null) await client.invalidateQueries({ queryKey: keys.uploads });
}

/** Listen until the returned function is called; reconnects, and refreshes everything after a gap. */
export function listen(
  client: QueryClient,
  open: (address: string) => EventSource = (a) => new EventSource(a),
): () => void {
  let source: EventSource | null = null;
  let timer: number | undefined;
  let attempt = 0;
  let hadGap = false;
  let stopped = false;

  const on = (name: string, apply: (client: QueryClient, event: never) => Promise<void>): void => {
    source?.addEventListener(name, (message: MessageEvent<string>) => {
      void apply(client, JSON.parse(message.data) as never);
    });
  };
  const connect = (): void => {
    if (stopped) return;
    source = open(ADDRESS);
    source.onopen = () => {
      attempt = 0;
      if (hadGap) void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== keys.session[0] });
      hadGap = false;
    };
    source.onerror = () => {
      hadGap = true;
      source?.close();
      timer = window.setTimeout(connect, waitBefore(attempt));
      attempt += 1;
    };
    on("reading", applyReading);
    on("slide", applySlide);
    on("case", applyCase);
    on("upload", applyUpload);
  };
  connect();
  return () => {
    stopped = true;
    window.clearTimeout(timer);
    source?.close();
  };
}

/** Keep the page up to date while it is shown; once a page, in the shell. */
export function useLive(): void {
  const client = useQueryClient();
  useEffect(() => listen(client), [client]);
}

/** The last live event of a reading (how far, how long yet), or null before the first. */
export function useProgress(readingId: string): LiveReading | null {
  const { data } = useQuery<LiveReading | null>({
    queryKey: keys.progress(readingId),
    queryFn: () => null,
    enabled: false,
    initialData: null,
  });
  return data;
}
