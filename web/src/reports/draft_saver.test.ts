import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../api/errors";
import type { Report, ReportDraft } from "../api/reports";
import { DraftSaver } from "./draft_saver";
import { mergeDrafts } from "./merge";

const EMPTY: ReportDraft = {
  revision: 0,
  diagnosis: "",
  microscopy: "",
  gross: "",
  comment: "",
  reading_ids: [],
  key_images: [],
};

function reportOf(draft: ReportDraft): Report {
  const author = { id: "p1", name: "王建国", name_en: null };
  return {
    id: "r1",
    case_id: "c1",
    version: 1,
    status: "draft",
    diagnosis: draft.diagnosis ?? "",
    microscopy: draft.microscopy ?? "",
    gross: draft.gross ?? "",
    comment: draft.comment ?? "",
    reading_ids: draft.reading_ids ?? [],
    key_images: draft.key_images ?? [],
    revision: draft.revision,
    created_by: author,
    updated_at: "2026-03-01T08:00:00Z",
    signed_by: null,
    signed_at: null,
    meaning: null,
    content_digest: null,
    pdf_digest_zh: null,
    pdf_digest_en: null,
    amends_report_id: null,
    amendment_reason: null,
  };
}

function refusal(code: string, status = 409): ApiError {
  const words = { "zh-CN": code, en: code };
  return new ApiError(status, { code, message: words, mend: words, field: null, incident: null });
}

/** A server that keeps one draft and refuses stale revisions, as the real one does. */
class Desk {
  held: Report | null = null;
  saves = 0;
  down = false;
  answers = 0;

  save = (draft: ReportDraft): Promise<Report> => {
    this.saves += 1;
    if (this.down) return Promise.reject(refusal("UNREACHABLE", this.answers));
    if (draft.revision !== (this.held?.revision ?? 0)) return Promise.reject(refusal("STALE_REVISION"));
    this.held = reportOf({ ...draft, revision: draft.revision + 1 });
    return Promise.resolve(this.held);
  };
  load = (): Promise<Report | null> => Promise.resolve(this.held);

  /** Somebody else saves. */
  elsewhere(part: Partial<ReportDraft>): Report {
    const now = this.held ?? reportOf(EMPTY);
    this.held = { ...now, ...part, revision: now.revision + 1 };
    return this.held;
  }
}

let desk: Desk;
let saver: DraftSaver;
beforeEach(() => {
  vi.useFakeTimers();
  desk = new Desk();
  saver = new DraftSaver(desk, null);
  return () => {
    vi.useRealTimers();
  };
});

describe("a draft", () => {
  it("is saved once after a pause in typing", async () => {
    saver.change({ diagnosis: "浸润" });
    saver.change({ diagnosis: "浸润性导管癌" });
    expect(saver.snapshot().state).toBe("changed");
    await vi.runAllTimersAsync();
    expect([desk.saves, desk.held?.diagnosis, saver.snapshot().state]).toEqual([1, "浸润性导管癌", "saved"]);
  });

  it("names the revision that the server holds, so that it can be signed", async () => {
    saver.change({ diagnosis: "one" });
    await saver.flush();
    saver.change({ diagnosis: "two" });
    await saver.flush();
    expect([saver.snapshot().draft.revision, desk.held?.revision]).toEqual([2, 2]);
  });

  it("is not sent when nothing changed", async () => {
    saver.change({ diagnosis: "a" });
    saver.change({ diagnosis: "" });
    await vi.runAllTimersAsync();
    expect([desk.saves, saver.snapshot().state]).toEqual([0, "saved"]);
  });

  it("keeps what is typed while a save is under way, and saves it next", async () => {
    saver.change({ diagnosis: "one" });
    const flushed = saver.flush();
    saver.change({ diagnosis: "one two" });
    await flushed;
    await vi.runAllTimersAsync();
    expect([desk.held?.diagnosis, desk.held?.revision]).toEqual(["one two", 2]);
  });

  it("that could not be saved says so and can be sent again", async () => {
    desk.down = true;
    saver.change({ diagnosis: "one" });
    await saver.flush();
    expect([saver.snapshot().state, saver.snapshot().error?.code, saver.dirty]).toEqual([
      "failed",
      "UNREACHABLE",
      true,
    ]);
    desk.down = false;
    await saver.flush();
    expect([saver.snapshot().state, desk.held?.diagnosis]).toEqual(["saved", "one"]);
  });

  it("merges a picture that the viewer added meanwhile", async () => {
    saver.change({ diagnosis: "one" });
    await saver.flush();
    const image = { slide_id: "s1", x: 0, y: 0, width: 10, height: 10, caption: "" };
    desk.elsewhere({ key_images: [image] });
    saver.change({ diagnosis: "one two" });
    await saver.flush();
    expect(saver.snapshot().state).toBe("saved");
    expect([desk.held?.diagnosis, desk.held?.key_images]).toEqual(["one two", [image]]);
  });

  it("takes in what the server announces without sending it back", async () => {
    saver.change({ diagnosis: "one" });
    await saver.flush();
    saver.observe(desk.elsewhere({ comment: "note" }));
    await vi.runAllTimersAsync();
    expect([saver.snapshot().draft.comment, desk.saves]).toEqual(["note", 1]);
  });
});

