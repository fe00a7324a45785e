import { beforeEach, describe, expect, it, vi } from "vitest";
import { answer, http, onSignedOut, rememberCsrfToken } from "./client";
import { ApiError, errorOf } from "./errors";

const refusal = {
  error: {
    code: "LOGIN_FAILED",
    message: { "zh-CN": "用户名或密码不正确。", en: "Wrong user name or password." },
    mend: { "zh-CN": "请重新输入。", en: "Type them again." },
    field: null,
    incident: "7F3A",
  },
};

function serve(status: number, body: string | null) {
  const fetched = vi.fn<(request: Request) => Promise<Response>>(() =>
    Promise.resolve(new Response(body, { status, headers: { "Content-Type": "application/json" } })),
  );
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

async function failure(promise: Promise<unknown>): Promise<ApiError> {
  const problem: unknown = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(problem instanceof ApiError)) throw new Error("no ApiError");
  return problem;
}

beforeEach(() => {
  rememberCsrfToken(null);
});

describe("the client", () => {
  it("sends the CSRF token with what changes something", async () => {
    const fetched = serve(200, "{}");
    rememberCsrfToken("token-1");
    await answer(http.PATCH("/api/v1/session", { body: { locale: "en" } }));
    expect(fetched.mock.calls[0]?.[0].headers.get("X-CSRF-Token")).toBe("token-1");
  });

  it("sends no CSRF token with what only reads", async () => {
    const fetched = serve(200, '{"items": []}');
    rememberCsrfToken("token-1");
    await answer(http.GET("/api/v1/people"));
    expect(fetched.mock.calls[0]?.[0].headers.has("X-CSRF-Token")).toBe(false);
  });

  it("gives the server's refusal in both languages, with its incident", async () => {
    serve(429, JSON.stringify(refusal));
    const problem = await failure(answer(http.POST("/api/v1/session", { body: { username: "li", password: "x" } })));
    expect(problem.status).toBe(429);
    expect(problem.code).toBe("LOGIN_FAILED");
    expect(problem.words("zh-CN").message).toBe("用户名或密码不正确。");
    expect(problem.words("en").mend).toBe("Type them again.");
    expect(problem.detail.incident).toBe("7F3A");
  });

  it("says that the server cannot be reached", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    const problem = await failure(answer(http.GET("/api/v1/people")));
    expect([problem.status, problem.code]).toEqual([0, "UNREACHABLE"]);
    expect(problem.words("zh-CN").message).not.toBe("");
  });

  it("takes a proxy's page for what it is", async () => {
    serve(502, "<html>Bad Gateway</html>");
    const problem = await failure(answer(http.GET("/api/v1/people")));
    expect([problem.status, problem.code]).toEqual([502, "UNREADABLE_ANSWER"]);
  });

  it("tells when the session has ended", async () => {
    const listener = vi.fn();
    const stop = onSignedOut(listener);
    serve(401, JSON.stringify(refusal));
    await failure(answer(http.GET("/api/v1/people")));
    stop();
    await failure(answer(http.GET("/api/v1/people")));
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it("does not take a wrong password at sign-in for the end of a session", async () => {
    const listener = vi.fn();
    const stop = onSignedOut(listener);
    serve(401, JSON.stringify(refusal));
    await failure(answer(http.POST("/api/v1/session", { body: { username: "li", password: "x" } })));
    stop();
    expect(listener).not.toHaveBeenCalled();
  });

  it("takes an empty answer for none", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(null, { status: 204 })));
    await expect(answer(http.DELETE("/api/v1/session"))).resolves.toBeUndefined();
  });
});

describe("an error body", () => {
  it.each([null, "text", {}, { error: {} }, { error: { code: "X", message: "no languages", mend: {} } }])(
    "that is not Coverslip's is not believed: %j",
    (body) => {
      expect(errorOf(body)).toBeNull();
    },
  );
});
