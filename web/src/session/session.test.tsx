import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { MemoryRouter, Route, Routes, useLocation } from "react-router";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { answer, http } from "../api/client";
import type { Me } from "../api/session";
import { i18next } from "../i18n/setup";
import { onLeaving } from "./leaving";
import { useSession, useSessionState, SessionProvider } from "./session";
import SignInPage from "./sign_in_page";
import { SignedIn } from "./signed_in";

const words = (text: string) => ({ "zh-CN": text, en: text });
const notSignedIn = {
  error: {
    code: "NOT_SIGNED_IN",
    message: words("not signed in"),
    mend: words("sign in"),
    field: null,
    incident: null,
  },
};
const wrong = {
  error: { code: "LOGIN_FAILED", message: words("密码不正确"), mend: words("再试一次"), field: null, incident: null },
};

const me: Me = {
  person: {
    id: "p1",
    username: "wang",
    name: "王建国",
    name_en: "Wang Jianguo",
    title: null,
    email: null,
    roles: ["pathologist"],
    locale: "zh-CN",
    active: true,
    organization: { id: "o1", code: "x", name_zh: "云溪县人民医院", name_en: "Yunxi" },
  },
  permissions: ["worklist.read"],
  csrf_token: "token-1",
  must_change_password: false,
  version: "0.1.0",
  demo: false,
};

/** A server with one session; `signedIn` can be taken away, as it is when a session times out. */
let signedIn: boolean;
const requests: Request[] = [];
const problems: unknown[] = [];

function answerOf(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}

async function serve(request: Request): Promise<Response> {
  requests.push(request.clone());
  const { pathname } = new URL(request.url);
  if (request.method === "POST" && pathname === "/api/v1/session") {
    const body = (await request.json()) as { password: string };
    signedIn = body.password === "right";
    return signedIn ? answerOf(200, me) : answerOf(401, wrong);
  }
  if (request.method === "PATCH") {
    const { locale } = (await request.json()) as { locale: string };
    return answerOf(200, { ...me, person: { ...me.person, locale } });
  }
  if (request.method === "DELETE") {
    if (!signedIn) return answerOf(401, notSignedIn);
    signedIn = false;
    return new Response(null, { status: 204 });
  }
  return signedIn ? answerOf(200, me) : answerOf(401, notSignedIn);
}

function Where() {
  const { pathname, search } = useLocation();
  return <p data-testid="where">{pathname + search}</p>;
}

function CasePage() {
  const { me: who } = useSession();
  const { signOut } = useSessionState();
  return (
    <>
      <h1>{who.person.name}</h1>
      <button onClick={() => void signOut().catch((problem: unknown) => problems.push(problem))}>{"→"}</button>
    </>
  );
}

function open(path: string): void {
  render(
    <MantineProvider>
      <QueryClientProvider client={new QueryClient()}>
        <SessionProvider>
          <MemoryRouter initialEntries={[path]}>
            <Where />
            <Routes>
              <Route path="/sign-in" element={<SignInPage />} />
              <Route element={<SignedIn />}>
                <Route path="/cases/:id" element={<CasePage />} />
                <Route path="/" element={<CasePage />} />
              </Route>
            </Routes>
          </MemoryRouter>
        </SessionProvider>
      </QueryClientProvider>
    </MantineProvider>,
  );
}

const where = (): string => screen.getByTestId("where").textContent;

async function signIn(password: string): Promise<void> {
  await userEvent.type(await screen.findByLabelText("用户名"), " wang ");
  await userEvent.type(screen.getByLabelText("密码"), password);
  await userEvent.click(screen.getByRole("button", { name: "登录" }));
}

beforeEach(async () => {
  signedIn = false;
  requests.length = problems.length = 0;
  vi.stubGlobal("fetch", serve);
  await i18next.changeLanguage("zh-CN");
});

