import { useEffect, useState, useSyncExternalStore } from "react";
import { loadDraft, saveDraft, type Report } from "../api/reports";
import { useSession } from "../session/session";
import { onLeaving } from "../session/leaving";
import { DraftSaver, type Saving } from "./draft_saver";
import { keepDraft, takeDraft } from "./kept_drafts";

/** The draft of a case while it is written; saved by itself, before the page is left and before signing out. */
export function useDraft(caseId: string, report: Report | null): { saver: DraftSaver; saving: Saving } {
  const [saver] = useState(
    () => new DraftSaver({ save: (draft) => saveDraft(caseId, draft), load: () => loadDraft(caseId) }, report),
  );
  const person = useSession().me.person.id;
  const saving = useSyncExternalStore(saver.subscribe, saver.snapshot);

  useEffect(() => {
    if (report !== null) saver.observe(report);
  }, [saver, report]);

  useEffect(() => {
    const hold = (event: BeforeUnloadEvent): void => {
      if (saver.dirty) event.preventDefault();
    };
    window.addEventListener("beforeunload", hold);
    saver.attend(true);
    const unsaved = takeDraft(caseId, person);
    if (unsaved !== null) saver.recover(unsaved);
    const stopAsking = onLeaving(async () => {
      await saver.flush();
      return !saver.dirty;
    });
    return () => {
      window.removeEventListener("beforeunload", hold);
      stopAsking();
      saver.attend(false);
      void saver.flush().then(() => {
        const left = saver.unsaved();
        if (left !== null) keepDraft(caseId, person, left);
      });
    };
  }, [saver, caseId, person]);

  return { saver, saving };
}
