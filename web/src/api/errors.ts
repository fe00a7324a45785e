import type { Language } from "../i18n/setup";
import type { components } from "./schema";

/** Words in both languages, as the server sends them. */
export type Localised = components["schemas"]["Localised"];

/** What the server says about a refusal or a fault; `code` is stable, the words are for people. */
export type ErrorDetail = components["schemas"]["ErrorDetail"];
/** The same as it comes: `{error: ErrorDetail}`. */
export type ErrorBody = components["schemas"]["ErrorBody"];

/** A request the server refused or could not answer. `status` 0 means that the server was not reached. */
export class ApiError extends Error {
  readonly status: number;
  readonly detail: ErrorDetail;

  constructor(status: number, detail: ErrorDetail) {
    super(detail.code);
    this.name = "ApiError";
    this.status = status;
    this.detail = detail;
  }

  get code(): string {
    return this.detail.code;
  }

  words(language: Language): { message: string; mend: string } {
    return { message: this.detail.message[language], mend: this.detail.mend[language] };
  }
}

/** Whether the server understood a request and will not do it; a session that ended or a throttle may pass. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const { status } = error;
  return status >= 400 && status < 500 && ![401, 408, 429].includes(status);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isLocalised(value: unknown): value is Localised {
  return isRecord(value) && typeof value["zh-CN"] === "string" && typeof value["en"] === "string";
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** The error inside an answer's JSON, or null when the answer is not one of Coverslip's (a proxy's page, say). */
export function errorOf(answer: unknown): ErrorDetail | null {
  const error = isRecord(answer) ? answer["error"] : undefined;
  if (!isRecord(error) || typeof error["code"] !== "string") return null;
  if (!isLocalised(error["message"]) || !isLocalised(error["mend"])) return null;
  return {
    code: error["code"],
    message: error["message"],
    mend: error["mend"],
    field: textOrNull(error["field"]),
    incident: textOrNull(error["incident"]),
  };
}

/** Codes of faults that the browser itself finds; their words stand in `screen.json` under `faults`. */
export type LocalFault =
  "UNREACHABLE" | "UNREADABLE_ANSWER" | "UNSAVED_WORK" | "SLIDE_LACKS_FOLDER" | "SLIDE_LACKS_FILES";
