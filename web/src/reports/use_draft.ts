import { useEffect, useState, useSyncExternalStore } from "react";
import { loadDraft, saveDraft, type Report } from "../api/reports";
import { DraftSaver, type Saving } from "./draft_saver";

/** The draft of a case while it is written; saved by itself, and before the page is left. */
export function useDraft(caseId: string, report: Report | null): { saver: DraftSaver; saving: Saving } {
  const [saver] = useState(
    () => new DraftSaver({ save: (draft) => saveDraft(caseId, draft), load: () => loadDraft(caseId) }, report),
  );
  const saving = useSyncExternalStore(saver.subscribe, saver.snapshot);

  useEffect(() => {
    if (report !== null) saver.observe(report);
  }, [saver, report]);

  useEffect(() => {
    const hold = (event: BeforeUnloadEvent): void => {
      if (saver.dirty) event.preventDefault();
    };
    window.addEventListener("beforeunload", hold);
    return () => {
      window.removeEventListener("beforeunload", hold);
      void saver.flush();
    };
  }, [saver]);

  return { saver, saving };
}
