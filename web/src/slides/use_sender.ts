import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { keys } from "../api/keys";
import { useSession } from "../session/session";
import { Sender, type Transfer } from "./sender";

let present: { personId: string; sender: Sender } | null = null;

/** The one sender of this tab; a new person begins with an empty list. */
function senderOf(personId: string, client: QueryClient): Sender {
  if (present?.personId !== personId) {
    for (const transfer of present?.sender.transfers() ?? []) present?.sender.pause(transfer.key);
    const stale = (): void => void client.invalidateQueries({ queryKey: keys.uploads });
    present = { personId, sender: new Sender(personId, undefined, stale) };
  }
  return present.sender;
}

/** Slides on their way from this tab, whatever page began them. */
export function useSender(): { sender: Sender; transfers: readonly Transfer[] } {
  const client = useQueryClient();
  const personId = useSession().me.person.id;
  const sender = useMemo(() => senderOf(personId, client), [personId, client]);
  const transfers = useSyncExternalStore(sender.subscribe, sender.transfers);
  return { sender, transfers };
}

/** Ask before the tab is closed while something is being sent. */
export function useAskBeforeLeaving(sender: Sender): void {
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent): void => {
      if (sender.isSending) event.preventDefault();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [sender]);
}
