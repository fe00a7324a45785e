import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";

import { buildGrid } from "./cell_grid";
import type { CellGrid } from "./cell_grid";
import { CellsFileError, parseCells } from "./cells_file";
import type { Cells } from "./cells_file";
import { canRedo, canUndo, redo, startHistory, step, undo } from "./edit_history";
import type { History } from "./edit_history";
import { excludeRegion, flipCell, NO_EDITS, restoreRegion, sameEdits } from "./edits";
import type { Edits } from "./edits";
import { EditsSaver, unsavedEdits } from "./edits_saver";
import type { SaveState } from "./edits_saver";
import { countStates, editedStates } from "./recount";
import type { Count } from "./recount";
import { keys } from "../api/keys";
import { isRefusal } from "../api/errors";
import { saveEdits, useCells } from "../api/readings";
import type { Reading } from "../api/readings";
import type { PolygonGeometry } from "../annotations/geometry";
import { useSession } from "../session/session";

export interface LoadedCells {
  readonly cells: Cells;
  readonly grid: CellGrid;
}

/** The cells of a reading and what the reader makes of them. */
export interface CellSession {
  readonly reading: Reading | null;
  readonly loaded: LoadedCells | null;
  readonly loading: boolean;
  readonly loadError: unknown;
  /** State bits of every cell after the edits. */
  readonly states: Uint8Array | null;
  /** Counted here; the server's result replaces it as soon as it answers. */
  readonly count: Count | null;
  readonly edits: Edits;
  /** Edits that an earlier page could not save were found and taken over. */
  readonly restored: boolean;
  readonly save: { readonly state: SaveState; readonly error: unknown };
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  flip: (cell: number) => void;
  exclude: (region: PolygonGeometry) => void;
  restore: (position: number) => void;
  clear: () => void;
  undo: () => void;
  redo: () => void;
  /** Save now; rejects with the server's refusal. */
  flush: () => Promise<void>;
}

interface State {
  readonly of: string | null;
  readonly history: History<Edits>;
  readonly restored: boolean;
}

/** The session of one reading at a time; another reading starts anew, after what was edited has been sent. */
export function useCellSession(reading: Reading | null): CellSession {
  const person = useSession().me.person.id;
  const [state, setState] = useState<State>(() => stateOf(reading, person));
  if (state.of !== (reading?.id ?? null)) setState(stateOf(reading, person));
  const { loaded, loading, loadError } = useLoadedCells(reading);
  const edits = state.history.present;
  const { save, flush } = useSaver(reading, person, edits);
  useWarningBeforeLeaving(save.state !== "saved");

  const states = useMemo(() => (loaded === null ? null : editedStates(loaded.cells, edits)), [loaded, edits]);
  const count = useMemo(() => (states === null ? null : countStates(states)), [states]);
  return useMemo(() => {
    const change = (make: (history: History<Edits>) => History<Edits>): void => {
      setState((old) => ({ ...old, history: make(old.history) }));
    };
    const edit = (make: (edits: Edits) => Edits): void => {
      change((history) =>
        sameEdits(make(history.present), history.present) ? history : step(history, make(history.present)),
      );
    };
    return {
      reading,
      loaded,
      loading,
      loadError,
      states,
      count,
      edits,
      restored: state.restored,
      save,
      canUndo: canUndo(state.history),
      canRedo: canRedo(state.history),
      flip: (cell) => edit((old) => flipCell(old, cell)),
      exclude: (region) => edit((old) => excludeRegion(old, region)),
      restore: (position) => edit((old) => restoreRegion(old, position)),
      clear: () => edit(() => NO_EDITS),
      undo: () => change(undo),
      redo: () => change(redo),
      flush,
    };
  }, [reading, loaded, loading, loadError, states, count, edits, state, save, flush]);
}

/**
 * Where a session starts. Unsaved edits are given back to who made them only, for they are sent in that person's name;
 * and only while nobody has decided on the reading, for sending them takes a decision back.
 */
function stateOf(reading: Reading | null, person: string): State {
  if (reading === null) return { of: null, history: startHistory(NO_EDITS), restored: false };
  const saved = reading.edits ?? NO_EDITS;
  const open = reading.decision === "pending";
  const kept = open ? unsavedEdits(window.localStorage, storageKey(reading.id, person), saved) : null;
  const history = startHistory(saved);
  return { of: reading.id, history: kept === null ? history : step(history, kept), restored: kept !== null };
}

function useLoadedCells(reading: Reading | null): { loaded: LoadedCells | null; loading: boolean; loadError: unknown } {
  const finished = reading?.status === "finished" && reading.result !== null ? reading.id : null;
  const file = useCells(finished);
  const parsed = useMemo(() => (file.data === undefined ? null : parsedCells(file.data)), [file.data]);
  return {
    loaded: parsed?.loaded ?? null,
    loading: finished !== null && file.isPending,
    loadError: file.error ?? parsed?.problem ?? null,
  };
}

function parsedCells(file: ArrayBuffer): { loaded: LoadedCells | null; problem: CellsFileError | null } {
  try {
    const cells = parseCells(file);
    return { loaded: { cells, grid: buildGrid(cells) }, problem: null };
  } catch (problem) {
    if (problem instanceof CellsFileError) return { loaded: null, problem };
    throw problem;
  }
}

function storageKey(readingId: string, person: string): string {
  return `${person}.${readingId}`;
}

function useSaver(reading: Reading | null, person: string, edits: Edits): Pick<CellSession, "save" | "flush"> {
  const [save, setSave] = useState<CellSession["save"]>({ state: "saved", error: null });
  const client = useQueryClient();
  const saved = useRef<Edits>(NO_EDITS);
  const saver = useRef<EditsSaver<Reading> | null>(null);
  useEffect(() => {
    saved.current = reading?.edits ?? NO_EDITS;
  });

  const id = reading?.id ?? null;
  useEffect(() => {
    if (id === null) return;
    const opened = new EditsSaver<Reading>({
      key: storageKey(id, person),
      saved: saved.current,
      send: (wanted) => saveEdits(id, mutable(wanted)),
      onAnswer: (answer) => {
        client.setQueryData(keys.reading(id), answer);
        client.setQueryData<Reading[]>(keys.slideReadings(answer.slide_id), (old) =>
          old?.map((other) => (other.id === id ? answer : other)),
        );
      },
      onState: (state, error) => setSave({ state, error }),
      isRefusal,
      storage: window.localStorage,
    });
    saver.current = opened;
    return () => {
      opened.close();
      saver.current = null;
    };
  }, [id, person, client]);

  useEffect(() => {
    saver.current?.put(edits);
  }, [id, edits]);

  const flush = useMemo(() => async () => saver.current?.flush(), []);
  return { save, flush };
}

/** The API's own shape of edits, which its types let be changed. */
/** The edits as the API takes them. */
export function mutable(edits: Edits): NonNullable<Reading["edits"]> {
  return JSON.parse(JSON.stringify(edits)) as NonNullable<Reading["edits"]>;
}

function useWarningBeforeLeaving(unsaved: boolean): void {
  useEffect(() => {
    if (!unsaved) return;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [unsaved]);
}
