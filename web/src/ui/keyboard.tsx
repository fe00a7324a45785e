import { Kbd, Modal, Table } from "@mantine/core";
import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

/** A key of the present page. `key` as in KeyboardEvent.key ("j", "/", "Enter", "ArrowUp"); a capital letter asks for Shift. Other keys ("Ctrl+Z") are only listed. */
export interface Shortcut {
  key: string;
  words: string;
  action: (event: KeyboardEvent) => void;
}

interface Board {
  register: (group: { current: readonly Shortcut[] }) => () => void;
  showHelp: () => void;
}

const BoardContext = createContext<Board | null>(null);

/** Whether the key belongs to what is being typed in or pressed, and not to the page. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable || target.closest("input, textarea, select, [role='combobox'], [role='dialog']") !== null
  );
}

function isPressable(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("a[href], button, summary, [role='button']") !== null;
}

const SHOWN: Record<string, string> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  " ": "␣",
  Enter: "↵",
};

/** A key as it stands on the keyboard: letters in capitals, with Shift named where it is asked for. */
function shownKey(key: string): string {
  if (/^[a-z]$/.test(key)) return key.toUpperCase();
  if (/^[A-Z]$/.test(key)) return `Shift ${key}`;
  return SHOWN[key] ?? key;
}

/** Keys that do the same stand in one line. */
function byWords(shortcuts: readonly Pick<Shortcut, "key" | "words">[]): [string, string[]][] {
  const lines = new Map<string, string[]>();
  for (const { key, words } of shortcuts) lines.set(words, [...(lines.get(words) ?? []), key]);
  return [...lines];
}

/** Whether this is the key meant: with Caps Lock a letter comes as a capital though Shift is not pressed. */
function isKey(shortcut: Shortcut, event: KeyboardEvent): boolean {
  const key = /^[a-z]$/i.test(event.key)
    ? event.shiftKey
      ? event.key.toUpperCase()
      : event.key.toLowerCase()
    : event.key;
  return shortcut.key === key;
}

/** Collects the shortcuts of everything on the page, and lists them when `?` is pressed. */
export function KeyboardProvider({ children }: { children: ReactNode }) {
  const { t } = useTranslation("screen");
  const groups = useRef(new Set<{ current: readonly Shortcut[] }>());
  const [listed, setListed] = useState<readonly Shortcut[] | null>(null);

  const register = useCallback((group: { current: readonly Shortcut[] }) => {
    groups.current.add(group);
    return () => {
      groups.current.delete(group);
    };
  }, []);
  const showHelp = useCallback(() => setListed([...groups.current].flatMap((group) => group.current)), []);

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
      if (event.key === "?") {
        event.preventDefault();
        showHelp();
        return;
      }
      for (const group of [...groups.current].reverse()) {
        const shortcut = group.current.find((candidate) => isKey(candidate, event));
        if (shortcut === undefined) continue;
        // A button or a link keeps its own Enter and space.
        if ((event.key === "Enter" || event.key === " ") && isPressable(event.target)) return;
        event.preventDefault();
        shortcut.action(event);
        return;
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [showHelp]);

  const board = useMemo(() => ({ register, showHelp }), [register, showHelp]);
  return (
    <BoardContext value={board}>
      {children}
      <Modal
        opened={listed !== null}
        onClose={() => setListed(null)}
        title={t("keyboard.title")}
        closeButtonProps={{ "aria-label": t("actions.close") }}
      >
        <Table>
          <Table.Tbody>
            {byWords([...(listed ?? []), { key: "?", words: t("keyboard.help") }]).map(([words, keys]) => (
              <Table.Tr key={words}>
                <Table.Td w={120}>
                  {keys.map((key) => (
                    <Kbd key={key} mr={4}>
                      {shownKey(key)}
                    </Kbd>
                  ))}
                </Table.Td>
                <Table.Td>{words}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Modal>
    </BoardContext>
  );
}

function useBoard(): Board {
  const board = use(BoardContext);
  if (board === null) throw new Error("shortcuts outside KeyboardProvider");
  return board;
}

/** Make these keys work, and stand in the help, while the component is shown. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const { register } = useBoard();
  const present = useRef(shortcuts);
  useEffect(() => {
    present.current = shortcuts;
  });
  useEffect(() => register(present), [register]);
}

export function useKeyboardHelp(): () => void {
  return useBoard().showHelp;
}
