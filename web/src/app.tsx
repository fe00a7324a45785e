import { MantineProvider } from "@mantine/core";
import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useEffect } from "react";
import { BrowserRouter, Route, Routes } from "react-router";
import { ApiError } from "./api/errors";
import { SessionProvider } from "./session/session";
import SignInPage from "./session/sign_in_page";
import { Allowed, SignedIn } from "./session/signed_in";
import { whenIdle } from "./ui/idle";
import { Loading } from "./ui/loading";
import NotFoundPage from "./ui/not_found_page";
import { Shell } from "./ui/shell";
import { cssVariables, theme } from "./ui/theme";

const WorklistPage = lazy(() => import("./worklist/worklist_page"));
const CasePage = lazy(() => import("./cases/case_page"));
const RegisterCasePage = lazy(() => import("./cases/register_case_page"));
const QueuePage = lazy(() => import("./slides/queue_page"));
const UploadPage = lazy(() => import("./slides/upload_page"));
const WatchPage = lazy(() => import("./admin/watch_page"));
const slidePage = () => import("./viewer/viewer_page");
const SlidePage = lazy(slidePage);
const ColourCheckPage = lazy(() => import("./colour/colour_check_page"));
const ReportPage = lazy(() => import("./reports/report_page"));
const StoragePage = lazy(() => import("./admin/storage_page"));
const PeoplePage = lazy(() => import("./admin/people_page"));
const AuditPage = lazy(() => import("./audit/audit_page"));
const AccountPage = lazy(() => import("./session/account_page"));

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
            <Route element={<Allowed permission="worklist.read" />}>
              <Route index element={<WorklistPage />} />
            </Route>
            <Route element={<Allowed permission="case.register" />}>
              <Route path="/cases/new" element={<RegisterCasePage />} />
            </Route>
            <Route element={<Allowed permission="case.read" />}>
              <Route path="/cases/:id" element={<CasePage />} />
            </Route>
            <Route element={<Allowed permission="slide.read" />}>
              <Route path="/slides/:id" element={<SlidePage />} />
              <Route path="/colour" element={<ColourCheckPage />} />
            </Route>
            <Route element={<Allowed permission="report.read" />}>
              <Route path="/cases/:id/report" element={<ReportPage />} />
            </Route>
            <Route element={<Allowed permission="slide.match" />}>
              <Route path="/reconcile" element={<QueuePage />} />
            </Route>
            <Route element={<Allowed permission="slide.ingest" />}>
              <Route path="/upload" element={<UploadPage />} />
            </Route>
            <Route element={<Allowed permission={["intake.manage", "slide.ingest"]} />}>
              <Route path="/watched-folders" element={<WatchPage />} />
              <Route path="/storage" element={<StoragePage />} />
            </Route>
            <Route element={<Allowed permission="people.manage" />}>
              <Route path="/people" element={<PeoplePage />} />
            </Route>
            <Route element={<Allowed permission="audit.read" />}>
              <Route path="/audit" element={<AuditPage />} />
            </Route>
            <Route path="/account" element={<AccountPage />} />
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
