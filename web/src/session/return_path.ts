/** Only paths inside these pages: an address in the query must not lead a signed-in person elsewhere. */
export function safeReturnPath(wanted: string | null | undefined): string {
  if (!wanted?.startsWith("/") || wanted.startsWith("//") || wanted.includes("\\")) return "/";
  if (wanted.startsWith("/sign-in")) return "/";
  return wanted;
}

/** The sign-in page's address that comes back to `path`. */
export function signInPath(path: string): string {
  const back = safeReturnPath(path);
  return back === "/" ? "/sign-in" : `/sign-in?return=${encodeURIComponent(back)}`;
}
