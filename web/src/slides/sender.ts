import * as tus from "tus-js-client";
import { csrfHeader, localFault, sayWhoIsGone } from "../api/client";
import { ApiError, errorOf } from "../api/errors";
import { endUploads, fetchUploads, TUS_ENDPOINT } from "../api/uploads";
import type { Bundle } from "./bundles";
import { Speed } from "./speed";

/** Bytes of one request: a cut costs at most the way back, and proxies that limit bodies let it through. */
export const CHUNK_BYTES = 32 * 1024 * 1024;
const AT_ONCE = 2;
const RETRY_DELAYS_MS = [0, 1_000, 3_000, 5_000, 10_000, 20_000, 30_000];
const TELL_MS = 200;

export type TransferState = "waiting" | "sending" | "paused" | "retrying" | "sent" | "failed";

/** One slide on its way: what the page shows. Bytes a second and seconds left are null until they can be told. */
export interface Transfer {
  readonly key: string;
  readonly name: string;
  readonly files: number;
  readonly bytes: number;
  readonly sent: number;
  readonly state: TransferState;
  readonly resumed: boolean;
  readonly speed: number | null;
  readonly secondsLeft: number | null;
  readonly error: ApiError | null;
}

interface Job {
  transfer: Transfer;
  bundle: Bundle;
  caseId: string | null;
  /** Files of the bundle that are through. */
  done: number;
  doneBytes: number;
  speed: Speed;
  upload: tus.Upload | null;
}

/** What tus needs of the page; replaced in tests. */
export interface Way {
  make: (file: File, options: tus.UploadOptions) => tus.Upload;
  /** Names of the person's batches that still receive files. */
  open: () => Promise<ReadonlySet<string>>;
  /** Have the server delete what arrived of a batch. */
  end: (key: string) => Promise<void>;
  /** Forget in this browser where the files of a batch are on the server. */
  forget: (key: string) => Promise<void>;
  newKey: () => string;
  now: () => number;
}

const BROWSER: Way = {
  make: (file, options) => new tus.Upload(file, options),
  open: async () =>
    new Set((await fetchUploads()).flatMap((batch) => (batch.status === "receiving" ? [batch.key] : []))),
  end: async (key) => {
    const batch = (await fetchUploads()).find((other) => other.key === key);
    await endUploads(batch?.unfinished ?? []);
  },
  forget: async (key) => {
    const storage = tus.defaultOptions.urlStorage;
    for (const known of await storage.findAllUploads()) {
      if (known.metadata["batch"] === key) await storage.removeUpload(known.urlStorageKey);
    }
  },
  // Not crypto.randomUUID: pages that come by plain HTTP in a hospital's network have none.
  newKey: () => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join(""),
  now: () => performance.now(),
};

/**
 * Sends slides, two at a time, whatever page is shown; lives as long as the tab. A file that was begun before (a reload,
 * a crash) goes on where it stood, because tus remembers its address by name, size and date.
 */
export class Sender {
  private jobs: Job[] = [];
  private shown: readonly Transfer[] = [];
  private readonly listeners = new Set<() => void>();
  private toldAt = 0;

