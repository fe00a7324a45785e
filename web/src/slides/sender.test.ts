import type * as tus from "tus-js-client";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Bundle } from "./bundles";
import { mayPass, Sender, type Transfer, type Way } from "./sender";

class FakeUpload {
  started = false;
  aborted = false;
  resumedFrom: tus.PreviousUpload | null = null;
  constructor(
    readonly file: File,
    readonly options: tus.UploadOptions,
    private readonly known: tus.PreviousUpload[],
  ) {}
  findPreviousUploads = (): Promise<tus.PreviousUpload[]> => Promise.resolve(this.known);
  resumeFromPreviousUpload = (before: tus.PreviousUpload): void => void (this.resumedFrom = before);
  start = (): void => void (this.started = true);
  abort = (): Promise<void> => {
    this.aborted = true;
    return Promise.resolve();
  };
}

let uploads: FakeUpload[];
let known: tus.PreviousUpload[];
let open: Set<string>;
let ended: string[];
let now: number;
let keys: number;

const way: Way = {
  make: (file, options) => {
    const made = new FakeUpload(file, options, known);
    uploads.push(made);
    return made as unknown as tus.Upload;
  },
  open: () => Promise.resolve(open),
  end: (key) => {
    ended.push(key);
    return Promise.resolve();
  },
  forget: () => Promise.resolve(),
  newKey: () => `k${(keys += 1)}`,
  now: () => now,
};

function bundle(name: string, ...sizes: number[]): Bundle {
  const files = sizes.map((size, n) => ({ path: `${name}/${n}`, file: new File(["x".repeat(size)], `${n}`) }));
  return { name, files, lacks: null };
}

function running(): FakeUpload[] {
  return uploads.filter((upload) => upload.started && !upload.aborted);
}

async function settled(): Promise<void> {
  for (let n = 0; n < 20; n += 1) await Promise.resolve();
}

function only(sender: Sender): Transfer {
  const [transfer] = sender.transfers();
  if (transfer === undefined) throw new Error("nothing is sent");
  return transfer;
}

beforeEach(() => {
  uploads = [];
  known = [];
  open = new Set();
  ended = [];
  now = 0;
  keys = 0;
});

describe("the sender", () => {
  it("sends two slides at a time", async () => {
    const sender = new Sender("p", way);
    await sender.add([bundle("a", 1), bundle("b", 1), bundle("c", 1)]);
    await settled();
    expect(sender.transfers().map(({ state }) => state)).toEqual(["sending", "sending", "waiting"]);
    running()[0]?.options.onSuccess?.({} as never);
    await settled();
    expect(sender.transfers().map(({ state }) => state)).toEqual(["sent", "sending", "sending"]);
  });

  it("sends the files of one slide one after another under one name", async () => {
    const through = vi.fn();
    const sender = new Sender("p", way, through);
    await sender.add([bundle("s", 3, 5)], "case-1");
    await settled();
    expect(running().map(({ options }) => options.metadata)).toEqual([
      { filename: "s/0", batch: "k1", files: "2", caseId: "case-1" },
    ]);
    running()[0]?.options.onSuccess?.({} as never);
    await settled();
    expect(running()[1]?.options.metadata).toMatchObject({ filename: "s/1", batch: "k1" });
    expect(through).not.toHaveBeenCalled();
    running()[1]?.options.onSuccess?.({} as never);
    expect(only(sender)).toMatchObject({ state: "sent", sent: 8 });
    expect(through).toHaveBeenCalledOnce();
  });

  it("goes on with a slide that was begun before the page was loaded, while the server still waits for it", async () => {
    known = [{ metadata: { batch: "before" } } as unknown as tus.PreviousUpload];
    open = new Set(["before"]);
    const sender = new Sender("p", way);
    await sender.add([bundle("s", 3)]);
    await settled();
    expect(only(sender)).toMatchObject({ key: "before", resumed: true });
    expect(running()[0]?.resumedFrom).toBe(known[0]);
  });

  it("begins anew where the server no longer waits", async () => {
    known = [{ metadata: { batch: "before" } } as unknown as tus.PreviousUpload];
    const sender = new Sender("p", way);
    await sender.add([bundle("s", 3)]);
    await settled();
    expect(only(sender)).toMatchObject({ key: "k1", resumed: false });
    expect(running()[0]?.resumedFrom).toBeNull();
  });

  it("tells how fast it goes and how long it will take", async () => {
    const sender = new Sender("p", way);
    await sender.add([bundle("s", 1000)]);
    await settled();
    for (const [at, sent] of [
      [0, 0],
      [1000, 100],
      [2000, 200],
    ] as const) {
      now = at;
      running()[0]?.options.onProgress?.(sent, 1000);
    }
    expect(only(sender)).toMatchObject({ sent: 200, speed: 100, secondsLeft: 8 });
  });

  it("pauses, lets the next one go, and goes on", async () => {
    const sender = new Sender("p", way);
    await sender.add([bundle("a", 1), bundle("b", 1), bundle("c", 1)]);
    await settled();
    sender.pause("k1");
    await settled();
    expect(sender.transfers().map(({ state }) => state)).toEqual(["paused", "sending", "sending"]);
    sender.pause("k2");
    sender.resume("k1");
    await settled();
    expect(sender.transfers().map(({ state }) => state)).toEqual(["sending", "paused", "sending"]);
  });

  it("given up, is deleted on the server, too", async () => {
    const sender = new Sender("p", way);
    await sender.add([bundle("a", 1)]);
    await settled();
    await sender.stop("k1");
    expect(sender.transfers()).toEqual([]);
    expect(ended).toEqual(["k1"]);
  });

  it("says what a slide lacks instead of sending half of it", async () => {
    const sender = new Sender("p", way);
    await sender.add([{ ...bundle("S.mrxs", 1), lacks: "folder" }]);
    await settled();
    expect(running()).toEqual([]);
    expect(only(sender)).toMatchObject({ state: "failed" });
    expect(only(sender).error?.code).toBe("SLIDE_LACKS_FOLDER");
    expect(sender.isSending).toBe(false);
  });
});

describe("a request that was refused", () => {
  it("is made again where that may help, and only there", () => {
    const passes = (status: number): boolean => mayPass(status, "ANY");
    expect([0, 423, 460, 503].map(passes)).toEqual([true, true, true, true]);
    expect(mayPass(409, "UPLOAD_OFFSET_WRONG")).toBe(true);
    expect([400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 507].map(passes)).not.toContain(true);
  });
});
