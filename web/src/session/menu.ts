import type { Permission } from "../api/session";

/** An entry of the menu: shown to who has one of these permissions. */
export interface MenuEntry {
  path: string;
  /** Key of `screen.json`. */
  words: string;
  anyOf: readonly Permission[];
}

export const MENU: readonly MenuEntry[] = [
  { path: "/", words: "menu.worklist", anyOf: ["worklist.read"] },
  { path: "/cases/new", words: "menu.register", anyOf: ["case.register"] },
  { path: "/upload", words: "menu.upload", anyOf: ["slide.ingest"] },
  { path: "/reconcile", words: "menu.reconcile", anyOf: ["slide.match"] },
  { path: "/people", words: "menu.people", anyOf: ["people.manage"] },
  { path: "/watched-folders", words: "menu.watch", anyOf: ["intake.manage", "slide.ingest"] },
  { path: "/storage", words: "menu.storage", anyOf: ["storage.read"] },
  { path: "/audit", words: "menu.audit", anyOf: ["audit.read"] },
];

/** The entries a person with these permissions sees, in order. */
export function menuFor(permissions: readonly string[]): readonly MenuEntry[] {
  return MENU.filter((entry) => entry.anyOf.some((permission) => permissions.includes(permission)));
}

/** Where a person starts: the worklist, or the first page they may open; their account when there is none. */
export function startPage(permissions: readonly string[]): string {
  return menuFor(permissions)[0]?.path ?? "/account";
}
