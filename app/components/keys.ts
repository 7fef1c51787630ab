import { useEffect, useEffectEvent } from "react";

/** How long after g its second key counts, in milliseconds. */
const SEQUENCE_MS = 1_500;

const FIELD = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

type Keys = {
  search(): void;
  help(): void;
  /** g and then this letter was pressed; false = it means nothing. */
  goTo(letter: string): boolean;
};

/**
 * The keys that work on every page, outside fields and dialogs: / and mod+K, ?, g with a letter, j and k. By the sign that is typed, not
 * by its place, so they are right on every keyboard layout.
 */
export function useKeys({ search, help, goTo }: Keys): void {
  const onKey = useEffectEvent((event: KeyboardEvent, afterG: boolean) => {
    const { key } = event;
    if ((event.metaKey || event.ctrlKey) && !event.altKey && key.toLowerCase() === "k") {
      search();
      return true;
    }
    if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return false;
    if (afterG) return goTo(key);
    if (key === "/") search();
    else if (key === "?") help();
    else return (key === "j" || key === "k") && focusRow(key === "j" ? 1 : -1);
    return true;
  });
  useEffect(() => {
    let pressedG = Number.NEGATIVE_INFINITY;
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog[open], [aria-modal=true]")) {
        return;
      }
      const afterG = event.timeStamp - pressedG < SEQUENCE_MS;
      const plainG = event.key === "g" && !event.ctrlKey && !event.metaKey && !event.altKey;
      pressedG = plainG && !isTyping(event.target) ? event.timeStamp : Number.NEGATIVE_INFINITY;
      if (onKey(event, afterG)) event.preventDefault();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(FIELD) !== null;
}

/** Moves the focus to the next or previous row of the page's tables: to its main link, so that Enter opens it. */
function focusRow(direction: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-table] tbody tr")];
  const current = rows.findIndex((row) => row.contains(document.activeElement));
  const row = current === -1 ? rows[0] : rows[current + direction];
  if (!row) return rows.length > 0;
  const target =
    row.querySelector<HTMLElement>("a[data-row]") ??
    row.querySelector<HTMLElement>("a[href], button") ??
    row;
  if (target === row) row.tabIndex = -1;
  target.focus();
  return true;
}
