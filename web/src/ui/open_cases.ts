import { useEffect, useState } from "react";

/** What tabs tell each other; never more than the case's id and its accession number. */
export type TabMessage =
  | { kind: "open"; tab: string; caseId: string; accession: string }
  | { kind: "close"; tab: string }
  | { kind: "ask"; tab: string };

export type OtherTabs = ReadonlyMap<string, { caseId: string; accession: string }>;

/** The other tabs' cases after one message. */
export function afterMessage(others: OtherTabs, message: TabMessage, ownTab: string): OtherTabs {
  if (message.tab === ownTab || message.kind === "ask") return others;
  const next = new Map(others);
  if (message.kind === "close") next.delete(message.tab);
  else next.set(message.tab, { caseId: message.caseId, accession: message.accession });
  return next;
}

/** Accession numbers of other cases that other tabs show, sorted and without repetition. */
export function conflicts(others: OtherTabs, caseId: string): string[] {
  const found = [...others.values()].filter((open) => open.caseId !== caseId).map((open) => open.accession);
  return [...new Set(found)].sort();
}

const CHANNEL = "coverslip.open_cases";

/** Accession numbers of the cases other than this one that are open in other tabs of this browser. */
export function useOpenElsewhere(caseId: string, accession: string): string[] {
  const [others, setOthers] = useState<OtherTabs>(new Map());
  useEffect(() => {
    if (typeof BroadcastChannel === "undefined") return;
    const channel = new BroadcastChannel(CHANNEL);
    const tab = crypto.getRandomValues(new Uint32Array(2)).join("-");
    const say = (message: TabMessage): void => channel.postMessage(message);
    const announce = (): void => say({ kind: "open", tab, caseId, accession });
    const leave = (): void => say({ kind: "close", tab });
    channel.onmessage = (event: MessageEvent<TabMessage>) => {
      if (event.data.kind === "ask") announce();
      setOthers((known) => afterMessage(known, event.data, tab));
    };
    announce();
    say({ kind: "ask", tab });
    window.addEventListener("pagehide", leave);
    return () => {
      leave();
      window.removeEventListener("pagehide", leave);
      channel.close();
    };
  }, [caseId, accession]);
  return conflicts(others, caseId);
}
