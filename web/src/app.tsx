import { MantineProvider } from "@mantine/core";
import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Suspense, useEffect } from "react";
import { BrowserRouter, Outlet, Route, Routes } from "react-router";
import { ApiError } from "./api/errors";
import { ROUTES, slidePage } from "./routes";
import { SessionProvider } from "./session/session";
import SignInPage from "./session/sign_in_page";
import { Allowed, SignedIn } from "./session/signed_in";
import { whenIdle } from "./ui/idle";
import { Loading } from "./ui/loading";
import NotFoundPage from "./ui/not_found_page";
import { Shell } from "./ui/shell";
import { cssVariables, theme } from "./ui/theme";

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // A refusal stays one; only an unreachable or stumbling server is asked again.
      retry: (failures, error) =>
        error instanceof ApiError && (error.status === 0 || error.status >= 502) && failures < 2,
    },
    mutations: { retry: false },
  },
});

export function Pages() {
  return (
    <Suspense fallback={<Loading />}>
      <Routes>
        <Route path="/sign-in" element={<SignInPage />} />
        <Route element={<SignedIn />}>
          <Route element={<Shell />}>
            {ROUTES.map(({ path, anyOf, page: Page }) => (
              <Route key={path} element={anyOf === undefined ? <Outlet /> : <Allowed permission={anyOf} />}>
                <Route path={path} element={<Page />} />
              </Route>
            ))}
            <Route path="*" element={<NotFoundPage />} />
          </Route>
        </Route>
      </Routes>
    </Suspense>
  );
}

export function App() {
  // The viewer is the largest part and the one that must open at once: it is fetched while nothing else is to be done.
  useEffect(() => whenIdle(() => void slidePage()), []);
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="light">
      <ModalsProvider>
        <Notifications position="bottom-right" />
        <QueryClientProvider client={queryClient}>
          <SessionProvider>
            <BrowserRouter>
              <Pages />
            </BrowserRouter>
          </SessionProvider>
        </QueryClientProvider>
      </ModalsProvider>
    </MantineProvider>
  );
}