describe("somebody not signed in", () => {
  it("signs in first and comes to the page they asked for", async () => {
    open("/cases/7?tab=audit");
    await signIn("right");
    expect(await screen.findByRole("heading", { name: "王建国" })).toBeTruthy();
    expect(where()).toBe("/cases/7?tab=audit");
    expect(await requests.find((request) => request.method === "POST")?.json()).toEqual({
      username: "wang",
      password: "right",
    });
  });

  it("reads why it failed, and finds the password field empty", async () => {
    open("/");
    await signIn("wrong");
    expect(await screen.findByText("密码不正确")).toBeTruthy();
    expect(screen.getByLabelText<HTMLInputElement>("密码").value).toBe("");
  });

  it("is told when a field is empty, without asking the server", async () => {
    open("/sign-in");
    await userEvent.click(await screen.findByRole("button", { name: "登录" }));
    expect(screen.getByText("请输入用户名")).toBeTruthy();
    expect(requests.some((request) => request.method === "POST")).toBe(false);
  });
});

describe("the language chosen on the sign-in page", () => {
  const saved = (): Request[] => requests.filter((request) => request.method === "PATCH");

  it("stays after signing in, and is kept with the account", async () => {
    open("/");
    await userEvent.click(await screen.findByRole("radio", { name: "English" }));
    await userEvent.type(await screen.findByLabelText("User name"), "wang");
    await userEvent.type(screen.getByLabelText("Password"), "right");
    await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
    await screen.findByRole("heading", { name: "王建国" });
    expect(i18next.language).toBe("en");
    expect(await saved()[0]?.json()).toEqual({ locale: "en" });
    expect(saved()[0]?.headers.get("X-CSRF-Token")).toBe("token-1");
  });

  it("is the account's where nobody chose one", async () => {
    await i18next.changeLanguage("en");
    open("/");
    await userEvent.type(await screen.findByLabelText("User name"), "wang");
    await userEvent.type(screen.getByLabelText("Password"), "right");
    await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
    await screen.findByRole("heading", { name: "王建国" });
    expect(i18next.language).toBe("zh-CN");
    expect(saved()).toEqual([]);
  });
});

describe("somebody signed in", () => {
  it("whose session ends is asked again, and comes back to where they were", async () => {
    signedIn = true;
    open("/cases/7");
    await screen.findByRole("heading", { name: "王建国" });
    signedIn = false;
    await act(() => answer(http.GET("/api/v1/people")).catch(() => undefined));
    await waitFor(() => expect(where()).toBe("/sign-in?return=%2Fcases%2F7"));
    expect(screen.getByText(/登录已过期/)).toBeTruthy();
    await signIn("right");
    await waitFor(() => expect(where()).toBe("/cases/7"));
  });

  it("whose words are not saved yet stays signed in, and learns why", async () => {
    signedIn = true;
    const stop = onLeaving(() => Promise.resolve(false));
    open("/cases/7");
    await userEvent.click(await screen.findByRole("button", { name: "→" }));
    stop();
    expect(problems).toEqual([expect.objectContaining({ code: "UNSAVED_WORK" })]);
    expect(signedIn).toBe(true);
    expect(where()).toBe("/cases/7");
  });

  it("whose session has ended unseen can still sign out", async () => {
    signedIn = true;
    open("/cases/7");
    await screen.findByRole("heading", { name: "王建国" });
    signedIn = false;
    await userEvent.click(screen.getByRole("button", { name: "→" }));
    await waitFor(() => expect(where()).toBe("/sign-in"));
    expect(problems).toEqual([]);
  });

  it("who signs out leaves no address behind for the next person", async () => {
    signedIn = true;
    open("/cases/7");
    await userEvent.click(await screen.findByRole("button", { name: "→" }));
    await waitFor(() => expect(where()).toBe("/sign-in"));
    expect(requests.find((request) => request.method === "DELETE")?.headers.get("X-CSRF-Token")).toBe("token-1");
  });
});
