import { answer, http } from "./client";
import type { components } from "./schema";

export type Me = components["schemas"]["Me"];
export type SignIn = components["schemas"]["SignIn"];

/** What a person may do; the server decides, the page only hides what it would refuse. */
export type Permission =
  | "worklist.read"
  | "case.read"
  | "case.register"
  | "case.assign"
  | "slide.read"
  | "slide.ingest"
  | "slide.match"
  | "reading.start"
  | "reading.review"
  | "annotation.write"
  | "report.write"
  | "report.sign"
  | "report.amend"
  | "report.read"
  | "audit.read"
  | "audit.case"
  | "people.manage"
  | "intake.manage"
  | "people.read"
  | "storage.read"
  | "storage.manage"
  | "storage.hold"
  | "storage.remove";

export function fetchMe(signal?: AbortSignal): Promise<Me> {
  return answer(http.GET("/api/v1/session", signal === undefined ? {} : { signal }));
}

export function signIn(body: SignIn): Promise<Me> {
  return answer(http.POST("/api/v1/session", { body }));
}

export async function signOut(): Promise<void> {
  await answer(http.DELETE("/api/v1/session"));
}

export function changeLocale(locale: "zh-CN" | "en"): Promise<Me> {
  return answer(http.PATCH("/api/v1/session", { body: { locale } }));
}

export async function changePassword(current: string, next: string): Promise<void> {
  await answer(http.POST("/api/v1/session/password", { body: { current, new: next } }));
}