  constructor(
    private readonly personId: string,
    private readonly way: Way = BROWSER,
    /** A slide is through, or the server has changed its mind: what it shows is stale. */
    private readonly onChange: () => void = () => undefined,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly transfers = (): readonly Transfer[] => this.shown;

  get isSending(): boolean {
    return this.jobs.some(({ transfer }) => !["sent", "failed"].includes(transfer.state));
  }

  /** Queue slides; `caseId`: the case whose page they were dropped on. */
  async add(bundles: readonly Bundle[], caseId: string | null = null): Promise<void> {
    let open: ReadonlySet<string>;
    try {
      open = await this.way.open();
    } catch {
      open = new Set(); // the sending itself will say what is wrong
    }
    for (const bundle of bundles) {
      const before = await this.begunBefore(bundle);
      const resumed = before !== null && open.has(before);
      const key = resumed ? before : this.way.newKey();
      if (this.jobs.some(({ transfer }) => transfer.key === key)) continue;
      const bytes = bundle.files.reduce((sum, { file }) => sum + file.size, 0);
      const transfer: Transfer = {
        key,
        name: bundle.name,
        files: bundle.files.length,
        bytes,
        sent: 0,
        state: bundle.lacks === null ? "waiting" : "failed",
        resumed,
        speed: null,
        secondsLeft: null,
        error:
          bundle.lacks === null
            ? null
            : localFault(bundle.lacks === "folder" ? "SLIDE_LACKS_FOLDER" : "SLIDE_LACKS_FILES", 0),
      };
      this.jobs.push({ transfer, bundle, caseId, done: 0, doneBytes: 0, speed: new Speed(), upload: null });
    }
    this.tell(true);
    this.go();
  }

  pause(key: string): void {
    const job = this.job(key);
    if (job === undefined) return;
    void job.upload?.abort();
    job.upload = null;
    this.change(job, { state: "paused", speed: null, secondsLeft: null });
    this.go();
  }

  resume(key: string): void {
    const job = this.job(key);
    if (job?.bundle.lacks !== null) return;
    this.change(job, { state: "waiting", error: null });
    this.go();
  }

  /** Take a slide off the list and delete what arrived of it. */
  async stop(key: string): Promise<void> {
    const job = this.job(key);
    if (job === undefined) return;
    this.jobs = this.jobs.filter((other) => other !== job);
    const { upload } = job;
    job.upload = null;
    this.tell(true);
    this.go();
    try {
      await upload?.abort();
      await this.way.forget(key);
      await this.way.end(key);
    } catch {
      // What cannot be deleted now expires on the server.
    }
    this.onChange();
  }

  private job(key: string): Job | undefined {
    return this.jobs.find(({ transfer }) => transfer.key === key);
  }

  private go(): void {
    const running = this.jobs.filter(({ upload }) => upload !== null).length;
    for (const job of this.jobs.filter(({ transfer }) => transfer.state === "waiting").slice(0, AT_ONCE - running)) {
      void this.send(job);
    }
  }

  /** Send the file of the bundle that comes next. */
  private async send(job: Job): Promise<void> {
    const part = job.bundle.files[job.done];
    if (part === undefined) return;
    const upload = this.way.make(part.file, this.options(job, part.path, part.file));
    job.upload = upload;
    this.change(job, { state: "sending" });
    const before = (await upload.findPreviousUploads()).find(({ metadata }) => metadata["batch"] === job.transfer.key);
    if (job.upload !== upload) return; // paused meanwhile
    if (before !== undefined) upload.resumeFromPreviousUpload(before);
    upload.start();
  }

  private options(job: Job, path: string, file: File): tus.UploadOptions {
    return {
      endpoint: TUS_ENDPOINT,
      chunkSize: CHUNK_BYTES,
      retryDelays: RETRY_DELAYS_MS,
      // Kept until the whole slide is through: a file that is through already is found to be so.
      removeFingerprintOnSuccess: false,
      fingerprint: () => Promise.resolve(this.fingerprint(path, file)),
      metadata: {
        filename: path,
        batch: job.transfer.key,
        files: String(job.bundle.files.length),
        ...(job.caseId === null ? {} : { caseId: job.caseId }),
      },
      onBeforeRequest: (request) => {
        for (const [name, value] of Object.entries(csrfHeader())) request.setHeader(name, value);
      },
      onShouldRetry: (error) => {
        const said = asApiError(error);
        const again = mayPass(said.status, said.code);
        if (again) this.change(job, { state: "retrying", speed: null, secondsLeft: null });
        return again;
      },
      onProgress: (sent) => this.onProgress(job, sent),
      onSuccess: () => this.onFileThrough(job, file.size),
      onError: (error) => this.onError(job, error),
    };
  }

  private fingerprint(path: string, file: File): string {
    return ["coverslip", this.personId, path, file.size, file.lastModified].join("|");
  }

  /** The batch in which the first file of these was begun before, by what tus keeps in this browser. */
  private async begunBefore(bundle: Bundle): Promise<string | null> {
    const first = bundle.files[0];
    if (first === undefined) return null;
    for (const part of bundle.files.slice(0, 50)) {
      const known = await this.way
        .make(part.file, {
          endpoint: TUS_ENDPOINT,
          fingerprint: () => Promise.resolve(this.fingerprint(part.path, part.file)),
        })
        .findPreviousUploads();
      const latest = known.map(({ metadata }) => metadata["batch"]).findLast((batch) => batch !== undefined);
      if (latest !== undefined) return latest;
    }
    return null;
  }

  private onProgress(job: Job, sentOfFile: number): void {
    if (job.upload === null) return;
    const sent = job.doneBytes + sentOfFile;
    job.speed.note(this.way.now(), sent);
    const speed = job.speed.bytesPerSecond;
    const secondsLeft = speed === null || speed <= 0 ? null : (job.transfer.bytes - sent) / speed;
    this.change(job, { state: "sending", sent, speed, secondsLeft }, false);
  }

  private onFileThrough(job: Job, bytes: number): void {
    job.done += 1;
    job.doneBytes += bytes;
    job.upload = null;
    if (job.done < job.bundle.files.length) {
      void this.send(job);
      return;
    }
    this.change(job, { state: "sent", sent: job.transfer.bytes, speed: null, secondsLeft: null });
    void this.way.forget(job.transfer.key);
    this.onChange();
    this.go();
  }

  private onError(job: Job, error: unknown): void {
    job.upload = null;
    const said = asApiError(error);
    if (said.status === 401) {
      // Signed in again, it goes on from here.
      this.change(job, { state: "paused", error: said, speed: null, secondsLeft: null });
      sayWhoIsGone();
      return;
    }
    this.change(job, { state: "failed", error: said, speed: null, secondsLeft: null });
    this.go();
  }

  private change(job: Job, changes: Partial<Transfer>, now = true): void {
    job.transfer = { ...job.transfer, ...changes };
    this.tell(now);
  }

  private tell(now: boolean): void {
    if (!now && this.way.now() - this.toldAt < TELL_MS) return;
    this.toldAt = this.way.now();
    this.shown = this.jobs.map(({ transfer }) => transfer);
    for (const listener of this.listeners) listener();
  }
}

/** Status of the answer that an error is about; 0 where none came. */
function statusOf(error: unknown): number {
  return error instanceof tus.DetailedError ? (error.originalResponse?.getStatus() ?? 0) : 0;
}

/** Whether the same request may go through a little later. */
export function mayPass(status: number, code: string): boolean {
  // After a wrong offset tus asks how far it has come, and goes on there.
  return [0, 408, 423, 429, 460, 502, 503, 504].includes(status) || code === "UPLOAD_OFFSET_WRONG";
}

function asApiError(error: unknown): ApiError {
  const status = statusOf(error);
  if (status === 0) return localFault("UNREACHABLE", 0);
  const body = error instanceof tus.DetailedError ? (error.originalResponse?.getBody() ?? "") : "";
  const detail = errorOf(parsed(body));
  return detail === null ? localFault("UNREADABLE_ANSWER", status) : new ApiError(status, detail);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a proxy's page
  }
}
