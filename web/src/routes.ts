import { lazy, type ComponentType } from "react";
import type { Permission } from "./api/session";

/** The viewer is the largest part; fetched ahead when nothing else is to be done. */
export const slidePage = () => import("./viewer/viewer_page");

/** A page behind the sign-in: who has one of these permissions may open it; without any list everybody may. */
export interface PageRoute {
  path: string;
  anyOf?: readonly Permission[];
  page: ComponentType;
}

export const ROUTES: readonly PageRoute[] = [
  { path: "/", anyOf: ["worklist.read"], page: lazy(() => import("./worklist/worklist_page")) },
  { path: "/cases/new", anyOf: ["case.register"], page: lazy(() => import("./cases/register_case_page")) },
  { path: "/cases/:id", anyOf: ["case.read"], page: lazy(() => import("./cases/case_page")) },
  { path: "/slides/:id", anyOf: ["slide.read"], page: lazy(slidePage) },
  { path: "/colour", anyOf: ["slide.read"], page: lazy(() => import("./colour/colour_check_page")) },
  { path: "/cases/:id/report", anyOf: ["report.read"], page: lazy(() => import("./reports/report_page")) },
  { path: "/reconcile", anyOf: ["slide.match"], page: lazy(() => import("./slides/queue_page")) },
  { path: "/upload", anyOf: ["slide.ingest"], page: lazy(() => import("./slides/upload_page")) },
  {
    path: "/watched-folders",
    anyOf: ["intake.manage", "slide.ingest"],
    page: lazy(() => import("./admin/watch_page")),
  },
  { path: "/storage", anyOf: ["storage.read"], page: lazy(() => import("./admin/storage_page")) },
  { path: "/people", anyOf: ["people.manage"], page: lazy(() => import("./admin/people_page")) },
  { path: "/audit", anyOf: ["audit.read"], page: lazy(() => import("./audit/audit_page")) },
  { path: "/account", page: lazy(() => import("./session/account_page")) },
];
