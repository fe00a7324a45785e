import { useQueryClient } from "@tanstack/react-query";
import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { localFault, onSignedOut, rememberCsrfToken } from "../api/client";
import { ApiError } from "../api/errors";
import * as api from "../api/session";
import type { Me, Permission, SignIn } from "../api/session";
import { isLanguage, switchLanguage, type Language } from "../i18n/setup";
import { sayGoodbye, settled } from "./leaving";

type State =
  | { phase: "asking" }
  | { phase: "unreachable"; error: ApiError }
  | { phase: "signed_out"; how: "never_in" | "expired" | "left" }
  | { phase: "signed_in"; me: Me };

interface SessionValue {
  state: State;
  signIn: (who: SignIn) => Promise<void>;
  signOut: () => Promise<void>;
  retry: () => void;
  /** Show everything in this language from now on; kept with the person when somebody is signed in. */
  setLanguage: (language: Language) => Promise<void>;
  /** The person's data after they changed. */
  refresh: () => Promise<void>;
}

const SessionContext = createContext<SessionValue | null>(null);

export function SessionProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState<State>({ phase: "asking" });
  // The language somebody chose on the sign-in page: their wish of now, stronger than what their account remembers.
  const chosen = useRef<Language | null>(null);

  const enter = useCallback(async (me: Me) => {
    rememberCsrfToken(me.csrf_token);
    if (isLanguage(me.person.locale)) await switchLanguage(me.person.locale);
    setState({ phase: "signed_in", me });
  }, []);

  const leave = useCallback(
    (how: "never_in" | "expired" | "left") => {
      rememberCsrfToken(null);
      // Nothing of a patient stays behind in the page.
      client.clear();
      setState({ phase: "signed_out", how });
    },
    [client],
  );

  const ask = useCallback(
    () =>
      api.fetchMe().then(enter, (error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        if (error.status === 401) leave("never_in");
        else setState({ phase: "unreachable", error });
      }),
    [enter, leave],
  );

  useEffect(() => {
    void ask();
  }, [ask]);
  useEffect(() => onSignedOut(() => leave("expired")), [leave]);

  const value = useMemo<SessionValue>(
    () => ({
      state,
      signIn: async (who) => {
        let me = await api.signIn(who);
        const wish = chosen.current;
        if (wish !== null && wish !== me.person.locale) {
          rememberCsrfToken(me.csrf_token);
          me = await api.changeLocale(wish);
        }
        chosen.current = null;
        await enter(me);
      },
      signOut: async () => {
        if (!(await settled())) throw localFault("UNSAVED_WORK", 0);
        // A session that has ended meanwhile is what was asked for.
        await api.signOut().catch((error: unknown) => {
          if (!(error instanceof ApiError) || error.status !== 401) throw error;
        });
        leave("left");
        sayGoodbye();
      },
      retry: () => {
        setState({ phase: "asking" });
        void ask();
      },
      setLanguage: async (language) => {
        await switchLanguage(language);
        if (state.phase !== "signed_in") chosen.current = language;
        else setState({ phase: "signed_in", me: await api.changeLocale(language) });
      },
      refresh: ask,
    }),
    [state, enter, leave, ask],
  );
  return <SessionContext value={value}>{children}</SessionContext>;
}

export function useSessionState(): SessionValue {
  const value = use(SessionContext);
  if (value === null) throw new Error("useSessionState outside SessionProvider");
  return value;
}

/** Who is signed in, and what they may do. Only below the shell, where somebody is. */
export function useSession(): { me: Me; can: (permission: Permission) => boolean } {
  const { state } = useSessionState();
  if (state.phase !== "signed_in") throw new Error("useSession where nobody is signed in");
  const { me } = state;
  return { me, can: (permission) => me.permissions.includes(permission) };
}
