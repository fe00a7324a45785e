import { Box } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Navigate, Outlet, useLocation } from "react-router";
import type { Permission } from "../api/session";
import { EmptyState } from "../ui/empty_state";
import { ErrorNotice } from "../ui/error_notice";
import { Loading } from "../ui/loading";
import { startPage } from "./menu";
import { signInPath } from "./return_path";
import { useSession, useSessionState } from "./session";

/** What is below is for somebody signed in; everybody else signs in first and comes back to where they were. */
export function SignedIn() {
  const { state, retry } = useSessionState();
  const { pathname, search } = useLocation();
  if (state.phase === "asking") return <Loading />;
  if (state.phase === "unreachable") {
    return (
      <Box p="md" maw={640}>
        <ErrorNotice error={state.error} onRetry={retry} />
      </Box>
    );
  }
  // Who signs out leaves nothing behind for the next person at this machine, the page's address included.
  if (state.phase === "signed_out") {
    // The viewer writes where one looks into the address itself, past the router.
    const here = pathname + search + window.location.hash;
    return <Navigate to={state.how === "left" ? "/sign-in" : signInPath(here)} replace />;
  }
  if (state.me.must_change_password && pathname !== "/account") return <Navigate to="/account" replace />;
  return <Outlet />;
}

/** What is below needs a permission (of several any); without it the page says so instead of asking the server in vain. */
export function Allowed({ permission }: { permission: Permission | readonly Permission[] }) {
  const { t } = useTranslation("screen");
  const { me, can } = useSession();
  const { pathname } = useLocation();
  const needed = typeof permission === "string" ? [permission] : permission;
  if (needed.some((one) => can(one))) return <Outlet />;
  const start = startPage(me.permissions);
  if (pathname === "/" && start !== "/") return <Navigate to={start} replace />;
  return <EmptyState title={t("not_allowed.title")}>{t("not_allowed.mend")}</EmptyState>;
}