describe("two people in the same field", () => {
  beforeEach(async () => {
    saver.change({ diagnosis: "base" });
    await saver.flush();
    desk.elsewhere({ diagnosis: "theirs" });
    saver.change({ diagnosis: "mine" });
    await saver.flush();
  });

  it("are told, and nothing is overwritten", async () => {
    expect([saver.snapshot().state, saver.snapshot().conflicts]).toEqual(["conflict", ["diagnosis"]]);
    expect([desk.held?.diagnosis, saver.snapshot().draft.diagnosis, saver.theirsOf("diagnosis")]).toEqual([
      "theirs",
      "mine",
      "theirs",
    ]);
    saver.change({ comment: "more" });
    await vi.runAllTimersAsync();
    expect(desk.held?.comment).toBe("");
  });

  it("can keep the own words", async () => {
    await saver.resolve("mine");
    expect([saver.snapshot().state, desk.held?.diagnosis]).toEqual(["saved", "mine"]);
  });

  it("can take the other's", async () => {
    await saver.resolve("theirs");
    expect([saver.snapshot().state, saver.snapshot().draft.diagnosis, desk.held?.diagnosis]).toEqual([
      "saved",
      "theirs",
      "theirs",
    ]);
  });
});

describe("a merge", () => {
  it("takes the changed side of every field, and the server's revision", () => {
    const base = { ...EMPTY, revision: 3, gross: "g" };
    const merged = mergeDrafts(base, { ...base, diagnosis: "mine" }, { ...base, revision: 5, gross: "theirs" });
    expect(merged.conflicts).toEqual([]);
    expect(merged.draft).toMatchObject({ revision: 5, diagnosis: "mine", gross: "theirs" });
  });

  it("is no conflict where both sides wrote the same", () => {
    const base = { ...EMPTY, revision: 1 };
    expect(mergeDrafts(base, { ...base, comment: "x" }, { ...base, revision: 2, comment: "x" }).conflicts).toEqual([]);
  });
});

describe("a draft that could not be saved", () => {
  it("is tried again until the server is back", async () => {
    desk.down = true;
    saver.change({ diagnosis: "a" });
    await vi.advanceTimersByTimeAsync(1000);
    expect(saver.snapshot().state).toBe("failed");
    desk.down = false;
    await vi.advanceTimersByTimeAsync(6000);
    expect([desk.held?.diagnosis, saver.snapshot().state]).toEqual(["a", "saved"]);
  });

  it("is not sent again and again where the server refuses it", async () => {
    desk.down = true;
    desk.answers = 403;
    saver.change({ diagnosis: "a" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(desk.saves).toBe(1);
  });

  it("is never sent once its page is gone: somebody else may be signed in by then", async () => {
    desk.down = true;
    saver.change({ diagnosis: "a" });
    await vi.advanceTimersByTimeAsync(1000);
    saver.attend(false);
    desk.down = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(desk.held).toBeNull();
    expect(saver.unsaved()?.draft.diagnosis).toBe("a");
  });

  it("is taken up again by the next page, together with what others wrote", async () => {
    desk.elsewhere({ gross: "g" });
    const next = new DraftSaver(desk, desk.held);
    next.recover({ base: EMPTY, draft: { ...EMPTY, diagnosis: "a" } });
    await vi.runAllTimersAsync();
    expect([desk.held?.diagnosis, desk.held?.gross, next.snapshot().state]).toEqual(["a", "g", "saved"]);
  });

  it("is shown as a conflict where others changed the same words", () => {
    const theirs = desk.elsewhere({ diagnosis: "b" });
    const next = new DraftSaver(desk, theirs);
    next.recover({ base: EMPTY, draft: { ...EMPTY, diagnosis: "a" } });
    expect([next.snapshot().state, next.snapshot().draft.diagnosis]).toEqual(["conflict", "a"]);
  });
});
