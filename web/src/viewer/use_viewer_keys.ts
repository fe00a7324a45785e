import { useEffect } from "react";
import { useTranslation } from "react-i18next";

import { nativePower, pixelRatioOf, PRESETS, presetText } from "./magnification";
import type { PowerFacts } from "./magnification";
import type { SlideView } from "./slide_view";
import { isTyping, useShortcuts } from "../ui/keyboard";
import type { Shortcut } from "../ui/keyboard";

/** What the keys of the viewer can do beside moving the slide. */
export interface ViewerActions {
  toggleOverlays: () => void;
  togglePanel: () => void;
  toggleLabel: () => void;
  toggleColour: (() => void) | null;
  drawRegion: () => void;
  cancel: () => void;
  previous: (() => void) | null;
  next: (() => void) | null;
  /** Only where the reading may be edited. */
  edit: {
    flipMode: () => void;
    flipHovered: () => void;
    exclude: () => void;
    undo: () => void;
    redo: () => void;
  } | null;
}

const PAN = 0.2;

/** Every key of the viewer; all of them stand in the help that `?` shows. */
export function useViewerKeys(view: SlideView | null, slide: PowerFacts, actions: ViewerActions): void {
  const { t } = useTranslation("viewer");
  const native = nativePower(slide);
  const key = (name: string, words: string, action: () => void): Shortcut => ({ key: name, words, action });
  const pan = (names: readonly [string, string], words: string, x: number, y: number): Shortcut[] =>
    names.map((name) => key(name, words, () => view?.panBy(x, y)));
  const { edit } = actions;
  useShortcuts([
    ...PRESETS.map((power, i) =>
      key(String(i + 1), t("keys.power", { power: presetText(native, power) }), () =>
        view?.setScale(pixelRatioOf(native, power)),
      ),
    ),
    key("+", t("toolbar.zoom_in"), () => view?.zoomBy(1.5)),
    key("=", t("toolbar.zoom_in"), () => view?.zoomBy(1.5)),
    key("-", t("toolbar.zoom_out"), () => view?.zoomBy(1 / 1.5)),
    ...pan(["ArrowLeft", "a"], t("keys.left"), -PAN, 0),
    ...pan(["ArrowRight", "d"], t("keys.right"), PAN, 0),
    ...pan(["ArrowUp", "w"], t("keys.up"), 0, -PAN),
    ...pan(["ArrowDown", "s"], t("keys.down"), 0, PAN),
    key("f", t("toolbar.fit"), () => view?.fit()),
    key("r", t("toolbar.rotate"), () => view?.rotateBy(90)),
    key("R", t("keys.rotate_back"), () => view?.rotateBy(-90)),
    key("h", t("keys.overlays"), actions.toggleOverlays),
    key("m", t("keys.panel"), actions.togglePanel),
    key("l", t("label.open"), actions.toggleLabel),
    ...(actions.toggleColour === null ? [] : [key("i", t("colour.key"), actions.toggleColour)]),
    key("g", t("keys.draw"), actions.drawRegion),
    key("Escape", t("keys.cancel"), actions.cancel),
    ...(actions.next === null ? [] : [key("n", t("toolbar.next"), actions.next)]),
    ...(actions.previous === null ? [] : [key("p", t("toolbar.previous"), actions.previous)]),
    ...(edit === null
      ? []
      : [
          key("c", t("keys.flip_mode"), edit.flipMode),
          key("x", t("keys.flip"), edit.flipHovered),
          key("e", t("keys.exclude"), edit.exclude),
          // Listed here, heard below: the page's keys know no Ctrl.
          key("Ctrl+Z", t("edits.undo"), edit.undo),
          key("Ctrl+Shift+Z", t("edits.redo"), edit.redo),
        ]),
  ]);
  useUndoKeys(edit);
}

/** Ctrl+Z, Ctrl+Shift+Z and Ctrl+Y; on a Mac with the command key. */
function useUndoKeys(edit: ViewerActions["edit"]): void {
  useEffect(() => {
    if (edit === null) return;
    const onKey = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || isTyping(event.target)) return;
      const letter = event.key.toLowerCase();
      if (letter === "z" && !event.shiftKey) edit.undo();
      else if (letter === "y" || letter === "z") edit.redo();
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [edit]);
}
