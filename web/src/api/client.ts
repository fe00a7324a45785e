import createClient, { type Middleware } from "openapi-fetch";
import { i18next } from "../i18n/setup";
import { ApiError, errorOf, type ErrorDetail, type LocalFault } from "./errors";
import type { paths } from "./schema";

const SAFE_METHODS = new Set(["GET", "HEAD"]);

let csrfToken: string | null = null;
const signedOutListeners = new Set<() => void>();

/** The token of the present session; every request that changes something carries it. */
export function rememberCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** The same for a request that another program of this page makes. */
export function csrfHeader(): Record<string, string> {
  return csrfToken === null ? {} : { "X-CSRF-Token": csrfToken };
}

/** Tell the pages that the server knows nobody: asked outside of this client. */
export function sayWhoIsGone(): void {
  for (const listener of signedOutListeners) listener();
}

/** Call `listener` whenever the server answers that nobody is signed in. Returns the way to stop listening. */
export function onSignedOut(listener: () => void): () => void {
  signedOutListeners.add(listener);
  return () => {
    signedOutListeners.delete(listener);
  };
}

const session: Middleware = {
  onRequest({ request }) {
    if (!SAFE_METHODS.has(request.method) && csrfToken !== null) request.headers.set("X-CSRF-Token", csrfToken);
    return request;
  },
  onResponse({ response, schemaPath }) {
    // On /session itself a 401 is the answer (wrong password, nobody signed in), not the end of a session.
    if (response.status === 401 && schemaPath !== "/api/v1/session") {
      sayWhoIsGone();
    }
  },
};

/** The typed client of `openapi.json`; use it through `answer`. */
export const http = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: "same-origin",
  fetch: (request) => globalThis.fetch(request),
});
http.use(session);

/** A fault that these pages find themselves, in the words of `screen.json`. */
export function localFault(fault: LocalFault, status: number): ApiError {
  const say = (language: "zh-CN" | "en", part: "message" | "mend"): string =>
    i18next.getFixedT(language, "screen")(`faults.${fault}.${part}`);
  const detail: ErrorDetail = {
    code: fault,
    message: { "zh-CN": say("zh-CN", "message"), en: say("en", "message") },
    mend: { "zh-CN": say("zh-CN", "mend"), en: say("en", "mend") },
    field: null,
    incident: null,
  };
  return new ApiError(status, detail);
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

interface Reply<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The data of a reply. Throws ApiError for a refusal, an unreachable server and an answer that is not Coverslip's. */
export async function answer<Data>(reply: Promise<Reply<Data>>): Promise<Data> {
  let received: Reply<Data>;
  try {
    received = await reply;
  } catch (error) {
    if (isAbort(error)) throw error;
    throw localFault(error instanceof SyntaxError ? "UNREADABLE_ANSWER" : "UNREACHABLE", 0);
  }
  const { response } = received;
  if (response.ok) return received.data as Data;
  const detail = errorOf(received.error);
  throw detail === null ? localFault("UNREADABLE_ANSWER", response.status) : new ApiError(response.status, detail);
}
