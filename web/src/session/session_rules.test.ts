import { describe, expect, it } from "vitest";
import { menuFor, startPage } from "./menu";
import { passwordProblem } from "./password_rules";
import { safeReturnPath, signInPath } from "./return_path";

const paths = (permissions: string[]): string[] => menuFor(permissions).map((entry) => entry.path);

describe("the menu", () => {
  it("of a technician registers cases, sends and matches slides", () => {
    expect(paths(["worklist.read", "case.read", "case.register", "slide.ingest", "slide.match"])).toEqual([
      "/",
      "/cases/new",
      "/upload",
      "/reconcile",
      "/watched-folders",
    ]);
  });

  it("of a pathologist is the worklist alone", () => {
    expect(paths(["worklist.read", "case.read", "report.sign", "audit.case"])).toEqual(["/"]);
  });

  it("of an administrator shows people and nothing of patients", () => {
    expect(paths(["people.manage", "people.read", "intake.manage"])).toEqual(["/people", "/watched-folders"]);
  });

  it("of an auditor shows the trail", () => {
    expect(paths(["audit.read", "audit.case"])).toEqual(["/audit"]);
  });
});

describe("the start page", () => {
  it.each([
    [["worklist.read"], "/"],
    [["people.manage"], "/people"],
    [["audit.read"], "/audit"],
    [[], "/account"],
  ])("with %j is %s", (permissions, path) => {
    expect(startPage(permissions)).toBe(path);
  });
});

describe("the way back after signing in", () => {
  it("is kept", () => {
    expect(signInPath("/cases/1?tab=a&b=c")).toBe("/sign-in?return=%2Fcases%2F1%3Ftab%3Da%26b%3Dc");
  });

  it.each([
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "",
    null,
    undefined,
    "/sign-in?return=/",
  ])("never leads outside or in a circle: %s", (wanted) => {
    expect(safeReturnPath(wanted)).toBe("/");
  });
});

describe("a new password", () => {
  const good = { current: "old-password-1", next: "new-password-12", again: "new-password-12" };
  it("that is typed twice alike may be sent", () => {
    expect(passwordProblem(good)).toBeNull();
  });

  it.each([
    [{ current: "" }, "current_missing"],
    [{ next: "short", again: "short" }, "too_short"],
    [{ next: "old-password-1", again: "old-password-1" }, "same"],
    [{ again: "other" }, "differs"],
  ])("%j is refused: %s", (part, kind) => {
    expect(passwordProblem({ ...good, ...part })?.kind).toBe(kind);
  });
});
